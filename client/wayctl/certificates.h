// SPDX-License-Identifier: Apache-2.0
// Certificates and requests as files; nothing here speaks to a hub.
#ifndef CLIENT_WAYCTL_CERTIFICATES_H_
#define CLIENT_WAYCTL_CERTIFICATES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "waystation/report/v1/certificate_report.pb.h"

namespace waystation::wayctl {

// The first certificate of a PEM file. CERTIFICATE_FILE_INVALID when it holds
// none.
absl::StatusOr<report::v1::CertificateReport> Inspect(std::string_view pem,
                                                      absl::Time now);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_CERTIFICATES_H_
