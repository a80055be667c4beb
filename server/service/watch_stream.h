// SPDX-License-Identifier: Apache-2.0
// A mailbox that is watched: one page is on its way at a time, the next is read
// when the transport has taken it, so a slow reader costs one page of memory.
#ifndef WAYSTATION_SERVER_SERVICE_WATCH_STREAM_H_
#define WAYSTATION_SERVER_SERVICE_WATCH_STREAM_H_

#include "server/service/call.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::service {

// Refused callers get a stream that ends at once. Deletes itself.
grpc::ServerWriteReactor<v1::WatchResponse>* StartWatchStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    const v1::WatchRequest& request);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_WATCH_STREAM_H_
