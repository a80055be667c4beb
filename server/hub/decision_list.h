// SPDX-License-Identifier: Apache-2.0
// Decisions as clerks read them. Whether one still holds is computed when
// somebody asks.
#ifndef WAYSTATION_SERVER_HUB_DECISION_LIST_H_
#define WAYSTATION_SERVER_HUB_DECISION_LIST_H_

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// By rising number; with a subject, those that rule on it. An agency's own
// clerk reads what clerks of the agency ruled.
absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
    Core& core, const Caller& caller, const v1::ListDecisionsRequest& request);
// NOT_FOUND (NOT_AVAILABLE) for a number that was never given, or that is not
// the caller's to read.
absl::StatusOr<v1::GetDecisionResponse> GetDecision(
    Core& core, const Caller& caller, const v1::GetDecisionRequest& request);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_DECISION_LIST_H_
