// SPDX-License-Identifier: Apache-2.0
// What a store says, with a reason that a caller can act on.
#ifndef WAYSTATION_SERVER_HUB_STORE_ERROR_H_
#define WAYSTATION_SERVER_HUB_STORE_ERROR_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"

namespace waystation::hub {

// A status that has a reason is passed on as it is.
inline absl::Status StoreError(const absl::Status& status) {
  if (status.ok() || !errors::ReasonOf(status).empty()) return status;
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return errors::Error("DISK_FULL", {.retry_after = absl::Seconds(5)});
    case absl::StatusCode::kUnavailable:
      return errors::Error("STORE_FAILED");
    case absl::StatusCode::kDataLoss:
      return errors::Error("STORE_DAMAGED");
    case absl::StatusCode::kAborted:
      return errors::Error("CHANGED_MEANWHILE");
    default:
      return errors::Error("INTERNAL");
  }
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_STORE_ERROR_H_
