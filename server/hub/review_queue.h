// SPDX-License-Identifier: Apache-2.0
// The clerks' work queue: open conflicts, candidates, drawn pairs and what
// waits for a second person together, oldest first, without values, and who is
// at work on which. The office has one; each agency's own clerks have theirs.
#ifndef WAYSTATION_SERVER_HUB_REVIEW_QUEUE_H_
#define WAYSTATION_SERVER_HUB_REVIEW_QUEUE_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/registry.h"
#include "server/hub/review_claims.h"
#include "server/hub/reviewer.h"
#include "server/storage/store.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// All are borrowed. Thread-safe. What claims or releases returns when it is
// durable, so it is not to be called by the committer.
class ReviewQueue {
 public:
  ReviewQueue(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  absl::StatusOr<v1::ListReviewItemsResponse> List(
      const Caller& caller, const v1::ListReviewItemsRequest& request);
  absl::StatusOr<v1::NextReviewItemResponse> Next(
      const Caller& caller, const v1::NextReviewItemRequest& request);
  absl::StatusOr<v1::ClaimReviewItemResponse> Claim(
      const Caller& caller, const v1::ClaimReviewItemRequest& request);
  absl::StatusOr<v1::ReleaseReviewItemResponse> Release(
      const Caller& caller, const v1::ReleaseReviewItemRequest& request);

 private:
  class Filter;
  class Walk;

  // The open item that `id` names; nullopt if it names none.
  absl::StatusOr<std::optional<storage::OpenItemKey>> KeyOf(
      const std::string& id) const;
  // As it is now; nullopt if it is not open at that desk.
  absl::StatusOr<std::optional<storage::OpenItem>> Get(
      const Reviewer& reviewer, const storage::OpenItemKey& key) const;
  std::string IdOf(const storage::OpenItemKey& key) const;
  absl::StatusOr<v1::ReviewItem> Show(const Snapshot& registry,
                                      const ReviewClaims& claims,
                                      const storage::OpenItem& item,
                                      std::optional<double> score) const;
  // The item that `caller` should look at next, not claimed yet.
  absl::StatusOr<std::optional<storage::OpenItem>> Find(
      const Reviewer& reviewer, const Caller& caller, const Filter& filter,
      const std::optional<storage::OpenItem>& after);
  absl::StatusOr<v1::ReviewItem> ClaimKey(const Reviewer& reviewer,
                                          const Caller& caller,
                                          const storage::OpenItemKey& key);

  Core& core_;
  Committer& committer_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEW_QUEUE_H_
