// SPDX-License-Identifier: Apache-2.0
// What callers give along with an act: why, in their words, and the id by which
// a repeat is recognised.
#ifndef WAYSTATION_SERVER_HUB_GIVEN_REASON_H_
#define WAYSTATION_SERVER_HUB_GIVEN_REASON_H_

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace waystation::hub {

// Reasons are kept for good and shown to others, so they are bounded and hold
// no personal value: REASON_MISSING, REASON_PERSONAL, or VALUE_TOO_LONG for one
// of more than 2,000 bytes.
absl::Status CheckReason(std::string_view reason,
                         std::chrono::year_month_day today);

// VALUE_TOO_LONG for an id of more than 128 bytes; empty is none.
absl::Status CheckRequestId(std::string_view id);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_GIVEN_REASON_H_
