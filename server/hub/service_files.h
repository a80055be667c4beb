// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_HUB_SERVICE_FILES_H_
#define WAYSTATION_SERVER_HUB_SERVICE_FILES_H_

#include "waystation/config/v1/services.pb.h"

namespace waystation::hub {

// The directory of services as its files say it, both checked
// (proto/directory/check_services.h).
struct ServiceFiles {
  config::v1::ServiceCatalogue catalogue;
  config::v1::ServicePoints points;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_SERVICE_FILES_H_
