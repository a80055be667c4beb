// SPDX-License-Identifier: Apache-2.0
// Conflicts as an agency's own clerk sees them: the agency's claims whole,
// those of others that they differ, and what they say once it is revealed for a
// purpose that agreements allow, which is a read like any other (design 8).
#ifndef WAYSTATION_SERVER_HUB_OWN_CONFLICT_DESK_H_
#define WAYSTATION_SERVER_HUB_OWN_CONFLICT_DESK_H_

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// All are borrowed. Thread-safe. Callers are clerks of an agency.
class OwnConflictDesk {
 public:
  OwnConflictDesk(Core& core, Committer& committer, Refusals& refusals)
      : core_(core), committer_(committer), refusals_(refusals) {}

  absl::StatusOr<v1::ListConflictsResponse> List(
      const Caller& caller, const v1::ListConflictsRequest& request);
  void Get(const Caller& caller, const v1::GetConflictRequest& request,
           Hub::Callback<v1::GetConflictResponse> done);

 private:
  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OWN_CONFLICT_DESK_H_
