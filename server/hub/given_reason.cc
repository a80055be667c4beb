// SPDX-License-Identifier: Apache-2.0
#include "server/hub/given_reason.h"

#include <cstddef>

#include "proto/codes/citizen_number.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

constexpr std::size_t kLongestReason = 2'000;
constexpr std::size_t kLongestId = 128;

}  // namespace

absl::Status CheckReason(std::string_view reason,
                         std::chrono::year_month_day today) {
  if (reason.empty()) {
    return errors::Error("REASON_MISSING", {.field = "reason"});
  }
  if (reason.size() > kLongestReason) {
    return errors::Error("VALUE_TOO_LONG",
                         {.field = "reason", .rule = "at most 2,000 bytes"});
  }
  if (codes::HoldsCitizenNumber(reason, today)) {
    return errors::Error("REASON_PERSONAL",
                         {.field = "reason", .rule = "GB 11643-1999"});
  }
  return absl::OkStatus();
}

absl::Status CheckRequestId(std::string_view id) {
  if (id.size() > kLongestId) {
    return errors::Error("VALUE_TOO_LONG",
                         {.field = "request_id", .rule = "at most 128 bytes"});
  }
  return absl::OkStatus();
}

}  // namespace waystation::hub
