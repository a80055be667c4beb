// SPDX-License-Identifier: Apache-2.0
// The one group committer (design 5). One thread takes works from the queue and
// does all that touches the store; under load another one plans, so that a
// group is planned while the one before it is written and the one after it is
// read ahead:
//
//     queue -> read ahead N+2 | plan N+1 on top of N | commit N, answer N
//
// A group is whatever waits when its turn has come, up to a limit; there is no
// timer. A small one is not worth handing over: it is planned and committed on
// the spot. So is each of a store that other hubs write to, in the hub's turn
// (in_step.h).
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
#include "proto/runtime/workers.h"
#include "server/hub/core.h"
#include "server/hub/group.h"
#include "server/hub/in_step.h"
#include "server/hub/memory.h"
#include "server/hub/planner.h"
#include "server/hub/queue.h"

namespace waystation::hub {

// Thread-safe.
class Committer {
 public:
  // Called for each group that is durable, before its works are answered.
  using Committed =
      std::function<void(const Group&, const storage::Committed&)>;
  // `heard` is called, by the committer's thread, for what other hubs wrote.
  Committer(Core& core, Committed committed,
            std::function<void(const InStep::Heard&)> heard);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Reads what planning remembers, and starts. What the hub remembers is as of
  // a log of so many leaves, or later.
  absl::Status Start(uint64_t log_size);

  // Another hub wrote something: takes it in soon, though nothing waits.
  void CatchUpSoon();

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
  // Works that have their turn next, with what was read ahead for them.
  struct Next {
    Works works;
    State ahead;
  };

  // All of these run on the committer's thread.
  void Run();
  // Takes works and reads ahead for them; false once the queue is closed and
  // empty.
  bool TakeNext(size_t at_least);
  bool IsWorthSharing(const Works& works) const;
  // Waits for the group that is being planned, starts the next one on top of
  // it, and writes it.
  void FinishPlanned();
  // What was read ahead no longer counts.
  void DropAhead();
  // Plans and commits on the spot, until the works are answered.
  void Handle(Works works, std::optional<State> ahead = std::nullopt);
  // Works that could not be planned.
  void HandleUnplanned(const absl::Status& status, Works works);
  // Takes in what other hubs wrote. False: the works have been answered.
  bool CatchUp(Works& works);
  // Takes in what the group changes, which is about to be written.
  void Adopt(Group& group);
  // Makes the group durable and has its works answered. After an error these
  // have not been.
  absl::Status Commit(Group& group);
  void Answer(Works works, std::vector<PromptPage> pages,
              const std::optional<storage::Committed>& committed);
  // False if the store does not answer.
  bool TakeTurn();
  // Reads again what planning remembers; false if the store does not answer.
  bool Remember();
  // Forgets what was remembered of works that could not be committed. True if
  // they may be tried again, else they have been answered.
  bool MayTryAgain(const absl::Status& status, Works& works);
  void Fail(const absl::Status& status, Works works);
  void FailForGood(const absl::Status& status);

  Core& core_;
  const Committed committed_;
  WorkQueue queue_;
  const size_t group_limit_;
  Memory memory_;
  Planner planner_;
  InStep in_step_;
  std::atomic<bool> catches_up_soon_ = false;
  std::unique_ptr<runtime::Workers> answers_;
  std::optional<Next> next_;
  // What the planner plans on top of.
  std::unique_ptr<Group> in_flight_;
  // Newest commit group that this hub wrote.
  uint64_t last_group_ = 0;
  // Commits of the same works that ended in ABORTED, in a row.
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
