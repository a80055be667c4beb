// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/workers.h"

#include <utility>

namespace waystation::runtime {

Workers::Workers(int threads, std::size_t most_waiting)
    : most_waiting_(most_waiting) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::Run(Work work) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (most_waiting_ != 0 && waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(work));
    wake = idle_ > 0;
  }
  if (wake) wake_.notify_one();
  return true;
}

void Workers::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (waiting_.empty()) {
      if (ending_) return;
      ++idle_;
      wake_.wait(lock);
      --idle_;
    }
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace waystation::runtime
