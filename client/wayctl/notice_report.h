// SPDX-License-Identifier: Apache-2.0
// wayctl report rates, timeliness: how cases between agencies went.
#ifndef CLIENT_WAYCTL_NOTICE_REPORT_H_
#define CLIENT_WAYCTL_NOTICE_REPORT_H_

#include "client/wayctl/commands.h"

namespace waystation::wayctl {

// Adds both verbs to `wayctl report`.
void AddNoticeReports(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_NOTICE_REPORT_H_
