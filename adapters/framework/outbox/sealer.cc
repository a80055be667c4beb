// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/outbox/sealer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Bytes(char* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* Bytes(const char* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

std::string Random(std::size_t size) {
  std::string out(size, '\0');
  // Without randomness nothing can be sealed, and nothing may go on.
  if (RAND_bytes(Bytes(out.data()), static_cast<int>(size)) != 1) std::abort();
  return out;
}

bool IsMissing(const absl::Status& status) {
  return errors::ReasonOf(status) == "KEY_FILE_MISSING";
}

// The key appears under its name whole or not at all, and whoever comes second
// takes the first one's.
absl::Status CreateKey(const std::string& key_file) {
  const std::string fresh = key_file + "." + std::to_string(getpid());
  unlink(fresh.c_str());
  const absl::Status written = runtime::WriteNewFile(
      fresh, auditlog::ToBase64(Random(kKeySize)) + "\n", /*mode=*/0600);
  if (!written.ok()) return written;
  const int error = link(fresh.c_str(), key_file.c_str()) == 0 ? 0 : errno;
  unlink(fresh.c_str());
  if (error == 0 || error == EEXIST) return absl::OkStatus();
  return runtime::NotWritten(key_file, error);
}

}  // namespace

absl::StatusOr<Sealer> Sealer::Open(const std::string& key_file, bool create) {
  absl::StatusOr<std::string> text = runtime::ReadSecretFile(key_file);
  if (IsMissing(text.status()) && create) {
    if (auto created = CreateKey(key_file); !created.ok()) return created;
    text = runtime::ReadSecretFile(key_file);
  }
  if (IsMissing(text.status())) {
    return errors::Error("STATE_KEY_MISSING", {.field = key_file});
  }
  if (!text.ok()) return text.status();
  if (text->ends_with('\n')) text->pop_back();
  auto key = auditlog::FromBase64(*text);
  if (!key.ok() || key->size() != kKeySize) {
    return errors::Error("KEY_FILE_INVALID", {.field = key_file});
  }
  return Sealer(std::string(*key));
}

Sealer Sealer::Transient() { return Sealer(Random(kKeySize)); }

Sealer::Sealer(std::string key) : key_(std::move(key)) {
  sealing_key_ = Derive("seal", kKeySize);
}

std::string Sealer::Derive(std::string_view label, std::size_t size) const {
  std::string out(kKeySize, '\0');
  unsigned written = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       Bytes(label.data()), label.size(), Bytes(out.data()), &written);
  out.resize(size);
  return out;
}

std::string Sealer::Seal(std::string_view plaintext) const {
  const std::string nonce = Random(kNonceSize);
  std::string out = nonce;
  out.resize(kNonceSize + plaintext.size() + kTagSize);
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  const bool sealed =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                         Bytes(sealing_key_.data()),
                         Bytes(nonce.data())) == 1 &&
      EVP_EncryptUpdate(context.get(), Bytes(out.data() + kNonceSize), &size,
                        Bytes(plaintext.data()),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), Bytes(out.data() + kNonceSize + size),
                          &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                          out.data() + kNonceSize + plaintext.size()) == 1;
  if (!sealed) std::abort();
  return out;
}

absl::StatusOr<std::string> Sealer::Unseal(std::string_view sealed) const {
  if (sealed.size() < kNonceSize + kTagSize) {
    return errors::Error("STATE_DAMAGED");
  }
  const std::size_t body = sealed.size() - kNonceSize - kTagSize;
  std::string tag(sealed.substr(kNonceSize + body));
  std::string out(body, '\0');
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                         Bytes(sealing_key_.data()),
                         Bytes(sealed.data())) == 1 &&
      EVP_DecryptUpdate(context.get(), Bytes(out.data()), &size,
                        Bytes(sealed.data() + kNonceSize),
                        static_cast<int>(body)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagSize,
                          tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Bytes(out.data() + size), &size) == 1;
  if (!opened) return errors::Error("STATE_DAMAGED");
  return out;
}

}  // namespace waystation::adapters
