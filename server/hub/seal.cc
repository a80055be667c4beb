// SPDX-License-Identifier: Apache-2.0
#include "server/hub/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

constexpr size_t kNonceSize = std::tuple_size_v<Nonce>;
constexpr size_t kTagSize = 16;
constexpr size_t kIdSize = 4;

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

// A context that knows its cipher and only wants key and nonce.
Context NewContext(bool encrypt) {
  Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, nullptr,
                        nullptr, encrypt ? 1 : 0) != 1) {
    std::abort();  // Out of memory, or an OpenSSL without AES-GCM.
  }
  return context;
}

EVP_CIPHER_CTX* ThreadContext(bool encrypt) {
  if (encrypt) {
    thread_local const Context context = NewContext(true);
    return context.get();
  }
  thread_local const Context context = NewContext(false);
  return context.get();
}

class PlaceBytes {
 public:
  explicit PlaceBytes(const Place& place) {
    bytes_[0] = static_cast<uint8_t>(place.table);
    for (size_t i = 0; i < 8; ++i) {
      bytes_[1 + i] = static_cast<uint8_t>(place.first >> (56 - 8 * i));
      bytes_[9 + i] = static_cast<uint8_t>(place.second >> (56 - 8 * i));
    }
  }
  std::span<const uint8_t> span() const { return bytes_; }

 private:
  std::array<uint8_t, 17> bytes_{};
};

const uint8_t* Data(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// Appends nonce, ciphertext and tag to `out`.
void AppendSealed(const SecretKey& key, const Nonce& nonce,
                  std::span<const uint8_t> place, std::string_view bytes,
                  std::string& out) {
  EVP_CIPHER_CTX* const context = ThreadContext(true);
  const size_t start = out.size();
  out.resize(start + kNonceSize + bytes.size() + kTagSize);
  uint8_t* const to = reinterpret_cast<uint8_t*>(out.data()) + start;
  std::ranges::copy(nonce, to);
  int length = 0;
  if (EVP_EncryptInit_ex(context, nullptr, nullptr, key.data(), nonce.data()) !=
          1 ||
      EVP_EncryptUpdate(context, nullptr, &length, place.data(),
                        static_cast<int>(place.size())) != 1 ||
      EVP_EncryptUpdate(context, to + kNonceSize, &length, Data(bytes),
                        static_cast<int>(bytes.size())) != 1 ||
      EVP_EncryptFinal_ex(context, to + kNonceSize + length, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize,
                          to + kNonceSize + bytes.size()) != 1) {
    std::abort();  // Cannot fail on valid sizes; writing on would lose data.
  }
}

// With key and nonce set. False unless the tag fits.
bool FinishOpening(EVP_CIPHER_CTX* context, std::span<const uint8_t> place,
                   std::string_view sealed, uint8_t* out) {
  const size_t size = sealed.size() - kNonceSize - kTagSize;
  const uint8_t* const from = Data(sealed);
  std::array<uint8_t, kTagSize> tag;
  std::copy_n(from + kNonceSize + size, kTagSize, tag.begin());
  int length = 0;
  return EVP_DecryptUpdate(context, nullptr, &length, place.data(),
                           static_cast<int>(place.size())) == 1 &&
         EVP_DecryptUpdate(context, out, &length, from + kNonceSize,
                           static_cast<int>(size)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize,
                             tag.data()) == 1 &&
         EVP_DecryptFinal_ex(context, out + length, &length) == 1;
}

// False unless the tag fits.
bool OpenInto(const SecretKey& key, std::span<const uint8_t> place,
              std::string_view sealed, uint8_t* out) {
  EVP_CIPHER_CTX* const context = ThreadContext(false);
  return EVP_DecryptInit_ex(context, nullptr, nullptr, key.data(),
                            Data(sealed)) == 1 &&
         FinishOpening(context, place, sealed, out);
}

// The same for a key that opens many: a thread sets it up once.
bool OpenWithKept(const SecretKey& key, std::span<const uint8_t> place,
                  std::string_view sealed, uint8_t* out) {
  struct Kept {
    Kept() : context(NewContext(false)) {}
    ~Kept() { OPENSSL_cleanse(key.data(), key.size()); }
    Context context;
    SecretKey key{};
    bool is_set = false;
  };
  thread_local Kept kept;
  EVP_CIPHER_CTX* const context = kept.context.get();
  if (!kept.is_set ||
      CRYPTO_memcmp(kept.key.data(), key.data(), key.size()) != 0) {
    kept.is_set =
        EVP_DecryptInit_ex(context, nullptr, nullptr, key.data(), nullptr) == 1;
    kept.key = key;
  }
  return kept.is_set &&
         EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, Data(sealed)) ==
             1 &&
         FinishOpening(context, place, sealed, out);
}

absl::Status Broken(const Place& place) {
  constexpr std::string_view kTables[] = {"",         "record", "detail",
                                          "decision", "token",  "edge",
                                          "vector",   "notice", "holder_code"};
  return errors::Error(
      "STORE_DAMAGED",
      {.rule = "AES-256-GCM",
       .metadata = {
           {"table", std::string(kTables[static_cast<size_t>(place.table)])},
           {"row", absl::StrCat(place.first)}}});
}

}  // namespace

DataKey::~DataKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

Sealer::Sealer(const Keys& keys, RandomPool& random) : random_(random) {
  for (const auto& [id, key] : keys.key_encryption_keys()) {
    key_encryption_keys_.emplace(id, DeriveKey(key, "waystation wrap"));
  }
}

DataKey Sealer::NewDataKey() { return DataKey(random_.Draw<32>()); }

std::string Sealer::Wrap(const DataKey& key, const Place& place) {
  const auto& [id, wrapping_key] = *key_encryption_keys_.rbegin();
  std::string wrapped;
  wrapped.reserve(kIdSize + kNonceSize + key.key().size() + kTagSize);
  for (int shift = 24; shift >= 0; shift -= 8) {
    wrapped.push_back(static_cast<char>(id >> shift));
  }
  AppendSealed(
      wrapping_key.key(), random_.Draw<kNonceSize>(), PlaceBytes(place).span(),
      {reinterpret_cast<const char*>(key.key().data()), key.key().size()},
      wrapped);
  return wrapped;
}

absl::StatusOr<DataKey> Sealer::Unwrap(std::string_view wrapped,
                                       const Place& place) const {
  SecretKey key;
  if (wrapped.size() != kIdSize + kNonceSize + key.size() + kTagSize) {
    return Broken(place);
  }
  uint32_t id = 0;
  for (const char c : wrapped.substr(0, kIdSize)) {
    id = id << 8 | static_cast<uint8_t>(c);
  }
  const auto wrapping_key = key_encryption_keys_.find(id);
  if (wrapping_key == key_encryption_keys_.end()) {
    return errors::Error("STORE_FOREIGN",
                         {.rule = "the key file holds the key-encryption key",
                          .metadata = {{"key", absl::StrCat(id)}}});
  }
  if (!OpenWithKept(wrapping_key->second.key(), PlaceBytes(place).span(),
                    wrapped.substr(kIdSize), key.data())) {
    return Broken(place);
  }
  DataKey data_key(key);
  OPENSSL_cleanse(key.data(), key.size());
  return data_key;
}

std::string Sealer::Seal(const DataKey& key, const Place& place,
                         std::string_view bytes) {
  return SealWith(random_.Draw<kNonceSize>(), key, place, bytes);
}

std::string Sealer::SealWith(const Nonce& nonce, const DataKey& key,
                             const Place& place, std::string_view bytes) {
  std::string sealed;
  AppendSealed(key.key(), nonce, PlaceBytes(place).span(), bytes, sealed);
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(const DataKey& key, const Place& place,
                                         std::string_view sealed) {
  if (sealed.size() < kNonceSize + kTagSize) return Broken(place);
  std::string bytes(sealed.size() - kNonceSize - kTagSize, '\0');
  if (!OpenInto(key.key(), PlaceBytes(place).span(), sealed,
                reinterpret_cast<uint8_t*>(bytes.data()))) {
    return Broken(place);
  }
  return bytes;
}

}  // namespace waystation::hub
