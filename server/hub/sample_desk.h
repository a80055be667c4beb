// SPDX-License-Identifier: Apache-2.0
// Draws samples of pairs for the clerks' queue.
#ifndef WAYSTATION_SERVER_HUB_SAMPLE_DESK_H_
#define WAYSTATION_SERVER_HUB_SAMPLE_DESK_H_

#include <mutex>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/review_sample.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// Both are borrowed. Thread-safe.
class SampleDesk {
 public:
  SampleDesk(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  // Reads in the calling thread, beside commits, and returns when the sample is
  // durable. Not to be called by the committer.
  absl::StatusOr<v1::DrawReviewSampleResponse> Draw(
      const Caller& caller, const v1::DrawReviewSampleRequest& request);

 private:
  // Of an earlier request with the same id; nullopt if there was none.
  absl::StatusOr<std::optional<StoredSample>> FindRepeat(
      const Caller& caller, const v1::DrawReviewSampleRequest& request) const;
  absl::StatusOr<StoredSample> Survey(
      const Caller& caller, const v1::DrawReviewSampleRequest& request) const;
  // Puts the pairs into the queue, and takes those of the one before out.
  absl::Status Keep(Planning& planning, StoredSample& sample) const;

  Core& core_;
  Committer& committer_;
  std::mutex mutex_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_SAMPLE_DESK_H_
