// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_RUN_H_
#define CLIENT_WAYCTL_RUN_H_

#include <string>
#include <vector>

#include "client/wayctl/surroundings.h"

namespace waystation::wayctl {

// Runs one command line (without the program's name) and returns the exit code
// of design 13.
int Run(const std::vector<std::string>& arguments, Surroundings& surroundings);

// Says that standard output could not be written, such as to a full disk.
void ReportLostOutput(Surroundings& surroundings);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_RUN_H_
