// SPDX-License-Identifier: Apache-2.0
// What other rules would change, found by what would change it: groups are
// planned under these rules, page by page, as a review plans them once they are
// in force, and are not written. A page takes in all that hangs together with
// its records under either rules, so that nothing of it waits for another page.
#ifndef WAYSTATION_SERVER_HUB_RULES_TRIAL_H_
#define WAYSTATION_SERVER_HUB_RULES_TRIAL_H_

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/rules_watch.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::hub {

// Takes turns with updates. Rules have no violations. CANCELLED or DRAINING as
// `watched` says, CHANGED_MEANWHILE when other rules are put in force.
absl::StatusOr<v1::RulesEffect> TryRules(Core& core, Committer& committer,
                                         const v1::TryRulesRequest& request,
                                         Watched& watched);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULES_TRIAL_H_
