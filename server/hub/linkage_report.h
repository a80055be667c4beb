// SPDX-License-Identifier: Apache-2.0
// How well records are put into persons, as far as that can be told without a
// truth: joins, candidates, and what clerks ruled on pairs.
#ifndef WAYSTATION_SERVER_HUB_LINKAGE_REPORT_H_
#define WAYSTATION_SERVER_HUB_LINKAGE_REPORT_H_

#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// Reads all decisions.
absl::StatusOr<v1::GetLinkageReportResponse> ReportLinkage(Core& core);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_LINKAGE_REPORT_H_
