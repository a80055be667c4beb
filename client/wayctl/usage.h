// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_USAGE_H_
#define CLIENT_WAYCTL_USAGE_H_

#include <CLI/CLI.hpp>
#include <string>

namespace waystation::wayctl {

// What is wrong with the command line that `app` could not parse, as one
// sentence in the reader's language.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_USAGE_H_
