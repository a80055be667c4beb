// SPDX-License-Identifier: Apache-2.0
// The one group committer (design 5). One thread plans groups, another writes
// them, so that the next group is planned while the store is at the one before:
//
//     queue -> plan N+1 on top of N | commit N, answer N
//
// A group is whatever waits when the planner is free, up to a limit; there is
// no timer.
#ifndef WAYSTATION_SERVER_HUB_COMMITTER_H_
#define WAYSTATION_SERVER_HUB_COMMITTER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/hub/core.h"
#include "server/hub/group.h"
#include "server/hub/memory.h"
#include "server/hub/queue.h"
#include "server/hub/writer.h"

namespace waystation::hub {

// Thread-safe.
class Committer {
 public:
  // `committed` as for Writer; it runs on the writer's thread.
  Committer(Core& core, Writer::Committed committed);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Reads what the planner remembers, and starts.
  absl::Status Start();

  // Queues the work; it is answered or failed once, maybe before this returns
  // (QUEUE_FULL, DRAINING, STORE_FAILED).
  void Submit(std::unique_ptr<Work> work);

  // Finishes what is queued and refuses the rest. May be called again.
  void Drain();

  // Called once, from a thread of the hub, when the store has failed for good;
  // at once if it has already.
  void OnFailure(std::function<void(absl::Status)> callback);

  size_t queued() const { return queue_.size(); }
  bool failed() const { return failed_.load(); }
  // Whether claims wait for a day that is not after `today`.
  bool HasDueClaims(codes::Date today) const {
    return memory_.due.IsDue(today);
  }

 private:
  using Works = std::vector<std::unique_ptr<Work>>;

  void Run();
  // Plans the works and hands them to the writer, once it is done with the
  // group before.
  void Handle(Works works);
  // nullptr if the works have been answered already.
  std::unique_ptr<Group> Plan(Works works, const Change* in_flight);
  void Write(std::unique_ptr<Group> group);
  // The group that is being written is done. False if it did not get through;
  // its works have been answered then, or are on their way once more.
  bool Settle();
  void SettleAll();
  // Reads again what the planner keeps; false if the store does not answer.
  bool Remember();
  void Recover(const absl::Status& status, Works works);
  void Fail(const absl::Status& status, Works works);
  void FailForGood(const absl::Status& status);

  Core& core_;
  WorkQueue queue_;
  const size_t group_limit_;
  Memory memory_;
  Writer writer_;
  std::unique_ptr<Group> in_flight_;
  // Newest commit group that this hub wrote.
  uint64_t last_group_ = 0;
  // Commits of these works that ended in ABORTED, in a row.
  int conflicts_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex failure_mutex_;
  std::optional<absl::Status> failure_;
  std::function<void(absl::Status)> on_failure_;
  std::once_flag drained_;
  std::thread thread_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_COMMITTER_H_
