// SPDX-License-Identifier: Apache-2.0
// Looking at persons again though no record of theirs changed: because a day
// has come on which a claim begins to count, or because the rules are others
// than they were. Conflicts are computed again and recipients told of what they
// now see otherwise, a thousand records at a time.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_H_
#define WAYSTATION_SERVER_HUB_REVIEW_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"

namespace waystation::hub {

inline constexpr std::string_view kHubObject = "hub";
inline constexpr std::string_view kIdentityId = "identity";

// Looks at a thousand of what is due by today, if anything is. Called again
// and again by the hub's clock.
void ReviewDueClaims(Core& core, Committer& committer);

// Compares under the rules that `before` names with those in force. When all
// persons have been looked at, the store remembers the rules in force; a hub
// that stops before begins again.
void ReviewRules(Core& core, Committer& committer,
                 const config::v1::Rules& before);

// The identity object of a store under the rules in force.
storage::ObjectRow IdentityRow(const Core& core,
                               const config::v1::Rules& rules);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_H_
