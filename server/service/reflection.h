// SPDX-License-Identifier: Apache-2.0
// gRPC server reflection, v1 and v1alpha, for grpcurl and its like. The plugin
// of gRPC 1.51 is a synchronous service, which a client can make grow without
// bound (design 17); this one is not.
#ifndef WAYSTATION_SERVER_SERVICE_REFLECTION_H_
#define WAYSTATION_SERVER_SERVICE_REFLECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "server/service/call.h"

namespace grpc {
class Service;
}

namespace waystation::service {

// Both versions; `services` are the full names to list. Descriptors are public:
// whoever passed the handshake may read them.
std::vector<std::unique_ptr<grpc::Service>> MakeReflectionServices(
    Desk& desk, std::vector<std::string> services);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_REFLECTION_H_
