// SPDX-License-Identifier: Apache-2.0
// How long a reader waits for a hub that is away.
#ifndef CLIENT_LIBRARY_PATIENCE_H_
#define CLIENT_LIBRARY_PATIENCE_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/library/retry.h"
#include "waystation/connection.h"

namespace waystation::client {

// For one thread. Borrows the connection.
class Patience {
 public:
  using OnWait =
      std::function<void(const absl::Status& why, absl::Duration pause)>;

  // `over` ends a wait, and is asked from the thread that waits.
  Patience(Connection& connection, absl::Duration most, OnWait on_wait,
           std::function<bool()> over);

  // The hub is there.
  void Answered();
  // Waits before the next attempt; the error back when there is to be none,
  // CANCELLED when it is over. `is_stream`: what broke is no call but a stream.
  absl::Status Wait(const absl::Status& why, bool is_stream);

 private:
  Connection& connection_;
  const absl::Duration most_;
  const OnWait on_wait_;
  const std::function<bool()> over_;
  Backoff backoff_;
  std::optional<absl::Time> away_since_;
};

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_PATIENCE_H_
