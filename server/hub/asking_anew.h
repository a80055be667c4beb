// SPDX-License-Identifier: Apache-2.0
// A call that is decided, and then written down, is decided anew where the
// agreements that it was decided by were not in force any more when it was
// written: no answer goes by an agreement whose revocation stands before it in
// the log.
#ifndef WAYSTATION_SERVER_HUB_ASKING_ANEW_H_
#define WAYSTATION_SERVER_HUB_ASKING_ANEW_H_

#include <functional>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/hub.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// CHANGED_MEANWHILE unless agreements are as they were when something was
// decided by `registry`.
inline absl::Status StillDecided(const Snapshot& registry,
                                 const Planning& planning) {
  return registry.agreed() == planning.registry->agreed()
             ? absl::OkStatus()
             : errors::Error("CHANGED_MEANWHILE");
}

// Whoever administers agreements does not do it this often while one call is
// answered.
inline constexpr int kMostAnew = 5;

// `ask` answers by the callback that it is given; it is called again, maybe by
// the thread that answered, up to so often.
template <typename Response>
void AskAnew(std::function<void(Hub::Callback<Response>)> ask,
             Hub::Callback<Response> done, int left = kMostAnew) {
  Hub::Callback<Response> answer =
      [ask, done = std::move(done),
       left](absl::StatusOr<Response> response) mutable {
        if (left > 0 && !response.ok() &&
            errors::ReasonOf(response.status()) == "CHANGED_MEANWHILE") {
          return AskAnew(std::move(ask), std::move(done), left - 1);
        }
        done(std::move(response));
      };
  ask(std::move(answer));
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ASKING_ANEW_H_
