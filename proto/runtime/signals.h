// SPDX-License-Identifier: Apache-2.0
// Signals as events that main waits for, instead of handlers that interrupt.
#ifndef WAYSTATION_PROTO_RUNTIME_SIGNALS_H_
#define WAYSTATION_PROTO_RUNTIME_SIGNALS_H_

#include <optional>

#include "absl/time/time.h"

namespace waystation::runtime {

// Made by main before any thread starts, since threads inherit what is blocked.
class Signals {
 public:
  enum class Event {
    kStop,    // SIGTERM or SIGINT: finish what is queued and end.
    kReload,  // SIGHUP
    kWoken,   // Wake() was called.
  };

  // Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, and
  // ignores SIGPIPE.
  Signals();
  // As Release().
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // nullopt when `timeout` passes.
  std::optional<Event> Wait(absl::Duration timeout = absl::InfiniteDuration());

  // Makes Wait return; from any thread.
  void Wake() const;

  // Gives the signals their usual effect again: a second Ctrl-C while the
  // program drains ends it at once.
  void Release();

 private:
  int signal_fd_ = -1;
  int wake_fd_ = -1;
};

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_SIGNALS_H_
