// SPDX-License-Identifier: Apache-2.0
// What an agency may always see: its own records, as it said them itself.
#ifndef WAYSTATION_SERVER_HUB_OWN_RECORDS_H_
#define WAYSTATION_SERVER_HUB_OWN_RECORDS_H_

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::hub {

absl::StatusOr<v1::ListRecordsResponse> ListOwnRecords(
    Core& core, const Caller& caller, const v1::ListRecordsRequest& request);

// NOT_FOUND (NOT_AVAILABLE) for a key under which the caller holds nothing.
absl::StatusOr<v1::GetRecordResponse> GetOwnRecord(
    Core& core, const Caller& caller, const v1::GetRecordRequest& request);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OWN_RECORDS_H_
