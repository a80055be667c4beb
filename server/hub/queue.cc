// SPDX-License-Identifier: Apache-2.0
#include "server/hub/queue.h"

#include <utility>

namespace waystation::hub {

WorkQueue::Put WorkQueue::Add(std::unique_ptr<Work>& work) {
  const size_t size = work->size();
  const size_t bytes = work->bytes();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Put::kClosed;
    if (!works_.empty() &&
        (size_ + size > capacity_ || bytes_ + bytes > byte_capacity_)) {
      return Put::kFull;
    }
    size_ += size;
    bytes_ += bytes;
    works_.push_back(std::move(work));
    if (size_ < wanted_) return Put::kTaken;
    wanted_ = std::numeric_limits<size_t>::max();  // Once is enough.
  }
  filled_.notify_one();
  return Put::kTaken;
}

std::optional<std::vector<std::unique_ptr<Work>>> WorkQueue::Take(
    size_t limit, size_t at_least) {
  std::unique_lock lock(mutex_);
  wanted_ = at_least;
  filled_.wait(lock,
               [&] { return closed_ || interrupted_ || size_ >= at_least; });
  wanted_ = std::numeric_limits<size_t>::max();
  std::vector<std::unique_ptr<Work>> taken;
  const bool interrupted = std::exchange(interrupted_, false);
  if (interrupted && size_ < at_least) return taken;
  if (works_.empty()) return std::nullopt;
  size_t taken_size = 0;
  while (!works_.empty()) {
    const Work& next = *works_.front();
    const bool fits =
        taken.empty() || (taken_size + next.size() <= limit && !next.alone());
    if (!fits) break;
    const bool alone = next.alone();
    taken_size += next.size();
    bytes_ -= next.bytes();
    taken.push_back(std::move(works_.front()));
    works_.pop_front();
    if (alone) break;
  }
  size_ -= taken_size;
  return taken;
}

void WorkQueue::Interrupt() {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
  }
  filled_.notify_all();
}

void WorkQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  filled_.notify_all();
}

size_t WorkQueue::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace waystation::hub
