// SPDX-License-Identifier: Apache-2.0
// wayctl report quality and report coverage: how complete and sound records
// are, and of how many people who moved both sides know.
#ifndef CLIENT_WAYCTL_RECORD_REPORT_H_
#define CLIENT_WAYCTL_RECORD_REPORT_H_

#include "client/wayctl/commands.h"

namespace waystation::wayctl {

void AddRecordReports(Commands& commands, CLI::App& noun);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_RECORD_REPORT_H_
