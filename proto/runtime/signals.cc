// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"

namespace waystation::runtime {
namespace {

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Milliseconds for poll, rounded up; -1 waits for ever.
int ForPoll(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return -1;
  const std::int64_t ms =
      absl::ToInt64Milliseconds(timeout + absl::Microseconds(999));
  return ms < 0 ? 0 : ms > 3'600'000 ? 3'600'000 : static_cast<int>(ms);
}

}  // namespace

Signals::Signals() {
  const sigset_t set = Handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // A peer that hangs up is an error of write.
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Signals::~Signals() {
  Release();
  close(wake_fd_);
}

std::optional<Signals::Event> Signals::Wait(absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  for (;;) {
    signalfd_siginfo signal{};
    if (signal_fd_ >= 0 &&
        read(signal_fd_, &signal, sizeof signal) == sizeof signal) {
      return signal.ssi_signo == SIGHUP ? Event::kReload : Event::kStop;
    }
    std::uint64_t count = 0;
    if (read(wake_fd_, &count, sizeof count) == sizeof count) {
      return Event::kWoken;
    }
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return std::nullopt;
    std::array waiting = {pollfd{signal_fd_, POLLIN, 0},
                          pollfd{wake_fd_, POLLIN, 0}};
    poll(waiting.data(), waiting.size(), ForPoll(left));
  }
}

void Signals::Wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

void Signals::Release() {
  if (signal_fd_ < 0) return;
  close(std::exchange(signal_fd_, -1));
  const sigset_t set = Handled();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace waystation::runtime
