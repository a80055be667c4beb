// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace waystation::runtime {
namespace {

TEST(Signals, BecomeEvents) {
  Signals signals;
  EXPECT_EQ(signals.Wait(absl::ZeroDuration()), std::nullopt);
  kill(getpid(), SIGHUP);
  EXPECT_EQ(signals.Wait(), Signals::Event::kReload);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.Wait(), Signals::Event::kStop);
  kill(getpid(), SIGINT);
  EXPECT_EQ(signals.Wait(), Signals::Event::kStop);
}

TEST(Signals, WakeEndsTheWait) {
  Signals signals;
  std::thread other([&] { signals.Wake(); });
  EXPECT_EQ(signals.Wait(), Signals::Event::kWoken);
  other.join();
}

TEST(Signals, ASecondOneEndsTheProgramAfterRelease) {
  const pid_t child = fork();
  if (child == 0) {
    Signals signals;
    kill(getpid(), SIGTERM);
    if (signals.Wait() != Signals::Event::kStop) _exit(1);
    signals.Release();
    kill(getpid(), SIGTERM);
    _exit(2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(Signals, AClosedPipeIsNoSignal) {
  Signals signals;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

}  // namespace
}  // namespace waystation::runtime
