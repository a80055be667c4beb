// SPDX-License-Identifier: Apache-2.0
// What each stream goes through, whatever it carries: who calls, may they, is
// there room, the hub shuts down, and how it ended.
#ifndef WAYSTATION_SERVER_SERVICE_STREAM_CALL_H_
#define WAYSTATION_SERVER_SERVICE_STREAM_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/hub/caller.h"
#include "server/service/call.h"

namespace waystation::service {

// The first member of a stream, so that the desk stays open until all else of
// it is gone. Not thread-safe: End and has_ended want the stream's lock.
class StreamCall {
 public:
  StreamCall(Desk& desk, grpc::CallbackServerContext& context,
             const Method& method);

  // Whether it takes one of its agency's seats.
  enum class Room { kSeat, kNone };
  // Who calls, once. `drain` is called when the hub begins to shut down: the
  // stream should come to its end by itself.
  absl::StatusOr<hub::Caller> Admit(Room room, std::function<void()> drain);

  // What to finish with, and nothing if it has ended before: nothing is called
  // on gRPC from then on.
  std::optional<grpc::Status> End(const absl::Status& status);
  bool has_ended() const { return ended_; }
  // In OnDone.
  void Leave();

  Desk& desk() { return desk_; }
  Visit& visit() { return visit_; }
  // An answer is sent, and the client has taken it. One at a time.
  void SendBegins() const { ticket_.SendBegins(); }
  void SendEnds() const { ticket_.SendEnds(); }

 private:
  const Desk::Guest guest_;
  Desk& desk_;
  grpc::CallbackServerContext& context_;
  Visit visit_;
  const Method& method_;
  const absl::Time start_;
  std::optional<Seats::Seat> seat_;
  RunningCalls::Ticket ticket_;
  bool ended_ = false;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_STREAM_CALL_H_
