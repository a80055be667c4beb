// SPDX-License-Identifier: Apache-2.0
// Files of the directory of services, whole or with the lines that are wrong.
#ifndef CLIENT_WAYCTL_SERVICE_FILES_H_
#define CLIENT_WAYCTL_SERVICE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/wayctl/session.h"
#include "waystation/config/v1/services.pb.h"

namespace waystation::wayctl {

// "-" is standard input. Of the first two, an empty name stands for the file of
// this release. SERVICES_INVALID names the lines that are wrong.
absl::StatusOr<config::v1::ServiceCatalogue> ReadCatalogue(
    Session& session, const std::string& file);
// Points have services of that catalogue.
absl::StatusOr<config::v1::ServicePoints> ReadPoints(
    Session& session, const std::string& file,
    const config::v1::ServiceCatalogue& catalogue);
// Of how many residents rates are. There is none of this release.
absl::StatusOr<config::v1::Residents> ReadResidents(Session& session,
                                                    const std::string& file);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SERVICE_FILES_H_
