// SPDX-License-Identifier: Apache-2.0
// A clerk works through the review queue, item after item, by single letters.
#ifndef CLIENT_WAYCTL_REVIEW_LOOP_H_
#define CLIENT_WAYCTL_REVIEW_LOOP_H_

#include "absl/status/status.h"
#include "client/wayctl/session.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

// Until the clerk quits or nothing is left. Claims and answers are on the hub,
// so the next run goes on where this one stopped, whatever ended it. `blind`
// hides what a pair scores until it is answered. NO_TERMINAL without one.
absl::Status WorkThroughQueue(Session& session, const v1::ReviewFilter& filter,
                              bool blind);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_REVIEW_LOOP_H_
