// SPDX-License-Identifier: Apache-2.0
// Reads and checks frames in the calling thread (design 5): limits, salts,
// signature, then each update by itself. What cannot be read as a frame is an
// error; an update that cannot be taken is rejected alone.
#ifndef WAYSTATION_SERVER_HUB_INTAKE_H_
#define WAYSTATION_SERVER_HUB_INTAKE_H_

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/update_work.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::hub {

inline constexpr int kMaxUpdatesInFrame = 256;
inline constexpr size_t kMaxFrameBytes = size_t{1} << 20;

// INVALID_ARGUMENT: FRAME_EMPTY, FRAME_TOO_LARGE, SALTS_INVALID,
// SIGNATURE_MISSING, SIGNING_KEY_UNKNOWN, SIGNATURE_INVALID. PERMISSION_DENIED:
// AGENCY_NOT_REGISTERED.
absl::StatusOr<UpdateWork::Frame> ReadFrame(Core& core, const Caller& caller,
                                            v1::SubmitRecordsRequest request);
// A frame that holds one update.
absl::StatusOr<UpdateWork::Frame> ReadUnary(Core& core, const Caller& caller,
                                            v1::SubmitRecordRequest request);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_INTAKE_H_
