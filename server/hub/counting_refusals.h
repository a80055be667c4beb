// SPDX-License-Identifier: Apache-2.0
// Answers that are refusals, counted on their way out.
#ifndef WAYSTATION_SERVER_HUB_COUNTING_REFUSALS_H_
#define WAYSTATION_SERVER_HUB_COUNTING_REFUSALS_H_

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// Counts what is answered with one of `reasons`, then calls `done`. `core`,
// `refusals`, `reasons` and `method` outlive the call.
template <typename Response>
Hub::Callback<Response> CountingRefusals(
    Core& core, Refusals& refusals, std::span<const std::string_view> reasons,
    const Caller& caller, std::string_view method,
    Hub::Callback<Response> done) {
  return [&core, &refusals, reasons, path = caller.path, method,
          done = std::move(done)](absl::StatusOr<Response> response) {
    const std::string reason = errors::ReasonOf(response.status());
    if (std::ranges::find(reasons, reason) != reasons.end()) {
      ++core.counters.refusals;
      refusals.Count(path, method, reason);
    }
    done(std::move(response));
  };
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_COUNTING_REFUSALS_H_
