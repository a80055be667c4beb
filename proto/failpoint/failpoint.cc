// SPDX-License-Identifier: Apache-2.0
#include "proto/failpoint/failpoint.h"

#include <algorithm>

// The linker's names for the ends of the section.
extern "C" {
[[gnu::weak]] extern const char* __start_waystation_failpoints[];
[[gnu::weak]] extern const char* __stop_waystation_failpoints[];
}

namespace waystation::failpoint {

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const char** name = __start_waystation_failpoints;
       name != __stop_waystation_failpoints; ++name) {
    names.emplace_back(*name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace waystation::failpoint
