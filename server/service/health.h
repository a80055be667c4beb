// SPDX-License-Identifier: Apache-2.0
// The standard health service, grpc.health.v1. Our own, since gRPC's tells
// nobody who called it, and a connection on which only health is asked would
// pass for one on which nobody calls.
#ifndef WAYSTATION_SERVER_SERVICE_HEALTH_H_
#define WAYSTATION_SERVER_SERVICE_HEALTH_H_

#include <memory>
#include <string>
#include <vector>

#include "server/service/call.h"

namespace grpc {
class Service;
}

namespace waystation::service {

// Answers for `services` and for the hub as a whole (""): SERVING until the
// desk drains. Anybody may check; watching takes an identity and a seat.
std::unique_ptr<grpc::Service> MakeHealthService(
    Desk& desk, std::vector<std::string> services);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_HEALTH_H_
