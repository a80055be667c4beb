// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_HOLDER_CODE_H_
#define CLIENT_WAYCTL_HOLDER_CODE_H_

#include "client/wayctl/commands.h"

namespace waystation::wayctl {

// The verbs of `wayctl verify` about certificates: codes given out and taken
// back, questions, and who asks how often.
void AddHolderCodeVerbs(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_HOLDER_CODE_H_
