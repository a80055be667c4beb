// SPDX-License-Identifier: Apache-2.0
// Which of the records that somebody names are one person, by numbers of the
// caller's own grouping: nothing by which a person could be named afterwards.
#ifndef WAYSTATION_SERVER_HUB_RECORD_GROUPS_H_
#define WAYSTATION_SERVER_HUB_RECORD_GROUPS_H_

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// To be told when the leaf is durable.
struct GroupedRecords {
  v1::GroupRecordsResponse response;
  v1::AuditEvent event;
};

absl::StatusOr<GroupedRecords> GroupRecords(
    Core& core, const Caller& caller, const v1::GroupRecordsRequest& request);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RECORD_GROUPS_H_
