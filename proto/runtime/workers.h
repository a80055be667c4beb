// SPDX-License-Identifier: Apache-2.0
// A few threads that take work off others: answers off the committer, reads off
// the transport.
#ifndef WAYSTATION_PROTO_RUNTIME_WORKERS_H_
#define WAYSTATION_PROTO_RUNTIME_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace waystation::runtime {

// Thread-safe. Work runs in the order in which it came, on any of the threads.
class Workers {
 public:
  using Work = absl::AnyInvocable<void()>;

  // At most `most_waiting` pieces wait; 0 means no bound.
  Workers(int threads, std::size_t most_waiting);
  // Finishes what waits.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, and `work` is dropped, when too much waits.
  bool Run(Work work);

 private:
  void Loop();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> waiting_;
  int idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_WORKERS_H_
