// SPDX-License-Identifier: Apache-2.0
// Works that wait for the committer: first in, first out, bounded.
#ifndef WAYSTATION_SERVER_HUB_QUEUE_H_
#define WAYSTATION_SERVER_HUB_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/hub/work.h"

namespace waystation::hub {

// Thread-safe.
class WorkQueue {
 public:
  // In sizes and bytes of works.
  WorkQueue(size_t capacity, size_t byte_capacity)
      : capacity_(capacity), byte_capacity_(byte_capacity) {}

  enum class Put { kTaken, kFull, kClosed };
  // `work` is left alone unless it is taken. A queue that is not empty refuses
  // what would take it over its capacity.
  Put Add(std::unique_ptr<Work>& work);

  // What waits, up to `limit` in size, or one work that wants a group of its
  // own. Waits until there is as much as `at_least`, unless it is interrupted
  // (then empty) or closed; nullopt once the queue is closed and empty.
  std::optional<std::vector<std::unique_ptr<Work>>> Take(size_t limit,
                                                         size_t at_least = 1);
  // Ends the next or the present wait of Take.
  void Interrupt();

  // Refuses what comes from now on; what waits is still given out.
  void Close();

  size_t size() const;

 private:
  const size_t capacity_;
  const size_t byte_capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::unique_ptr<Work>> works_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  // What Take waits for; more than can come while nobody waits.
  size_t wanted_ = std::numeric_limits<size_t>::max();
  bool closed_ = false;
  bool interrupted_ = false;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_QUEUE_H_
