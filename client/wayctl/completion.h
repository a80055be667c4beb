// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_COMPLETION_H_
#define CLIENT_WAYCTL_COMPLETION_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace waystation::wayctl {

struct Surroundings;

// The hidden word with which a shell asks what may follow.
inline constexpr char kCompleteWord[] = "__complete";

// Writes what the last of `words` may be, one a line: verbs, options, or the
// closed choices of an option. The grammar itself is asked, so that this is
// never out of date.
void Complete(const CLI::App& app, const std::vector<std::string>& words,
              const Surroundings& surroundings);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_COMPLETION_H_
