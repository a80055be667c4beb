// SPDX-License-Identifier: Apache-2.0
#include "client/library/patience.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/library/calls.h"
#include "proto/errors/error.h"

namespace waystation::client {

Patience::Patience(Connection& connection, absl::Duration most, OnWait on_wait,
                   std::function<bool()> over)
    : connection_(connection),
      most_(most),
      on_wait_(std::move(on_wait)),
      over_(std::move(over)),
      backoff_(connection.options().retry) {}

void Patience::Answered() {
  backoff_.Reset();
  away_since_.reset();
}

absl::Status Patience::Wait(const absl::Status& why, bool is_stream) {
  if (!(is_stream ? IsBroken(why) : MayRetry(why))) return why;
  if (!away_since_) away_since_ = absl::Now();
  const absl::Duration pause = backoff_.Next(why);
  if (absl::Now() + pause >= *away_since_ + most_) return why;
  if (on_wait_) on_wait_(why, pause);
  Pause(connection_, pause, over_);
  return over_() ? errors::Error("CANCELLED") : absl::OkStatus();
}

}  // namespace waystation::client
