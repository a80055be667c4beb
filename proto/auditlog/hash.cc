// SPDX-License-Identifier: Apache-2.0
// SHA256_Init, _Update and _Final are deprecated in OpenSSL 3, yet what
// replaces them (and SHA256() itself, which looks its algorithm up under a lock
// at each call) costs several times the hash on inputs of one block or two, and
// trees are made of those.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proto/auditlog/hash.h"

#include <openssl/sha.h>

#include <algorithm>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace waystation::auditlog {
namespace {

constexpr std::string_view kLeafPrefix("\x00", 1);
constexpr std::uint8_t kNodePrefix = 0x01;

template <typename... Parts>
Hash HashOf(Parts... parts) {
  SHA256_CTX context;
  Hash hash;
  SHA256_Init(&context);
  (SHA256_Update(&context, parts.data(), parts.size()), ...);
  SHA256_Final(hash.data(), &context);
  return hash;
}

}  // namespace

Hash Sha256(std::string_view bytes) { return HashOf(bytes); }

Hash LeafHash(std::string_view entry) { return HashOf(kLeafPrefix, entry); }

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<std::uint8_t, 1 + 2 * kHashSize> node;
  node[0] = kNodePrefix;
  std::copy(left.begin(), left.end(), node.begin() + 1);
  std::copy(right.begin(), right.end(), node.begin() + 1 + kHashSize);
  return HashOf(std::span(node));
}

Hash SaltedHash(std::string_view salt, std::string_view bytes) {
  return HashOf(salt, bytes);
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
