// SPDX-License-Identifier: Apache-2.0
// The hashes of the audit log: SHA-256 with the prefixes of RFC 6962, and the
// salted commitments that stand for personal details.
//
//     leaf   := SHA-256(0x00 || entry)
//     node   := SHA-256(0x01 || left || right)
//     salted := SHA-256(salt || bytes)         salt is kSaltSize bytes
//
// Everything here is pure and thread-safe.
#ifndef PROTO_AUDITLOG_HASH_H_
#define PROTO_AUDITLOG_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace waystation::auditlog {

inline constexpr std::size_t kHashSize = 32;

// One length for every salt. With two lengths the same hash could be read as
// two pairs of salt and bytes.
inline constexpr std::size_t kSaltSize = 16;

using Hash = std::array<std::uint8_t, kHashSize>;

Hash Sha256(std::string_view bytes);

// The hash of one entry as it enters a tree.
Hash LeafHash(std::string_view entry);

// The hash of an inner node of a tree.
Hash NodeHash(const Hash& left, const Hash& right);

// Commits to `bytes` without telling them to those who lack the salt. The
// caller has checked that the salt is kSaltSize bytes long.
Hash SaltedHash(std::string_view salt, std::string_view bytes);

// The 32 bytes of `hash`, as protobuf and the store hold them. The view lives
// as long as `hash`.
inline std::string_view AsBytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// INVALID_ARGUMENT unless `bytes` is exactly 32 bytes long.
absl::StatusOr<Hash> ParseHash(std::string_view bytes);

// Lower-case hexadecimal.
std::string ToHex(std::string_view bytes);
inline std::string ToHex(const Hash& hash) { return ToHex(AsBytes(hash)); }

// Standard base64 with padding (RFC 4648 section 4).
std::string ToBase64(std::string_view bytes);
inline std::string ToBase64(const Hash& hash) {
  return ToBase64(AsBytes(hash));
}

// INVALID_ARGUMENT for anything that ToBase64 does not write: other alphabets,
// white space, missing padding, stray bits. So each text has one reading.
absl::StatusOr<std::string> FromBase64(std::string_view text);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_HASH_H_
