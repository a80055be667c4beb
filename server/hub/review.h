// SPDX-License-Identifier: Apache-2.0
// Looking at persons again though no record of theirs changed: because a day
// has come on which a claim begins to count, or because the rules are others
// than they were. Conflicts are computed again and recipients told of what they
// now see otherwise, a thousand records at a time.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_H_
#define WAYSTATION_SERVER_HUB_REVIEW_H_

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/rules.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"

namespace waystation::hub {

inline constexpr std::string_view kHubObject = "hub";
inline constexpr std::string_view kIdentityId = "identity";

// Looks at a thousand of what is due by today, if anything is. Called again
// and again by the hub's clock.
void ReviewDueClaims(Core& core, Committer& committer);

// Compares under the rules that `before` names with those in force, the records
// of one agency after the other. When all persons have been looked at, the
// store remembers the rules in force; a hub that stops before begins again.
// Thread-safe.
class RulesReview : public std::enable_shared_from_this<RulesReview> {
 public:
  // Both are borrowed.
  RulesReview(Core& core, Committer& committer,
              const config::v1::Rules& before);

  // Sets out, or goes on after a group that could not be written. Called again
  // and again by the hub's clock.
  void GoOn();

 private:
  // Where the review stands: agencies that are left, and the last record of the
  // last of them that has been looked at.
  struct Place {
    std::vector<storage::AgencyNumber> agencies;
    storage::Uid after = 0;
    bool finished = false;
  };

  void Next();
  absl::Status Begin(Planning& planning, v1::AuditEvent& event);

  Core& core_;
  Committer& committer_;
  const domain::RuleBook before_;
  std::mutex mutex_;
  bool under_way_ = false;
  Place place_;
  // Behind the page that is being written: it counts once it is durable.
  Place next_;
};

// The identity object of a store under the rules in force.
storage::ObjectRow IdentityRow(const Core& core,
                               const config::v1::Rules& rules);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_H_
