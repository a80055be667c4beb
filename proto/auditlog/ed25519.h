// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys (RFC 8032) for checkpoints, cosignatures and agencies' frames.
// Keys are cheap to copy, immutable and safe to use from many threads at once.
#ifndef PROTO_AUDITLOG_ED25519_H_
#define PROTO_AUDITLOG_ED25519_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct evp_pkey_st;

namespace waystation::auditlog {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

class Ed25519PublicKey {
 public:
  // INVALID_ARGUMENT unless `raw` is a 32-byte public key.
  static absl::StatusOr<Ed25519PublicKey> FromRaw(std::string_view raw);

  // A SubjectPublicKeyInfo block ("BEGIN PUBLIC KEY"). INVALID_ARGUMENT for
  // anything else, keys of another algorithm included.
  static absl::StatusOr<Ed25519PublicKey> FromPem(std::string_view pem);

  // The 32 bytes of the key.
  const std::string& raw() const { return raw_; }

  std::string ToPem() const;

  // OK when `signature` over `message` was made by this key's owner;
  // UNAUTHENTICATED when it was not, wrong lengths included.
  absl::Status Verify(std::string_view message,
                      std::string_view signature) const;

  friend bool operator==(const Ed25519PublicKey& a, const Ed25519PublicKey& b) {
    return a.raw_ == b.raw_;
  }

 private:
  Ed25519PublicKey(std::shared_ptr<evp_pkey_st> key, std::string raw)
      : key_(std::move(key)), raw_(std::move(raw)) {}
  friend class Ed25519PrivateKey;

  std::shared_ptr<evp_pkey_st> key_;  // Shared: OpenSSL counts references too.
  std::string raw_;
};

class Ed25519PrivateKey {
 public:
  static absl::StatusOr<Ed25519PrivateKey> Generate();

  // From the 32-byte seed of RFC 8032. INVALID_ARGUMENT for another length.
  static absl::StatusOr<Ed25519PrivateKey> FromSeed(std::string_view seed);

  // An unencrypted PKCS#8 block ("BEGIN PRIVATE KEY"). INVALID_ARGUMENT for
  // anything else.
  static absl::StatusOr<Ed25519PrivateKey> FromPem(std::string_view pem);

  // Reads a PEM file. NOT_FOUND when it is missing, FAILED_PRECONDITION when
  // group or others may read it; the text names the file.
  static absl::StatusOr<Ed25519PrivateKey> Load(const std::string& path);

  // Writes a new PEM file that only its owner can read. ALREADY_EXISTS rather
  // than overwrite a key.
  absl::Status Store(const std::string& path) const;

  std::string ToPem() const;

  const Ed25519PublicKey& public_key() const { return public_key_; }

  // The 64-byte signature over `message`; the same each time.
  std::string Sign(std::string_view message) const;

 private:
  explicit Ed25519PrivateKey(Ed25519PublicKey public_key)
      : public_key_(std::move(public_key)) {}
  static absl::StatusOr<Ed25519PrivateKey> FromKey(
      std::shared_ptr<evp_pkey_st> key);

  Ed25519PublicKey public_key_;  // Its key_ holds the private half as well.
};

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_ED25519_H_
