// SPDX-License-Identifier: Apache-2.0
// A stream of frames. A few are with the hub at once; their acknowledgements go
// out in the order in which the frames came. No more is read while so many are
// unanswered, so a stream of any length takes the memory of a few frames, and a
// full queue holds the sender back by the transport.
#ifndef WAYSTATION_SERVER_SERVICE_SUBMIT_STREAM_H_
#define WAYSTATION_SERVER_SERVICE_SUBMIT_STREAM_H_

#include "server/service/call.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::service {

// Refused callers get a stream that ends at once. Deletes itself.
grpc::ServerBidiReactor<v1::SubmitRecordsRequest, v1::SubmitRecordsResponse>*
StartSubmitStream(Desk& desk, grpc::CallbackServerContext& context,
                  const Method& method, int frames_in_flight);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_SUBMIT_STREAM_H_
