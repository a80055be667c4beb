// SPDX-License-Identifier: Apache-2.0
#include "server/hub/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

constexpr size_t kQueuedUpdates = 65'536;
// An update may have a mebibyte.
constexpr size_t kQueuedBytes = size_t{64} << 20;
constexpr size_t kGroupUpdates = 2'048;
// Another hub cannot win this often by chance.
constexpr int kMaxConflicts = 20;
constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);

size_t Or(int32_t configured, size_t otherwise) {
  return configured > 0 ? static_cast<size_t>(configured) : otherwise;
}

}  // namespace

Committer::Committer(Core& core, Writer::Committed committed)
    : core_(core),
      queue_(Or(core.options.limits.queued_updates(), kQueuedUpdates),
             kQueuedBytes),
      group_limit_(Or(core.options.limits.group_updates(), kGroupUpdates)),
      memory_(core.store),
      writer_(core, std::move(committed), [this] { queue_.Interrupt(); }) {}

Committer::~Committer() { Drain(); }

absl::Status Committer::Start() {
  if (auto status = memory_.Load(core_.store); !status.ok()) return status;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
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
  });
}

void Committer::OnFailure(std::function<void(absl::Status)> callback) {
  std::optional<absl::Status> failure;
  {
    const std::lock_guard lock(failure_mutex_);
    on_failure_ = callback;
    failure = failure_;
  }
  if (failure.has_value()) callback(*failure);
}

void Committer::Run() {
  while (std::optional<Works> works = queue_.Take(group_limit_)) {
    if (works->empty()) {
      SettleAll();
    } else if (failed_.load()) {
      Fail(errors::Error("STORE_FAILED"), *std::move(works));
    } else {
      Handle(*std::move(works));
    }
  }
  SettleAll();
}

void Committer::Handle(Works works) {
  // What wants to be alone sees what came before it in the store itself.
  if (works.front()->alone()) SettleAll();
  std::unique_ptr<Group> group =
      Plan(std::move(works), in_flight_ ? &in_flight_->change : nullptr);
  if (!Settle() && group != nullptr) {
    // It was planned on top of what did not come to pass.
    SettleAll();
    Works again = std::move(group->works);
    group = Remember() ? Plan(std::move(again), nullptr) : nullptr;
    if (group == nullptr) Fail(errors::Error("STORE_FAILED"), std::move(again));
  }
  Write(std::move(group));
}

std::unique_ptr<Group> Committer::Plan(Works works, const Change* in_flight) {
  if (works.empty()) return nullptr;
  absl::StatusOr<Group> group = PlanGroup(core_, memory_, in_flight, works);
  if (group.ok()) return std::make_unique<Group>(*std::move(group));
  if (group.status().code() == absl::StatusCode::kUnavailable) {
    FailForGood(group.status());
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return nullptr;
  }
  if (works.size() == 1) {
    // The work may have taken something off what is remembered.
    SettleAll();
    Remember();
    Fail(group.status(), std::move(works));
    return nullptr;
  }
  // One of them meets a damaged row; the others shall not suffer from it.
  SettleAll();
  for (std::unique_ptr<Work>& work : works) {
    Works one;
    one.push_back(std::move(work));
    Write(Plan(std::move(one), nullptr));
    SettleAll();
  }
  return nullptr;
}

void Committer::Write(std::unique_ptr<Group> group) {
  if (group == nullptr) return;
  if (failed_.load()) {
    Fail(errors::Error("STORE_FAILED"), std::move(group->works));
    return;
  }
  // The group saw the one before it. If that one moved the store on by one,
  // nothing came between that it has not seen.
  if (group->batch.reads.group + 1 == last_group_) {
    group->batch.reads.group = last_group_;
  }
  memory_.hints.Adopt(group->change, group->items_before);
  in_flight_ = std::move(group);
  writer_.Start(*in_flight_);
}

bool Committer::Settle() {
  if (in_flight_ == nullptr) return true;
  const absl::StatusOr<uint64_t> number = writer_.Wait();
  const std::unique_ptr<Group> done = std::exchange(in_flight_, nullptr);
  if (number.ok()) {
    if (!done->is_empty()) last_group_ = *number;
    conflicts_ = 0;
    return true;
  }
  Recover(number.status(), std::move(done->works));
  return false;
}

void Committer::SettleAll() {
  while (!Settle()) {
  }
}

bool Committer::Remember() {
  const absl::Status loaded = memory_.Load(core_.store);
  if (!loaded.ok()) FailForGood(loaded);
  return loaded.ok();
}

// Forgets what was remembered of a group that is not in the store, and goes on
// with its works as the error demands.
void Committer::Recover(const absl::Status& status, Works works) {
  if (status.code() == absl::StatusCode::kUnavailable || failed_.load()) {
    FailForGood(status);
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return;
  }
  if (!Remember()) {
    Fail(errors::Error("STORE_FAILED"), std::move(works));
    return;
  }
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      ++core_.counters.commit_conflicts;
      if (++conflicts_ > kMaxConflicts) {
        conflicts_ = 0;
        Fail(errors::Error("CHANGED_MEANWHILE"), std::move(works));
        return;
      }
      break;
    case absl::StatusCode::kResourceExhausted:
      Fail(errors::Error("DISK_FULL", {.retry_after = absl::Seconds(5)}),
           std::move(works));
      return;
    default:
      Fail(errors::Error("INTERNAL"), std::move(works));
      return;
  }
  Write(Plan(std::move(works), nullptr));
}

void Committer::Fail(const absl::Status& status, Works works) {
  for (const std::unique_ptr<Work>& work : works) work->Fail(status);
}

void Committer::FailForGood(const absl::Status& status) {
  std::function<void(absl::Status)> callback;
  {
    const std::lock_guard lock(failure_mutex_);
    if (failed_.exchange(true)) return;
    failure_ = status;
    callback = on_failure_;
  }
  if (callback) callback(status);
}

}  // namespace waystation::hub
