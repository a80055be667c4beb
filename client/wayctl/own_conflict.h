// SPDX-License-Identifier: Apache-2.0
// A conflict as an agency's own clerk is shown it: the agency's claims, and of
// others what agreements allow. It is looked at, and not decided, there.
#ifndef CLIENT_WAYCTL_OWN_CONFLICT_H_
#define CLIENT_WAYCTL_OWN_CONFLICT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/wayctl/commands.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

// Whose value this is. What others say has no claim of its own before it is
// revealed: one that says nothing stands for it.
std::vector<v1::ClaimView> ClaimsOf(const v1::ValueGroup& group);
bool IsOthers(const v1::GetConflictResponse& response,
              const v1::ClaimView& claim);

// "known in part", and how the value compares with what others hold.
std::vector<std::string> RemarksOn(const v1::ValueGroup& group);

// The reason why it cannot be decided at the agency.
std::string_view WhyNotDecided(const v1::GetConflictResponse& response);

// The option --purpose, which only an agency's own clerk needs, and its value.
void AddRevealPurpose(CLI::App& verb, std::string& purpose);
absl::Status SetRevealPurpose(const std::string& purpose,
                              v1::GetConflictRequest& request);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_OWN_CONFLICT_H_
