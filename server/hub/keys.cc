// SPDX-License-Identifier: Apache-2.0
#include "server/hub/keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"

namespace waystation::hub {
namespace {

constexpr std::string_view kFirstLine = "waystation-keys 1";

std::string_view Bytes(const SecretKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

SecretKey RandomKey() {
  SecretKey key;
  // Without randomness nothing that follows would be secret.
  if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    std::abort();
  }
  return key;
}

absl::Status Invalid(std::string_view file, std::string rule) {
  return errors::Error("KEY_FILE_INVALID",
                       {.field = std::string(file), .rule = std::move(rule)});
}

std::optional<SecretKey> ParseKey(std::string_view text) {
  absl::StatusOr<std::string> bytes = auditlog::FromBase64(text);
  SecretKey key;
  if (!bytes.ok() || bytes->size() != key.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

// As runtime::ReadSecretFile, and nobody else's.
absl::StatusOr<std::string> ReadOwnSecret(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && status.st_uid != geteuid()) {
    return errors::Error("KEY_FILE_MODE",
                         {.field = path, .rule = "owned by the hub's user"});
  }
  return runtime::ReadSecretFile(path);
}

}  // namespace

SecretKey DeriveKey(const SecretKey& master, std::string_view purpose) {
  SecretKey key;
  size_t size = key.size();
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
  const absl::Cleanup free_context = [context] { EVP_PKEY_CTX_free(context); };
  if (context == nullptr || EVP_PKEY_derive_init(context) <= 0 ||
      EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) <= 0 ||
      EVP_PKEY_CTX_set1_hkdf_key(context, master.data(),
                                 static_cast<int>(master.size())) <= 0 ||
      EVP_PKEY_CTX_add1_hkdf_info(
          context, reinterpret_cast<const uint8_t*>(purpose.data()),
          static_cast<int>(purpose.size())) <= 0 ||
      EVP_PKEY_derive(context, key.data(), &size) <= 0) {
    std::abort();  // Out of memory, or an OpenSSL without HKDF.
  }
  return key;
}

Keys::~Keys() {
  for (auto& [id, key] : key_encryption_keys_) {
    OPENSSL_cleanse(key.data(), key.size());
  }
  for (SecretKey* key : {&index_key_, &checksum_key_, &handle_key_}) {
    OPENSSL_cleanse(key->data(), key->size());
  }
}

Keys Keys::Generate() {
  Keys keys;
  keys.key_encryption_keys_.emplace(1, RandomKey());
  keys.index_key_ = RandomKey();
  keys.checksum_key_ = RandomKey();
  keys.handle_key_ = RandomKey();
  return keys;
}

absl::Status Keys::Create(const std::string& path) {
  std::string text = Generate().Format();
  absl::Status written = runtime::WriteNewFile(path, text, 0600);
  OPENSSL_cleanse(text.data(), text.size());
  return written;
}

absl::Status Keys::AddKeyEncryptionKey(const std::string& path) {
  absl::StatusOr<Keys> keys = Load(path);
  if (!keys.ok()) return keys.status();
  const uint32_t newest = keys->key_encryption_keys_.rbegin()->first;
  keys->key_encryption_keys_.emplace(newest + 1, RandomKey());
  std::string text = keys->Format();
  WAYSTATION_FAILPOINT("rotation/begun");
  absl::Status replaced = runtime::ReplaceFile(path, text, 0600);
  WAYSTATION_FAILPOINT("rotation/ended");
  OPENSSL_cleanse(text.data(), text.size());
  return replaced;
}

absl::StatusOr<Keys> Keys::Load(const std::string& path) {
  absl::StatusOr<std::string> text = ReadOwnSecret(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Keys> keys = Parse(*text, path);
  OPENSSL_cleanse(text->data(), text->size());
  return keys;
}

absl::StatusOr<Keys> Keys::Parse(std::string_view text,
                                 std::string_view file_name) {
  std::istringstream lines{std::string(text)};
  std::string line;
  if (!std::getline(lines, line) || line != kFirstLine) {
    return Invalid(file_name, "line 1: " + std::string(kFirstLine));
  }
  Keys keys;
  std::set<std::string> seen;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    if (const std::string rule = keys.TakeLine(line, seen); !rule.empty()) {
      return Invalid(file_name, "line " + std::to_string(number) + ": " + rule);
    }
  }
  for (const char* name : {"key-encryption", "index", "checksum", "handle"}) {
    if (!seen.contains(name)) {
      return Invalid(file_name, std::string(name) + " stands in it");
    }
  }
  return keys;
}

// Takes in one line; the rule that it breaks, if it breaks one.
std::string Keys::TakeLine(const std::string& line,
                           std::set<std::string>& seen) {
  std::istringstream stream(line);
  const std::vector<std::string> words{
      std::istream_iterator<std::string>(stream), {}};
  if (words.empty()) return "no line of spaces";
  const std::string& name = words.front();
  const bool numbered = name == "key-encryption" || name == "index";
  if (!numbered && name != "checksum" && name != "handle") {
    return "key-encryption, index, checksum or handle";
  }
  if (words.size() != (numbered ? 3U : 2U)) {
    return numbered ? "a word, a number and a key" : "a word and a key";
  }
  const std::optional<SecretKey> key = ParseKey(words.back());
  if (!key.has_value()) return "32 bytes in base64";
  const bool again = !seen.insert(name).second;
  if (again && name != "key-encryption") return "one " + name + " key";
  if (name == "checksum") {
    checksum_key_ = *key;
  } else if (name == "handle") {
    handle_key_ = *key;
  } else {
    uint32_t id = 0;
    const char* const end = words[1].data() + words[1].size();
    const auto parsed = std::from_chars(words[1].data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end || id == 0) {
      return "a number from 1";
    }
    if (name == "index") {
      index_epoch_ = id;
      index_key_ = *key;
    } else if (!key_encryption_keys_.emplace(id, *key).second) {
      return "each id once";
    }
  }
  return {};
}

std::string Keys::Format() const {
  std::string text(kFirstLine);
  text +=
      "\n# Secret. Lose this file and nothing that the hub holds can be read "
      "again.\n";
  const auto add = [&](const std::string& name, const SecretKey& key) {
    text += name + " " + auditlog::ToBase64(Bytes(key)) + "\n";
  };
  for (const auto& [id, key] : key_encryption_keys_) {
    add("key-encryption " + std::to_string(id), key);
  }
  add("index " + std::to_string(index_epoch_), index_key_);
  add("checksum", checksum_key_);
  add("handle", handle_key_);
  return text;
}

std::string Keys::Fingerprint() const {
  std::string derived;
  for (const SecretKey* key : {&index_key_, &checksum_key_, &handle_key_}) {
    derived.append(Bytes(DeriveKey(*key, "waystation fingerprint")));
  }
  // The first key of the file stays when others are added.
  derived.append(Bytes(DeriveKey(key_encryption_keys_.begin()->second,
                                 "waystation fingerprint")));
  return auditlog::ToHex(auditlog::Sha256(derived));
}

}  // namespace waystation::hub
