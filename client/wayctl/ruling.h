// SPDX-License-Identifier: Apache-2.0
// What deciding and undoing share: show what would change, ask, do it.
#ifndef CLIENT_WAYCTL_RULING_H_
#define CLIENT_WAYCTL_RULING_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "client/wayctl/session.h"

namespace waystation::v1 {
class DecideRequest;
class Decision;
class DecisionEffect;
class SettleProposalRequest;
class UndoDecisionRequest;
}  // namespace waystation::v1

namespace waystation::wayctl {

// A decision for people.
Sheet DecisionSheet(const v1::Decision& decision,
                    const Surroundings& surroundings);

// What a decision changes, and who is told.
void AddEffect(const v1::Decision& decision, const v1::DecisionEffect& effect,
               Sheet& sheet);

// Asks the hub what the decision would do, shows it, asks the clerk, decides,
// and says how to undo it. With `dry_run` it ends after the first step.
absl::Status Rule(Session& session, v1::DecideRequest request, bool dry_run);

// The same for taking one back.
absl::Status Undo(Session& session, v1::UndoDecisionRequest request,
                  bool dry_run);

// The same for what waits for a second person. Only an approval changes
// anything, so only that shows what would.
absl::Status Settle(Session& session, v1::SettleProposalRequest request,
                    bool dry_run);

// Whether it, or that it be undone, waits for a second person.
bool IsProposed(const v1::Decision& decision);

// How to settle it.
std::string NoteOnProposal(std::uint64_t number);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_RULING_H_
