// SPDX-License-Identifier: Apache-2.0
// The words of whoever rules, undoes, reveals or revokes. They are kept and
// shown in lists, so they are bounded.
#ifndef WAYSTATION_SERVER_HUB_GIVEN_REASON_H_
#define WAYSTATION_SERVER_HUB_GIVEN_REASON_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "proto/errors/error.h"

namespace waystation::hub {

// REASON_MISSING, or VALUE_TOO_LONG.
inline absl::Status CheckGivenReason(std::string_view reason) {
  constexpr size_t kMostBytes = 2'000;
  if (reason.empty()) {
    return errors::Error("REASON_MISSING", {.field = "reason"});
  }
  if (reason.size() > kMostBytes) {
    return errors::Error("VALUE_TOO_LONG",
                         {.field = "reason", .rule = "at most 2,000 bytes"});
  }
  return absl::OkStatus();
}

// The id that a caller gives a request to recognise its repeat; empty is none.
inline absl::Status CheckRequestId(std::string_view id) {
  constexpr size_t kMostBytes = 128;
  if (id.size() > kMostBytes) {
    return errors::Error("VALUE_TOO_LONG",
                         {.field = "request_id", .rule = "at most 128 bytes"});
  }
  return absl::OkStatus();
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_GIVEN_REASON_H_
