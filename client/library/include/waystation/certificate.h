// SPDX-License-Identifier: Apache-2.0
// The certificate of who calls: what it says, and a new one before it ends.
#ifndef WAYSTATION_CERTIFICATE_H_
#define WAYSTATION_CERTIFICATE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::client {

class Connection;

struct Certificate {
  // The path below the trust domain, such as "agency/labor.320500".
  std::string identity;
  // Lower-case hexadecimal.
  std::string serial;
  absl::Time not_before;
  absl::Time not_after;
};

// The first certificate of a PEM file. CONFIG_INVALID without one,
// FILE_MISSING; CERTIFICATE_FILE_INVALID for one that no hub would let in,
// whatever the day.
absl::StatusOr<Certificate> ReadCertificateFile(const std::string& path);

struct KeyAndRequest {
  // PKCS #8, and PKCS #10; both PEM.
  std::string key_pem;
  std::string request_pem;
};

// A new key (EC on P-256) and a request for it, which names `identity` as its
// subject.
absl::StatusOr<KeyAndRequest> MakeRequest(std::string_view identity);

struct RenewedCertificate {
  // PEM, leaf first; nothing is written anywhere.
  std::string chain_pem;
  std::string key_pem;
  Certificate says;
};

// Has the hub certify a new key for the identity of the connection. The
// connection goes on with the certificate that it has. Errors as
// AdminService.RenewCertificate; CERTIFICATE_FILE_INVALID when the hub signs
// something else than what was asked for.
absl::StatusOr<RenewedCertificate> RenewCertificate(Connection& connection);

}  // namespace waystation::client

#endif  // WAYSTATION_CERTIFICATE_H_
