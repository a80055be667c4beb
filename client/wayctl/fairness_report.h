// SPDX-License-Identifier: Apache-2.0
// wayctl report fairness and cards: services of the residents that a file
// names.
#ifndef CLIENT_WAYCTL_FAIRNESS_REPORT_H_
#define CLIENT_WAYCTL_FAIRNESS_REPORT_H_

#include "client/wayctl/commands.h"

namespace waystation::wayctl {

void AddServiceRates(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_FAIRNESS_REPORT_H_
