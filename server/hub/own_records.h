// SPDX-License-Identifier: Apache-2.0
// What an agency may always see: its own records, as it said them itself. That
// too leaves its trace, or a stolen certificate could carry them off unseen.
#ifndef WAYSTATION_SERVER_HUB_OWN_RECORDS_H_
#define WAYSTATION_SERVER_HUB_OWN_RECORDS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::hub {

// An answer, and the leaf that must be durable before it is given.
template <typename Response>
struct OwnRead {
  Response response;
  v1::AuditEvent event;
  std::vector<storage::DetailRow> details = {};
};

absl::StatusOr<OwnRead<v1::ListRecordsResponse>> ListOwnRecords(
    Core& core, const Caller& caller, const v1::ListRecordsRequest& request);

// NOT_FOUND (NOT_AVAILABLE) for a key under which the caller holds nothing.
absl::StatusOr<OwnRead<v1::GetRecordResponse>> GetOwnRecord(
    Core& core, const Caller& caller, const v1::GetRecordRequest& request);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OWN_RECORDS_H_
