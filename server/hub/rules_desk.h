// SPDX-License-Identifier: Apache-2.0
// What operators do with the rules: see which are in force, have some learnt
// from the records that are held, try others, and put others in force. No value
// of a person leaves by any of it: shares, counts, and keys of records.
#ifndef WAYSTATION_SERVER_HUB_RULES_DESK_H_
#define WAYSTATION_SERVER_HUB_RULES_DESK_H_

#include <atomic>
#include <functional>

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// All are borrowed. Thread-safe.
class RulesDesk {
 public:
  // Returns when the leaf is durable.
  using WriteLeaf = std::function<absl::Status(v1::AuditEvent)>;

  // `draining` tells that what takes long must end.
  RulesDesk(Core& core, Committer& committer, const std::atomic<bool>& draining,
            WriteLeaf write_leaf)
      : core_(core),
        committer_(committer),
        draining_(draining),
        write_leaf_(std::move(write_leaf)) {}

  // Without records_to_review.
  v1::GetRulesResponse Get() const;
  void Apply(const Caller& caller, v1::ApplyRulesRequest request,
             Hub::Callback<v1::ApplyRulesResponse> done);
  // Both take minutes, in the calling thread, one at a time.
  absl::StatusOr<v1::TrainedRules> Train(const Caller& caller,
                                         const v1::TrainRulesRequest& request,
                                         const Hub::Watch& watch);
  absl::StatusOr<v1::RulesEffect> Try(const Caller& caller,
                                      const v1::TryRulesRequest& request,
                                      const Hub::Watch& watch);

 private:
  Core& core_;
  Committer& committer_;
  const std::atomic<bool>& draining_;
  const WriteLeaf write_leaf_;
  std::atomic<bool> busy_ = false;
};

// RULES_INVALID with each field that is wrong, from "rules."; OK if none is.
absl::Status CheckGivenRules(const config::v1::Rules& rules);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULES_DESK_H_
