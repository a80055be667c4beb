// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_AGREEMENT_LINT_H_
#define CLIENT_WAYCTL_AGREEMENT_LINT_H_

#include "client/wayctl/commands.h"

namespace waystation::wayctl {

// Adds `lint` to the noun `agreement`.
void AddAgreementLint(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_AGREEMENT_LINT_H_
