// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/grpc.h"

#include "proto/errors/wire.h"

namespace waystation::errors {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const WireError wire = ToWire(status);
  return {static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return FromWire(status.error_code(), status.error_message(),
                  status.error_details());
}

}  // namespace waystation::errors
