// SPDX-License-Identifier: Apache-2.0
// The thread that plans one group while the committer writes the one before and
// reads ahead for the one after.
#ifndef WAYSTATION_SERVER_HUB_PLANNER_H_
#define WAYSTATION_SERVER_HUB_PLANNER_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/hub/group.h"
#include "server/hub/memory.h"

namespace waystation::hub {

// Start and Wait are called by one thread, in turns.
class Planner {
 public:
  struct Planned {
    absl::StatusOr<Group> group;
    // After an error: the works, not answered yet.
    std::vector<std::unique_ptr<Work>> works;
  };

  // `memory` belongs to the planner from Start to Wait. `done` is called from
  // its thread after each group.
  Planner(Core& core, Memory& memory, std::function<void()> done);
  ~Planner();
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  // `in_flight` is borrowed until Wait returns.
  void Start(std::vector<std::unique_ptr<Work>> works, State ahead,
             const Change* in_flight);
  Planned Wait();

  // Between Start and Wait.
  bool is_busy() const { return started_; }
  // The group is ready: Wait will not.
  bool is_done() const;

 private:
  struct Task {
    std::vector<std::unique_ptr<Work>> works;
    State ahead;
    const Change* in_flight = nullptr;
  };
  void Run();

  Core& core_;
  Memory& memory_;
  const std::function<void()> done_;
  // Of the thread that calls Start.
  bool started_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Task> task_;
  std::optional<Planned> planned_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PLANNER_H_
