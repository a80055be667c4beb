// SPDX-License-Identifier: Apache-2.0
// The thread that commits groups and answers for them, while the next group is
// being planned.
#ifndef WAYSTATION_SERVER_HUB_WRITER_H_
#define WAYSTATION_SERVER_HUB_WRITER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/hub/group.h"

namespace waystation::hub {

// Start and Wait are called by one thread, in turns.
class Writer {
 public:
  // `committed` is called for each group that is durable, before its works are
  // answered; `failed` for each that is not: Wait tells why.
  using Committed =
      std::function<void(const Group&, const storage::Committed&)>;
  Writer(Core& core, Committed committed, std::function<void()> failed);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Commits the group and answers its works. It is borrowed until Wait returns.
  void Start(Group& group);
  // The number of the group that was started last, once it is durable; 0 if it
  // had nothing to write. After an error its works have not been answered.
  absl::StatusOr<uint64_t> Wait();

 private:
  void Run();
  absl::StatusOr<uint64_t> Write(Group& group);

  Core& core_;
  const Committed committed_;
  const std::function<void()> failed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Group* group_ = nullptr;
  absl::StatusOr<uint64_t> result_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_WRITER_H_
