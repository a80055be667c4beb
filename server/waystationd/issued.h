// SPDX-License-Identifier: Apache-2.0
// Certificates that were signed beside the hub, by `waystationd init`,
// `certify` and `renew`: a file of them (tls/issued.pem), and their entries in
// the audit log. The hub's own stands there under the identity "hub".
#ifndef WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_
#define WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/hub/hub.h"

namespace waystation::waystationd {

// Adds a certificate to the file, before it is given out.
absl::Status AppendIssued(const std::string& file,
                          const std::string& certificate_pem);

// Gives each certificate of the file that the hub does not know yet its audit
// leaf. Expired ones and those of another trust domain are passed over.
absl::Status RecordIssued(const std::string& file,
                          const std::string& trust_domain, absl::Time now,
                          hub::Hub& hub);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_
