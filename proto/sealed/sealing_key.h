// SPDX-License-Identifier: Apache-2.0
// The key with which an agency opens what is handed over to it, and signs what
// it hands over: EC on P-256, in a certificate that it signs itself, since no
// authority has to vouch for it (ARCHITECTURE.md says who is trusted).
//
//     key file := certificate(PEM) key(PKCS #8, PEM)   for its owner alone
#ifndef WAYSTATION_PROTO_SEALED_SEALING_KEY_H_
#define WAYSTATION_PROTO_SEALED_SEALING_KEY_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::sealed {

inline constexpr int kMostCertificates = 4;  // of one agency

struct NewSealingKey {
  std::string key_file;
  // What is registered.
  std::string certificate_pem;
};

// A new key for `agency`, whose certificate is valid for five years from `now`.
NewSealingKey MakeSealingKey(const std::string& agency, absl::Time now);

// What is wrong with it as a certificate that is registered, as a rule;
// nullopt: nothing. Does not look at the day.
std::optional<std::string> WrongWithCertificate(std::string_view pem);

// SHA-256 of the certificate, lower-case hexadecimal; empty for none.
std::string FingerprintOf(std::string_view pem);

// The certificate of a key file, PEM. KEY_FILE_INVALID unless the file holds
// one and the key that belongs to it.
absl::StatusOr<std::string> CertificateOf(std::string_view key_file);

}  // namespace waystation::sealed

#endif  // WAYSTATION_PROTO_SEALED_SEALING_KEY_H_
