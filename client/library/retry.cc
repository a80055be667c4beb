// SPDX-License-Identifier: Apache-2.0
#include "client/library/retry.h"

#include <algorithm>

#include "absl/random/random.h"
#include "proto/errors/error.h"

namespace waystation::client {

bool MayRetry(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return true;
  // Without a delay it is a limit of gRPC's own, such as a message too large,
  // which no repetition helps.
  return absl::IsResourceExhausted(status) &&
         errors::RetryAfter(status) > absl::ZeroDuration();
}

bool IsBroken(const absl::Status& status) {
  if (MayRetry(status)) return true;
  if (!errors::ReasonOf(status).empty()) return false;
  return status.ok() || absl::IsInternal(status) || absl::IsUnknown(status) ||
         absl::IsCancelled(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status);
}

absl::Duration Backoff::Next(const absl::Status& why) {
  thread_local absl::BitGen random;
  // 2^20 times the shortest pause is over any limit.
  const absl::Duration longest = std::min(
      policy_.limit, policy_.initial * (1 << std::min(failures_++, 20)));
  const absl::Duration pause = longest * absl::Uniform(random, 0.5, 1.0);
  return std::max(pause, errors::RetryAfter(why));
}

}  // namespace waystation::client
