// SPDX-License-Identifier: Apache-2.0
// Runs wayctl in process: against a hub that answers from
// testdata/answers, at a fixed time and place, with what a test types.
#ifndef TESTS_UNIT_CLIENT_WAYCTL_HARNESS_H_
#define TESTS_UNIT_CLIENT_WAYCTL_HARNESS_H_

#include <string>
#include <vector>

#include "tests/unit/client/support/fake_hub.h"

namespace waystation::wayctl {

struct Typed {
  // Standard input; lines that are typed when it is a terminal.
  std::string input = {};
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  int width = 0;
  std::string language = "en";
  bool no_color = true;
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
  // Whether typing was hidden at some time, and is shown now.
  bool hid_typing = false;
  // Something stood on the screen before typing was hidden.
  bool hid_too_late = false;
  bool shows_typing = true;
};

// The folder of this test's data.
std::string Testdata(const std::string& name);

class Wayctl {
 public:
  Wayctl();

  // The hub that is called; it answers each method with the message in
  // testdata/answers unless a test says otherwise.
  testing::FakeHub& hub() { return hub_; }

  // The context points at the hub; nothing of the machine is seen.
  Outcome Run(const std::vector<std::string>& arguments,
              const Typed& typed = {});

  // A path below a folder of this object's own.
  std::string File(const std::string& name) const;

 private:
  testing::FakeHub hub_;
};

}  // namespace waystation::wayctl

#endif  // TESTS_UNIT_CLIENT_WAYCTL_HARNESS_H_
