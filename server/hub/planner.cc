// SPDX-License-Identifier: Apache-2.0
#include "server/hub/planner.h"

#include <utility>

namespace waystation::hub {

Planner::Planner(Core& core, Memory& memory, std::function<void()> done)
    : core_(core),
      memory_(memory),
      done_(std::move(done)),
      thread_([this] { Run(); }) {}

Planner::~Planner() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Planner::Start(std::vector<std::unique_ptr<Work>> works, State ahead,
                    const Change* in_flight) {
  started_ = true;
  {
    const std::lock_guard lock(mutex_);
    task_ = Task{std::move(works), std::move(ahead), in_flight};
  }
  changed_.notify_all();
}

Planner::Planned Planner::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return planned_.has_value(); });
  started_ = false;
  Planned planned = *std::move(planned_);
  planned_.reset();
  return planned;
}

bool Planner::is_done() const {
  const std::lock_guard lock(mutex_);
  return planned_.has_value();
}

void Planner::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || task_.has_value(); });
    if (!task_.has_value()) return;
    Task task = *std::move(task_);
    task_.reset();
    lock.unlock();
    Planned planned{.group = PlanGroup(core_, memory_, std::move(task.ahead),
                                       task.in_flight, task.works),
                    .works = {}};
    planned.works = std::move(task.works);
    lock.lock();
    planned_ = std::move(planned);
    changed_.notify_all();
    lock.unlock();
    done_();
    lock.lock();
  }
}

}  // namespace waystation::hub
