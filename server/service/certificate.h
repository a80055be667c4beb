// SPDX-License-Identifier: Apache-2.0
// What the hub looks at in an X.509 certificate, and who vouches for it.
#ifndef WAYSTATION_SERVER_SERVICE_CERTIFICATE_H_
#define WAYSTATION_SERVER_SERVICE_CERTIFICATE_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct x509_store_st;

namespace waystation::service {

struct CertificateFacts {
  // URI names, in the certificate's order and spelling.
  std::vector<std::string> uris;
  // DNS names and addresses, likewise.
  std::vector<std::string> hosts;
  bool is_authority = false;
  // Lower-case hexadecimal, whole bytes.
  std::string serial;
  absl::Time not_before;
  absl::Time not_after;

  bool operator==(const CertificateFacts&) const = default;
};

// Facts of the first certificate in `pem`. CERTIFICATE_FILE_INVALID when there
// is none that can be read.
absl::StatusOr<CertificateFacts> ReadCertificate(std::string_view pem);

// CERTIFICATE_FILE_INVALID unless `key_pem` is the private key of the first
// certificate in `pem`.
absl::Status CheckKeyFits(std::string_view pem, std::string_view key_pem);

// A set of certificate authorities. Immutable, cheap to copy, thread-safe.
class Authorities {
 public:
  // From one or more PEM certificates. CERTIFICATE_FILE_INVALID for none, for
  // one that cannot be read and for one that is no authority.
  static absl::StatusOr<Authorities> FromPem(std::string_view pem);

  // Whether the first certificate of `leaf_pem` leads to one of them, by way of
  // `chain_pem`, at `now`.
  bool VouchFor(std::string_view leaf_pem, std::string_view chain_pem,
                absl::Time now) const;

  // Each certificate as PEM.
  const std::set<std::string>& pems() const { return pems_; }

 private:
  Authorities(std::shared_ptr<x509_store_st> store, std::set<std::string> pems)
      : store_(std::move(store)), pems_(std::move(pems)) {}

  std::shared_ptr<x509_store_st> store_;  // Shared: OpenSSL counts references.
  std::set<std::string> pems_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_CERTIFICATE_H_
