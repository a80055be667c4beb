// SPDX-License-Identifier: Apache-2.0
// Notices that are watched: one response is on its way at a time, the next is
// read when the transport has taken it, so a slow reader costs one of memory.
#ifndef WAYSTATION_SERVER_SERVICE_NOTICE_STREAM_H_
#define WAYSTATION_SERVER_SERVICE_NOTICE_STREAM_H_

#include "server/service/call.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::service {

// Refused callers get a stream that ends at once. Deletes itself.
grpc::ServerWriteReactor<v1::WatchNoticesResponse>* StartNoticeStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    const v1::WatchNoticesRequest& request);

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_NOTICE_STREAM_H_
