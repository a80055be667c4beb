// SPDX-License-Identifier: Apache-2.0
// Certificates that were signed while no hub ran (`waystationd init` and
// `certify` append them to tls/issued.pem).
#ifndef WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_
#define WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/hub/hub.h"

namespace waystation::waystationd {

// Gives each certificate of the file that the hub does not know yet its audit
// leaf. Expired ones and those of another trust domain are passed over.
absl::Status RecordIssued(const std::string& file,
                          const std::string& trust_domain, absl::Time now,
                          hub::Hub& hub);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_ISSUED_H_
