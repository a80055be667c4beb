// SPDX-License-Identifier: Apache-2.0
// Children that die at a failpoint, as by kill -9.
#ifndef WAYSTATION_TESTS_HARNESS_DYING_H_
#define WAYSTATION_TESTS_HARNESS_DYING_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>

#include "proto/failpoint/failpoint.h"

namespace waystation::harness {

// Of the child: where it dies, and how often it gets there.
inline std::string fatal;
inline std::atomic<int> left = 0;

inline void DieThere(const char* name) {
  if (fatal != name || --left != 0) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

// How a child ended, as waitpid says it, that lives so and is to die where it
// passes `name` for the nth time. 0: it never did, and `live` was content.
inline int LiveAndDie(const std::string& name, int nth,
                      const std::function<bool()>& live) {
  const pid_t child = ::fork();
  if (child == 0) {
    fatal = name;
    left = nth;
    failpoint::observer = DieThere;
    const bool is_content = live();
    ::_exit(is_content && !testing::Test::HasFailure() ? 0 : 1);
  }
  int ended = 0;
  EXPECT_EQ(::waitpid(child, &ended, 0), child);
  return ended;
}

}  // namespace waystation::harness

#endif  // WAYSTATION_TESTS_HARNESS_DYING_H_
