// SPDX-License-Identifier: Apache-2.0
// Calls at the hub's own door. A process that runs and answers nobody looks
// healthy from everywhere but outside, so the hub looks from there: a TLS
// handshake at its own address, as far as it goes without a certificate, and a
// call from within. When both do not come to pass several times in a row, it
// says so once.
#ifndef WAYSTATION_SERVER_SERVICE_SELF_PROBE_H_
#define WAYSTATION_SERVER_SERVICE_SELF_PROBE_H_

#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace waystation::service {

// Sends a ClientHello to `address` and waits for the first word of an answer.
// nullopt when it came, else what went wrong. `bound` is told the name under
// which the other side will see us, before we connect.
std::optional<std::string> KnockAt(
    const sockaddr_storage& address, std::chrono::milliseconds patience,
    const std::function<void(const std::string& peer)>& bound);

class SelfProbe {
 public:
  struct Options {
    std::chrono::milliseconds every{15'000};
    int failures = 3;
    // What went wrong; nullopt if nothing did.
    std::function<std::optional<std::string>()> probe;
    // The same thing went wrong so often in a row. Called once, on the probe's
    // own thread.
    std::function<void(const std::string& why)> deaf;
  };

  explicit SelfProbe(Options options);
  // Waits for a probe that is under way.
  ~SelfProbe();
  SelfProbe(const SelfProbe&) = delete;
  SelfProbe& operator=(const SelfProbe&) = delete;

 private:
  void Run();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_SELF_PROBE_H_
