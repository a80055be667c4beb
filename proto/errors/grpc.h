// SPDX-License-Identifier: Apache-2.0
// Between absl::Status and grpc::Status, for the service and the client
// library.
#ifndef WAYSTATION_PROTO_ERRORS_GRPC_H_
#define WAYSTATION_PROTO_ERRORS_GRPC_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace waystation::errors {

grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace waystation::errors

#endif  // WAYSTATION_PROTO_ERRORS_GRPC_H_
