// SPDX-License-Identifier: Apache-2.0
// What a store says, with a reason that a caller can act on.
#ifndef WAYSTATION_SERVER_HUB_STORE_ERROR_H_
#define WAYSTATION_SERVER_HUB_STORE_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"

namespace waystation::hub {

// A status that has a reason is passed on as it is; `words` may be empty.
inline absl::Status StoreErrorSaying(const absl::Status& status,
                                     const std::string& words) {
  if (status.ok() || !errors::ReasonOf(status).empty()) return status;
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return errors::Error("DISK_FULL",
                           {.rule = words, .retry_after = absl::Seconds(5)});
    case absl::StatusCode::kUnavailable:
      return errors::Error("STORE_FAILED", {.rule = words});
    case absl::StatusCode::kDataLoss:
      return errors::Error("STORE_DAMAGED", {.rule = words});
    case absl::StatusCode::kAborted:
      return errors::Error("CHANGED_MEANWHILE", {.rule = words});
    default:
      return errors::Error("INTERNAL", {.rule = words});
  }
}

inline absl::Status StoreError(const absl::Status& status) {
  return StoreErrorSaying(status, "");
}

// With the store's own words, which name tables and rows, never values: for the
// screen of whoever starts the hub, and for rows of the audit log, whose
// numbers are no secret.
inline absl::Status NamedStoreError(const absl::Status& status) {
  return StoreErrorSaying(status, std::string(status.message()));
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_STORE_ERROR_H_
