// SPDX-License-Identifier: Apache-2.0
// When to call again, and after how long.
#ifndef CLIENT_LIBRARY_RETRY_H_
#define CLIENT_LIBRARY_RETRY_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "waystation/connection.h"

namespace waystation::client {

// Whether the same call may succeed later: the hub was away, or said when to
// come again.
bool MayRetry(const absl::Status& status);

// Whether a stream that ended so was merely broken. Beyond MayRetry: transport
// faults, which carry no reason of the hub's.
bool IsBroken(const absl::Status& status);

// Counts failures in a row and says how long to wait after each.
class Backoff {
 public:
  explicit Backoff(const RetryPolicy& policy) : policy_(policy) {}

  absl::Duration Next(const absl::Status& why);
  void Reset() { failures_ = 0; }

 private:
  RetryPolicy policy_;
  int failures_ = 0;
};

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_RETRY_H_
