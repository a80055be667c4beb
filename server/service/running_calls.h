// SPDX-License-Identifier: Apache-2.0
// The calls and streams that are running, by certificate, so that a revocation
// ends them: gRPC itself looks at certificates at the handshake only.
#ifndef WAYSTATION_SERVER_SERVICE_RUNNING_CALLS_H_
#define WAYSTATION_SERVER_SERVICE_RUNNING_CALLS_H_

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace grpc {
class ServerContextBase;
}

namespace waystation::service {

// Thread-safe.
class RunningCalls {
 public:
  struct Call;

  // One call is in the list as long as its ticket lives. Destroy it before the
  // context goes, in OnDone.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&&) noexcept = default;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { Leave(); }

    // Something is sent, and the client has taken it. One at a time.
    void SendBegins() const { CountSend(); }
    void SendEnds() const { CountSend(); }

   private:
    friend class RunningCalls;
    Ticket(RunningCalls* calls, std::list<std::shared_ptr<Call>>::iterator at)
        : calls_(calls), at_(at) {}
    void Leave();
    void CountSend() const;

    RunningCalls* calls_ = nullptr;
    std::list<std::shared_ptr<Call>>::iterator at_;
  };

  // `drain`, if set, is called once when the hub begins to shut down (at once
  // if it has): the call should come to its end by itself.
  Ticket Enter(grpc::ServerContextBase& context, std::string_view serial,
               absl::Time not_after, std::function<void()> drain = nullptr);

  // Cancels every call for whose certificate `end` holds.
  void EndIf(const std::function<bool(std::string_view serial,
                                      absl::Time not_after)>& end);

  // Cancels every call whose client has let the same message wait for longer
  // than `patience`, as far as looking again and again shows it. How many.
  std::size_t EndStalled(absl::Time now, absl::Duration patience);

  // Asks all calls, and those that still come, to end.
  void Drain();
  bool draining() const;

  std::size_t size() const;

 private:
  static void Cancel(Call& call);

  mutable std::mutex mutex_;
  std::list<std::shared_ptr<Call>> calls_;
  bool draining_ = false;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_RUNNING_CALLS_H_
