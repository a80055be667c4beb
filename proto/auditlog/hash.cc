// SPDX-License-Identifier: Apache-2.0
// The one-shot SHA256 calls are deprecated in OpenSSL 3, yet the EVP calls that
// replace them cost several times the hash itself on inputs of one block, and
// trees are made of those.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proto/auditlog/hash.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace waystation::auditlog {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

Hash HashOfTwo(std::string_view first, std::string_view second) {
  SHA256_CTX context;
  Hash hash;
  SHA256_Init(&context);
  SHA256_Update(&context, first.data(), first.size());
  SHA256_Update(&context, second.data(), second.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

}  // namespace

Hash Sha256(std::string_view bytes) {
  Hash hash;
  SHA256(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
         hash.data());
  return hash;
}

Hash LeafHash(std::string_view entry) {
  return HashOfTwo({reinterpret_cast<const char*>(&kLeafPrefix), 1}, entry);
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<std::uint8_t, 1 + 2 * kHashSize> node;
  node[0] = kNodePrefix;
  std::copy(left.begin(), left.end(), node.begin() + 1);
  std::copy(right.begin(), right.end(), node.begin() + 1 + kHashSize);
  Hash hash;
  SHA256(node.data(), node.size(), hash.data());
  return hash;
}

Hash SaltedHash(std::string_view salt, std::string_view bytes) {
  return HashOfTwo(salt, bytes);
}

absl::StatusOr<Hash> ParseHash(std::string_view bytes) {
  if (bytes.size() != kHashSize) {
    return absl::InvalidArgumentError("a hash is 32 bytes long");
  }
  Hash hash;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::string ToHex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

std::string ToBase64(std::string_view bytes) {
  return absl::Base64Escape({bytes.data(), bytes.size()});
}

absl::StatusOr<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  // Abseil forgives white space and missing padding, so compare with the one
  // form that we write.
  if (!absl::Base64Unescape({text.data(), text.size()}, &bytes) ||
      ToBase64(bytes) != text) {
    return absl::InvalidArgumentError("not standard base64 with padding");
  }
  return bytes;
}

}  // namespace waystation::auditlog
