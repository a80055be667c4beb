// SPDX-License-Identifier: Apache-2.0
// What every call goes through: who, may they, hand over, answer.
#ifndef WAYSTATION_SERVER_SERVICE_CALL_H_
#define WAYSTATION_SERVER_SERVICE_CALL_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "proto/runtime/workers.h"
#include "server/hub/hub.h"
#include "server/service/connections.h"
#include "server/service/identity.h"
#include "server/service/metrics.h"
#include "server/service/running_calls.h"
#include "server/service/seats.h"

namespace waystation::service {

// A set of roles.
enum Roles : unsigned {
  kAgency = 1U << static_cast<unsigned>(hub::Role::kAgency),
  kClerk = 1U << static_cast<unsigned>(hub::Role::kClerk),
  kOffice = 1U << static_cast<unsigned>(hub::Role::kOffice),
  kOperator = 1U << static_cast<unsigned>(hub::Role::kOperator),
  kAuditor = 1U << static_cast<unsigned>(hub::Role::kAuditor),
};
constexpr Roles operator|(Roles a, Roles b) {
  return static_cast<Roles>(static_cast<unsigned>(a) |
                            static_cast<unsigned>(b));
}

// One method of a service and who may call it. Offices are narrowed further to
// the reconciliation office: no other has a method in v1.
struct Method {
  std::string_view name;
  Roles roles;
};

// As a caller of the method is told it. Which row is damaged is for operators
// and auditors: others would learn of records that they may not know.
grpc::Status ToCaller(const Method& method, const absl::Status& status);

// What the services share. Outlives the gRPC server.
struct Desk {
  // Keeps the desk open: the hub may call back after a stream has ended.
  class Guest {
   public:
    explicit Guest(Desk& desk) : desk_(desk) { ++desk_.guests; }
    ~Guest() {
      if (--desk_.guests == 0) desk_.guests.notify_all();
    }
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

   private:
    Desk& desk_;
  };

  // Past so many bytes in the answers of all unary calls, one whose client has
  // not taken an earlier answer gets no other.
  static constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 20;

  // `most_frame_bytes`: past so much in the frames of all streams, a stream
  // holds one frame and no more.
  Desk(hub::Hub& hub, Callers& callers, Connections& connections,
       std::size_t most_frame_bytes)
      : hub(hub),
        callers(callers),
        connections(connections),
        most_frame_bytes(most_frame_bytes) {}
  // Waits for the guests.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // The call, on the connection that it came by.
  Visit Visited(const grpc::ServerContextBase& context) {
    auto connection = connections.Find(context.peer());
    if (connection) {
      connections.CallArrives(TokenOf(*context.auth_context()), connection);
    }
    return Visit(connections, std::move(connection));
  }
  // Who calls, if that role may; a refusal is counted in the audit log.
  absl::StatusOr<Identified> Admit(const grpc::ServerContextBase& context,
                                   const Method& method, Visit& visit);
  // Lets it be known that somebody calls, whoever it is.
  void Introduce(const grpc::ServerContextBase& context, Visit& visit);
  // A seat for one more stream of the agency; TOO_MANY_CALLS, counted in the
  // audit log, when it has as many as it may.
  absl::StatusOr<Seats::Seat> Seat(const hub::Caller& caller,
                                   const Method& method);

  hub::Hub& hub;
  Callers& callers;
  Connections& connections;
  CallMetrics metrics;
  RunningCalls running;
  Seats seats{64};
  const std::size_t most_frame_bytes;
  std::atomic<std::size_t> frame_bytes = 0;
  std::atomic<std::size_t> answer_bytes = 0;
  std::atomic<int> guests = 0;
  // Does what can wait neither for a thread of `reads` nor where it came up.
  runtime::Workers rest{1, 0};
  // Read the store, which the transport's threads should not wait for.
  runtime::Workers reads{4, 1024};
};

// One unary call from its beginning to its end. Deletes itself.
template <typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Desk& desk, grpc::CallbackServerContext& context,
            const Method& method, const google::protobuf::MessageLite& request,
            Response& response)
      : desk_(desk),
        context_(context),
        method_(method),
        response_(response),
        start_(absl::Now()),
        visit_(desk.Visited(context)) {
    visit_.Explain(request.ByteSizeLong());
  }

  // The caller, from now on in the list of running calls; nullopt if the call
  // has been refused and is finished.
  std::optional<hub::Caller> Admit() {
    // Given up before it began: nothing is done for it.
    if (context_.IsCancelled()) {
      Answer(absl::CancelledError());
      return std::nullopt;
    }
    absl::StatusOr<Identified> who = desk_.Admit(context_, method_, visit_);
    if (!who.ok()) {
      Answer(who.status());
      return std::nullopt;
    }
    if (desk_.answer_bytes >= Desk::kMostAnswerBytes && visit_.HasUnsent()) {
      Answer(errors::Error("LIMIT_REACHED",
                           {.rule = "earlier answers wait to be read",
                            .retry_after = absl::Seconds(1)}));
      return std::nullopt;
    }
    ticket_ = desk_.running.Enter(context_, who->caller.serial, who->not_after);
    return std::move(who->caller);
  }

  // Ends the call, from any thread, once.
  void Answer(absl::StatusOr<Response> result) {
    const absl::Status status = result.status();
    if (status.ok()) {
      response_ = *std::move(result);
      answer_bytes_ = response_.ByteSizeLong();
      desk_.answer_bytes += answer_bytes_;
      visit_.Sends(answer_bytes_);
    }
    ticket_.SendBegins();
    desk_.metrics.Count(method_.name, status.code(), absl::Now() - start_);
    Finish(ToCaller(method_, status));
  }

  void OnDone() override {
    desk_.answer_bytes -= answer_bytes_;
    visit_.End(context_.IsCancelled());
    delete this;
  }

 private:
  Desk& desk_;
  grpc::CallbackServerContext& context_;
  const Method& method_;
  Response& response_;
  const absl::Time start_;
  Visit visit_;
  std::size_t answer_bytes_ = 0;
  RunningCalls::Ticket ticket_;
};

// Hands the call over to the hub, which calls `done` back: hand(caller, done).
template <typename Response, typename Hand>
grpc::ServerUnaryReactor* HandOver(Desk& desk,
                                   grpc::CallbackServerContext* context,
                                   const Method& method,
                                   const google::protobuf::MessageLite& request,
                                   Response* response, Hand hand) {
  auto* const call =
      new UnaryCall<Response>(desk, *context, method, request, *response);
  if (const std::optional<hub::Caller> caller = call->Admit()) {
    hand(*caller, [call](absl::StatusOr<Response> result) {
      call->Answer(std::move(result));
    });
  }
  return call;
}

// Lets a thread for reads find the answer: ask(caller).
template <typename Response, typename Ask>
grpc::ServerUnaryReactor* AskHub(Desk& desk,
                                 grpc::CallbackServerContext* context,
                                 const Method& method,
                                 const google::protobuf::MessageLite& request,
                                 Response* response, Ask ask) {
  auto* const call =
      new UnaryCall<Response>(desk, *context, method, request, *response);
  if (std::optional<hub::Caller> caller = call->Admit()) {
    const bool taken = desk.reads.Run(
        [call, ask = std::move(ask), caller = *std::move(caller)] {
          call->Answer(ask(caller));
        });
    if (!taken) {
      call->Answer(
          errors::Error("LIMIT_REACHED", {.retry_after = absl::Seconds(1)}));
    }
  }
  return call;
}

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_CALL_H_
