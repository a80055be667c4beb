// SPDX-License-Identifier: Apache-2.0
// Telling whoever waits for a long call how far it has come, and hearing from
// them whether they still wait.
#ifndef WAYSTATION_SERVER_HUB_RULES_WATCH_H_
#define WAYSTATION_SERVER_HUB_RULES_WATCH_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// Used by one thread.
class Watched {
 public:
  // Borrowed.
  Watched(const Hub::Watch& watch, const std::atomic<bool>& draining)
      : watch_(watch), draining_(draining) {}

  void Enter(v1::RulesProgress::Phase phase, uint64_t total) {
    progress_.set_phase(phase);
    progress_.set_done(0);
    progress_.set_total(total);
    told_ = absl::InfinitePast();
  }

  // CANCELLED or DRAINING when the work is to end.
  absl::Status Done(uint64_t done) {
    if (draining_) return errors::Error("DRAINING");
    progress_.set_done(done);
    const absl::Time now = absl::Now();
    if (now - told_ >= absl::Seconds(1)) {
      told_ = now;
      if (!watch_(progress_)) return errors::Error("CANCELLED");
    }
    return absl::OkStatus();
  }
  absl::Status GoesOn() { return Done(progress_.done()); }

 private:
  const Hub::Watch& watch_;
  const std::atomic<bool>& draining_;
  v1::RulesProgress progress_;
  absl::Time told_ = absl::InfinitePast();
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULES_WATCH_H_
