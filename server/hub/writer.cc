// SPDX-License-Identifier: Apache-2.0
#include "server/hub/writer.h"

#include <utility>

#include "absl/time/clock.h"

namespace waystation::hub {

Writer::Writer(Core& core, Committed committed, std::function<void()> failed)
    : core_(core),
      committed_(std::move(committed)),
      failed_(std::move(failed)),
      thread_([this] { Run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Writer::Start(Group& group) {
  {
    const std::lock_guard lock(mutex_);
    group_ = &group;
  }
  changed_.notify_all();
}

absl::StatusOr<uint64_t> Writer::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return group_ == nullptr; });
  return std::exchange(result_, 0);
}

void Writer::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || group_ != nullptr; });
    if (group_ == nullptr) return;
    Group& group = *group_;
    lock.unlock();
    absl::StatusOr<uint64_t> result = Write(group);
    const bool ok = result.ok();
    lock.lock();
    result_ = std::move(result);
    group_ = nullptr;
    changed_.notify_all();
    lock.unlock();
    if (!ok) failed_();
    lock.lock();
  }
}

absl::StatusOr<uint64_t> Writer::Write(Group& group) {
  if (group.is_empty()) {
    for (const std::unique_ptr<Work>& work : group.works) work->Answer(nullptr);
    return 0;
  }
  group.Seal(core_.sealer);
  const int64_t begin = absl::GetCurrentTimeNanos();
  const absl::StatusOr<storage::Committed> committed =
      core_.store.Commit(group.batch);
  if (!committed.ok()) return committed.status();
  core_.counters.commit_nanoseconds += absl::GetCurrentTimeNanos() - begin;
  ++core_.counters.commit_groups;
  core_.counters.mailbox_entries += group.batch.mailbox.size();
  core_.counters.log_size = committed->log_size;
  committed_(group, *committed);
  for (const std::unique_ptr<Work>& work : group.works) {
    work->Answer(&*committed);
  }
  return committed->group;
}

}  // namespace waystation::hub
