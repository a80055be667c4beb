// SPDX-License-Identifier: Apache-2.0
// Time as it stands in the log: microseconds since 1970 UTC that never run
// back, whatever the wall clock does.
#ifndef WAYSTATION_SERVER_HUB_LOG_CLOCK_H_
#define WAYSTATION_SERVER_HUB_LOG_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/time/time.h"

namespace waystation::hub {

// Thread-safe.
class LogClock {
 public:
  explicit LogClock(std::function<absl::Time()> clock)
      : clock_(std::move(clock)) {}

  // As late as the newest leaf of a log that is gone on with.
  void NeverBefore(int64_t microseconds) { Raise(microseconds); }

  // Now, or the latest time that was ever given out.
  int64_t Now() { return Raise(absl::ToUnixMicros(clock_())); }

 private:
  int64_t Raise(int64_t time) {
    int64_t latest = latest_.load(std::memory_order_relaxed);
    while (latest < time && !latest_.compare_exchange_weak(latest, time)) {
    }
    return latest < time ? time : latest;
  }

  const std::function<absl::Time()> clock_;
  std::atomic<int64_t> latest_{0};
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_LOG_CLOCK_H_
