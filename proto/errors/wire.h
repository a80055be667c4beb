// SPDX-License-Identifier: Apache-2.0
// An error on the wire: code and message, and beside them a serialised
// google.rpc.Status as gRPC carries it in "grpc-status-details-bin". Strings
// only; grpc.h has the glue.
#ifndef WAYSTATION_PROTO_ERRORS_WIRE_H_
#define WAYSTATION_PROTO_ERRORS_WIRE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace waystation::errors {

struct WireError {
  int code = 0;
  std::string message;
  // A serialised google.rpc.Status; empty for OK.
  std::string details;
};

// What may leave the process. A status without a reason keeps its code and gets
// the code's general reason; its own text stays behind, since nobody checked
// what stands in it.
WireError ToWire(const absl::Status& status);

// Reads what a server sent. Details that cannot be read, or that are of another
// code, are left aside; code and message stand.
absl::Status FromWire(int code, std::string_view message,
                      std::string_view details);

}  // namespace waystation::errors

#endif  // WAYSTATION_PROTO_ERRORS_WIRE_H_
