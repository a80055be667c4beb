// SPDX-License-Identifier: Apache-2.0
// Who a certificate says that its holder is.
#ifndef CLIENT_LIBRARY_IDENTITY_H_
#define CLIENT_LIBRARY_IDENTITY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::client {

struct Identity {
  // "waystation.example" of spiffe://waystation.example/agency/labor.320500.
  std::string trust_domain;
  // "agency/labor.320500".
  std::string path;
  // Lower-case hexadecimal.
  std::string serial;
  absl::Time not_before;
  absl::Time not_after;

  // "labor.320500" for an agency and its clerks, else empty.
  std::string_view agency() const;
};

// Reads the first certificate of a PEM chain. INVALID_ARGUMENT: no certificate,
// or not exactly one SPIFFE URI in it.
absl::StatusOr<Identity> ReadIdentity(std::string_view certificate_pem);

// FAILED_PRECONDITION unless the private key is that of the certificate;
// INVALID_ARGUMENT when it is none.
absl::Status CheckKeyFits(std::string_view certificate_pem,
                          std::string_view key_pem);

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_IDENTITY_H_
