// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_LIBRARY_CALL_STATUS_H_
#define CLIENT_LIBRARY_CALL_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace waystation::client {

// How a call ended, as errors::FromGrpc tells it; a handshake that this side
// broke off, because it does not trust the hub's certificate, is
// HUB_NOT_TRUSTED and not just a hub that does not answer.
absl::Status StatusOfCall(const grpc::Status& status);

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_CALL_STATUS_H_
