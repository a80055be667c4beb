// SPDX-License-Identifier: Apache-2.0
#include "server/hub/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

constexpr size_t kQueuedUpdates = 65'536;
// An update may have a mebibyte.
constexpr size_t kQueuedBytes = size_t{64} << 20;
constexpr size_t kGroupUpdates = 512;
// Another hub cannot win this often by chance.
constexpr int kMaxConflicts = 20;
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);

size_t Or(int32_t configured, size_t otherwise) {
  return configured > 0 ? static_cast<size_t>(configured) : otherwise;
}

}  // namespace

Committer::Committer(Core& core, Committed committed,
                     std::function<void(const InStep::Heard&)> heard)
    : core_(core),
      committed_(std::move(committed)),
      queue_(Or(core.options.limits.queued_updates(), kQueuedUpdates),
             kQueuedBytes),
      group_limit_(Or(core.options.limits.group_updates(), kGroupUpdates)),
      memory_(core.store),
      planner_(core, memory_, [this] { queue_.Interrupt(); }),
      in_step_(core, memory_),
      answers_(std::make_unique<runtime::Workers>(2, 0)) {
  in_step_.OnHeard(std::move(heard));
}

Committer::~Committer() { Drain(); }

absl::Status Committer::Start(uint64_t log_size) {
  in_step_.Begin(log_size);
  if (auto status = memory_.Load(core_.store); !status.ok()) return status;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Committer::CatchUpSoon() {
  catches_up_soon_ = true;
  queue_.Interrupt();
}

void Committer::Submit(std::unique_ptr<Work> work) {
  switch (failed_.load() ? WorkQueue::Put::kClosed : queue_.Add(work)) {
    case WorkQueue::Put::kTaken:
      return;
    case WorkQueue::Put::kFull:
      work->Fail(errors::Error("QUEUE_FULL", {.retry_after = kRetryAfter}));
      return;
    case WorkQueue::Put::kClosed:
      work->Fail(errors::Error(failed_.load() ? "STORE_FAILED" : "DRAINING"));
      return;
  }
}

void Committer::Drain() {
  std::call_once(drained_, [this] {
    queue_.Close();
    if (thread_.joinable()) thread_.join();
    answers_.reset();  // Gives what is left.
  });
}

void Committer::OnFailure(std::function<void(absl::Status)> callback) {
  absl::Status failure;
  {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_.has_value()) {
      on_failure_ = std::move(callback);
      return;
    }
    failure = *failure_;
  }
  callback(failure);
}

void Committer::Run() {
  for (;;) {
    if (catches_up_soon_ && !planner_.is_busy()) {
      // Whatever fails shows itself to whoever comes next.
      Works nobody;
      (void)CatchUp(nobody);
    }
    if (planner_.is_busy()) {
      // Meanwhile reads ahead, once there is enough to be worth it; and what is
      // there already, though the planner has finished during a commit: else it
      // would stand still during the next one.
      bool open = !next_.has_value();
      while (open) {
        const bool is_done = planner_.is_done();
        if (is_done && queue_.size() < core_.options.shared_group) break;
        open = TakeNext(core_.options.shared_group) && !next_.has_value() &&
               !is_done;
      }
      FinishPlanned();
    } else if (next_.has_value()) {
      Next next = *std::move(next_);
      next_.reset();
      if (IsWorthSharing(next.works)) {
        planner_.Start(std::move(next.works), std::move(next.ahead), nullptr);
      } else {
        Handle(std::move(next.works), std::move(next.ahead));
      }
    } else if (!TakeNext(/*at_least=*/1)) {
      return;
    }
  }
}

bool Committer::TakeNext(size_t at_least) {
  std::optional<Works> works = queue_.Take(group_limit_, at_least);
  if (!works.has_value()) return false;
  if (works->empty()) return true;
  if (failed_.load()) {
    Fail(errors::Error("STORE_FAILED"), *std::move(works));
    return true;
  }
  // Of a store that others write to, what is read before its turn may not fit
  // what is read in it.
  State ahead = core_.store.is_shared() ? State(core_, memory_.hints)
                                        : ReadAhead(core_, memory_, *works);
  next_ = Next{*std::move(works), std::move(ahead)};
  return true;
}

// What wants to be alone sees what came before it in the store itself.
bool Committer::IsWorthSharing(const Works& works) const {
  if (works.front()->alone() || core_.store.is_shared()) return false;
  size_t size = 0;
  for (const std::unique_ptr<Work>& work : works) size += work->size();
  return size >= core_.options.shared_group;
}

void Committer::FinishPlanned() {
  Planner::Planned planned = planner_.Wait();
  in_flight_.reset();
  if (!planned.group.ok()) {
    HandleUnplanned(planned.group.status(), std::move(planned.works));
    DropAhead();
    return;
  }
  auto group = std::make_unique<Group>(*std::move(planned.group));
  Adopt(*group);
  // The next one is planned on top of it while it is written.
  if (next_.has_value() && IsWorthSharing(next_->works)) {
    planner_.Start(std::move(next_->works), std::move(next_->ahead),
                   &group->change);
    next_.reset();
  }
  const absl::Status status = Commit(*group);
  if (status.ok()) {
    if (planner_.is_busy()) in_flight_ = std::move(group);
    // What has to wait for its turn was read before this group was written.
    DropAhead();
    return;
  }
  // What was planned on top of it, or read ahead, did not come to pass.
  Works after;
  if (planner_.is_busy()) {
    planned = planner_.Wait();
    if (planned.group.ok()) {
      planned.group->pages.clear();
      after = std::move(planned.group->works);
    } else {
      after = std::move(planned.works);
    }
  }
  if (MayTryAgain(status, group->works)) Handle(std::move(group->works));
  if (!after.empty()) Handle(std::move(after));
  DropAhead();
}

void Committer::DropAhead() {
  if (next_.has_value()) next_->ahead = State(core_, memory_.hints);
}

bool Committer::CatchUp(Works& works) {
  catches_up_soon_ = false;
  const absl::Status status = in_step_.CatchUp();
  if (status.ok()) return true;
  if (status.code() == absl::StatusCode::kUnavailable) FailForGood(status);
  Fail(failed_.load() ? errors::Error("STORE_FAILED") : status,
       std::exchange(works, {}));
  return false;
}

void Committer::Handle(Works works, std::optional<State> ahead) {
  // Of a turn that was not used.
  const absl::Cleanup end_turn = [this] { core_.store.EndTurn(); };
  while (!works.empty()) {
    if (failed_.load()) {
      Fail(errors::Error("STORE_FAILED"), std::move(works));
      return;
    }
    if (core_.store.is_shared()) {
      // Nobody else writes while it reads, plans and commits.
      if (!TakeTurn()) continue;
      if (!CatchUp(works)) return;
      ahead.reset();
    }
    if (!ahead.has_value()) ahead.emplace(core_, memory_.hints);
    absl::StatusOr<Group> group = PlanGroup(
        core_, memory_, *std::exchange(ahead, std::nullopt), nullptr, works);
    if (!group.ok()) {
      HandleUnplanned(group.status(), std::move(works));
      return;
    }
    Adopt(*group);
    const absl::Status status = Commit(*group);
    if (status.ok()) return;
    works = std::move(group->works);
    if (!MayTryAgain(status, works)) return;
  }
}

void Committer::HandleUnplanned(const absl::Status& status, Works works) {
  if (status.code() == absl::StatusCode::kUnavailable) {
    FailForGood(status);
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return;
  }
  // A work may have taken something off what is remembered.
  if (!Remember() || works.size() == 1) {
    Fail(status, std::move(works));
    return;
  }
  // One of them meets a damaged row; the others shall not suffer from it.
  for (std::unique_ptr<Work>& work : works) {
    Works one;
    one.push_back(std::move(work));
    Handle(std::move(one));
  }
}

void Committer::Adopt(Group& group) {
  // The group saw the one before it. If that one moved the store on by one,
  // nothing came between that it has not seen.
  if (group.batch.reads.group + 1 == last_group_) {
    group.batch.reads.group = last_group_;
  }
  memory_.hints.Adopt(group.change, group.items_before);
}

absl::Status Committer::Commit(Group& group) {
  if (group.is_empty()) {
    Answer(std::move(group.works), {}, std::nullopt);
    return absl::OkStatus();
  }
  WAYSTATION_FAILPOINT("group/planned");
  const int64_t begin = absl::GetCurrentTimeNanos();
  const absl::StatusOr<storage::Committed> committed =
      core_.store.Commit(group.batch);
  if (!committed.ok()) {
    group.pages.clear();
    return committed.status();
  }
  core_.counters.commit_nanoseconds += absl::GetCurrentTimeNanos() - begin;
  ++core_.counters.commit_groups;
  core_.counters.mailbox_entries += group.batch.mailbox.size();
  core_.counters.log_size = committed->log_size;
  last_group_ = committed->group;
  in_step_.Wrote(*committed);
  conflicts_ = 0;
  WAYSTATION_FAILPOINT("group/committed");
  committed_(group, *committed);
  WAYSTATION_FAILPOINT("group/published");
  Answer(std::move(group.works), std::move(group.pages), *committed);
  return absl::OkStatus();
}

void Committer::Answer(Works works, std::vector<PromptPage> pages,
                       const std::optional<storage::Committed>& committed) {
  // To wake a thread takes longer than to give one answer; but nobody else
  // shall wait for it.
  const bool here = works.size() == 1 && queue_.size() == 0;
  auto answer = [this, works = std::move(works), pages = std::move(pages),
                 committed]() mutable {
    for (const std::unique_ptr<Work>& work : works) {
      work->Answer(committed.has_value() ? &*committed : nullptr);
    }
    for (PromptPage& page : pages) {
      Give(core_, std::move(page), committed->first_leaf);
    }
  };
  if (here) {
    answer();
  } else {
    answers_->Run(std::move(answer));
  }
}

bool Committer::Remember() {
  const absl::Status loaded = memory_.Load(core_.store);
  if (!loaded.ok()) FailForGood(loaded);
  return loaded.ok();
}

bool Committer::MayTryAgain(const absl::Status& status, Works& works) {
  if (status.code() == absl::StatusCode::kUnavailable || failed_.load()) {
    FailForGood(status);
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return false;
  }
  if (!Remember()) {
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return false;
  }
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      ++core_.counters.commit_conflicts;
      if (++conflicts_ <= kMaxConflicts) return true;
      conflicts_ = 0;
      Fail(errors::Error("CHANGED_MEANWHILE"), std::move(works));
      return false;
    case absl::StatusCode::kResourceExhausted:
      Fail(errors::Error("DISK_FULL", {.retry_after = absl::Seconds(5)}),
           std::move(works));
      return false;
    default:
      Fail(errors::Error("INTERNAL"), std::move(works));
      return false;
  }
}

bool Committer::TakeTurn() {
  const absl::Status taken = core_.store.TakeTurn();
  if (!taken.ok()) FailForGood(taken);
  return taken.ok();
}

void Committer::Fail(const absl::Status& status, Works works) {
  for (std::unique_ptr<Work>& work : works) work->Fail(status);
}

void Committer::FailForGood(const absl::Status& status) {
  std::function<void(absl::Status)> callback;
  {
    const std::lock_guard lock(failure_mutex_);
    if (failed_.exchange(true)) return;
    failure_ = StoreError(status);
    callback = on_failure_;
  }
  if (callback) callback(StoreError(status));
}

}  // namespace waystation::hub
