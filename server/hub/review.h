// SPDX-License-Identifier: Apache-2.0
// Looking at persons again though no record of theirs changed: because a day
// has come on which a claim begins to count, because the rules are others than
// they were, or because this release looks up more than the one before. Who is
// who and what is in conflict is computed again, and recipients are told of
// what they now see otherwise, some hundred records at a time.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_H_
#define WAYSTATION_SERVER_HUB_REVIEW_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/rules.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

inline constexpr std::string_view kHubObject = "hub";
inline constexpr std::string_view kIdentityId = "identity";
inline constexpr std::string_view kReviewObject = "review";

// What this release puts into the index of each record, and beside it:
// identifiers; numbers of businesses and blocking keys; what it is compared by;
// what agencies' own clerks are asked.
inline constexpr uint32_t kIndexVersion = 3;

// Looks at some of what is due by today, if anything is. Called again
// and again by the hub's clock.
void ReviewDueClaims(Committer& committer);

// The review of a store that was kept under `held`, towards `rules`: where one
// that was under way to them had come, else its beginning, else nullopt if
// there is nothing to look at. Rules towards which another was under way are
// kept: recipients may have been told by them.
absl::StatusOr<std::optional<store::v1::StoredReview>> ReviewTowards(
    const Core& core, const config::v1::Rules& rules,
    const store::v1::StoredIdentity& held);

// The object that keeps it.
storage::ObjectRow PlaceRow(const store::v1::StoredReview& review);

// Compares under the rules of before with those in force, the records of one
// agency after the other. When all persons have been looked at, the store
// remembers the rules in force; a hub that stops before goes on where it was.
// Once other rules are in force it does nothing more. Thread-safe.
class RulesReview : public std::enable_shared_from_this<RulesReview> {
 public:
  // `core` and `committer` are borrowed. `place` is as ReviewTowards the rules
  // in force gives it.
  RulesReview(Core& core, Committer& committer,
              const store::v1::StoredIdentity& held,
              store::v1::StoredReview place);

  // Sets out, or goes on after a group that could not be written. Called again
  // and again by the hub's clock.
  void GoOn();

  // Records that are left.
  uint64_t left() const;

 private:
  struct Place {
    store::v1::StoredReview stored;
    bool finished = false;
  };

  void Next();
  absl::Status Begin(Planning& planning, v1::AuditEvent& event);

  Core& core_;
  Committer& committer_;
  const RulesVersion& rules_;
  // Those that the store remembers, and those of reviews that were given up.
  std::vector<domain::RuleBook> before_;
  // Records compare otherwise than before, or stand in the index otherwise.
  bool rescores_ = false;
  mutable std::mutex mutex_;
  bool under_way_ = false;
  Place place_;
  // Behind the page that is being written: it counts once it is durable.
  Place next_;
};

// The identity object of a store that is kept under these rules and this index.
storage::ObjectRow IdentityRow(const Core& core, const config::v1::Rules& rules,
                               uint32_t index_version);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_H_
