// SPDX-License-Identifier: Apache-2.0
// Shreds superseded claims after their attribute's retention time (design 4;
// domain/retention.h says what is due), once a day:
//
//     for each retention time T, in days:
//       leaves of updates that came more than T days ago, in the log's order,
//       each once -> the records that they changed -> what of these is due
//     decisions that were undone, or made, more than their attribute's
//       retention time ago -> their pins, or the values that they answered
//     then the store's files are scrubbed
//
// An update is looked for where it superseded others or came too late, since
// that is when the time began to run. What has been shredded is gone from the
// update that is kept beside its leaf; the leaf commits to a salted hash, which
// stays.
#ifndef WAYSTATION_SERVER_HUB_SWEEP_H_
#define WAYSTATION_SERVER_HUB_SWEEP_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/codes/date.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"

namespace waystation::hub {

inline constexpr std::string_view kSweepObject = "sweep";

// Thread-safe.
class Sweep {
 public:
  // Both are borrowed; the committer is drained before the sweep goes.
  Sweep(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  // Reads how far it has come; again where another hub may have gone on.
  // Nothing where one is under way.
  absl::Status Load();

  // Sets out if it has not been done that day; goes on after a group that could
  // not be written; scrubs when it is through and that is allowed. Called again
  // and again by the hub's clock.
  void GoOn(codes::Date today, bool may_scrub);

  // Nothing is left to do that day.
  bool IsDone(codes::Date today) const;

  // Why the last group could not be written, or the last scrubbing failed; OK
  // while nothing has. GoOn tries again.
  absl::Status failure() const;

 private:
  // How far the leaves have been looked at for one retention time.
  struct Cursor {
    int days = 0;
    uint64_t next_leaf = 0;
    uint64_t stored = 0;
    bool at_end = false;
  };
  struct Place {
    std::vector<Cursor> cursors;
    uint64_t decision = 0;
    bool finished = false;
    bool shredded = false;
  };

  void Next();
  absl::Status Begin(Planning& planning, v1::AuditEvent& event);
  // A few of them each time, so that nobody waits for long.
  absl::Status SweepLeaves(Planning& planning, Cursor& cursor,
                           v1::AuditEvent& event);
  absl::Status SweepDecisions(Planning& planning, v1::AuditEvent& event);

  Core& core_;
  Committer& committer_;
  mutable std::mutex mutex_;
  std::optional<codes::Date> done_on_;
  bool under_way_ = false;
  absl::Status failure_;
  // Of the sweep that is under way.
  codes::Date today_{};
  Place place_;
  // Behind the group that is being written: it counts once it is durable.
  Place next_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_SWEEP_H_
