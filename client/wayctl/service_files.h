// SPDX-License-Identifier: Apache-2.0
// Files of the directory of services, whole or with the lines that are wrong.
#ifndef CLIENT_WAYCTL_SERVICE_FILES_H_
#define CLIENT_WAYCTL_SERVICE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/wayctl/session.h"
#include "waystation/config/v1/services.pb.h"

namespace waystation::wayctl {

// Both: "-" is standard input, and an empty name stands for the file of this
// release. SERVICES_INVALID names the lines that are wrong.
absl::StatusOr<config::v1::ServiceCatalogue> ReadCatalogue(
    Session& session, const std::string& file);
// Points have services of that catalogue.
absl::StatusOr<config::v1::ServicePoints> ReadPoints(
    Session& session, const std::string& file,
    const config::v1::ServiceCatalogue& catalogue);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SERVICE_FILES_H_
