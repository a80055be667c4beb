// SPDX-License-Identifier: Apache-2.0
// What a run of wayctl sees of the machine it runs on; a test hands it another.
#ifndef CLIENT_WAYCTL_SURROUNDINGS_H_
#define CLIENT_WAYCTL_SURROUNDINGS_H_

#include <functional>
#include <iosfwd>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace waystation::wayctl {

struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Columns of the terminal; 0 when there is none.
  int width = 0;
  // Value of an environment variable; empty when it is not set.
  std::function<std::string(const char* name)> env = {};
  // Whether what is typed is shown.
  std::function<void(bool shown)> set_echo = [](bool) {};
  // Folder with <language>/LC_MESSAGES/waystation.mo.
  std::string locale_folder = {};
  absl::TimeZone zone = absl::LocalTimeZone();
  std::function<absl::Time()> now = [] { return absl::Now(); };
};

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SURROUNDINGS_H_
