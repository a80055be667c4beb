// SPDX-License-Identifier: Apache-2.0
#include "server/service/call.h"

#include <utility>

#include "proto/errors/grpc.h"

namespace waystation::service {
namespace {

bool May(const hub::Caller& caller, const Method& method) {
  if ((method.roles & (1U << static_cast<unsigned>(caller.role))) == 0) {
    return false;
  }
  return caller.role != hub::Role::kOffice || caller.IsReconciliationOffice();
}

}  // namespace

grpc::Status ToCaller(const Method& method, const absl::Status& status) {
  const bool may_know = (method.roles & (kOperator | kAuditor)) != 0;
  if (!may_know && errors::ReasonOf(status) == "STORE_DAMAGED") {
    return errors::ToGrpc(errors::Error("STORE_DAMAGED"));
  }
  return errors::ToGrpc(status);
}

Desk::~Desk() {
  for (int left = guests; left != 0; left = guests) guests.wait(left);
}

absl::StatusOr<Identified> Desk::Admit(const grpc::ServerContextBase& context,
                                       const Method& method, Visit& visit) {
  const Peer peer = PeerOf(*context.auth_context());
  absl::StatusOr<Identified> who = callers.Identify(peer);
  if (who.ok()) {
    if (absl::Status in = visit.Introduce(who->caller); !in.ok()) {
      hub.CountRefusal(who->caller.path, method.name, errors::ReasonOf(in));
      return in;
    }
  }
  if (who.ok() && !May(who->caller, method)) {
    hub.CountRefusal(who->caller.path, method.name, "WRONG_ROLE");
    return errors::Error("WRONG_ROLE");
  }
  if (!who.ok()) {
    hub.CountRefusal(errors::MetadataOf(who.status())["identity"], method.name,
                     errors::ReasonOf(who.status()));
  }
  return who;
}

void Desk::Introduce(const grpc::ServerContextBase& context, Visit& visit) {
  const auto who = callers.Identify(PeerOf(*context.auth_context()));
  if (who.ok()) visit.Introduce(who->caller).IgnoreError();
}

absl::StatusOr<Seats::Seat> Desk::Seat(const hub::Caller& caller,
                                       const Method& method) {
  if (auto seat = seats.Take(caller.agency)) return *std::move(seat);
  hub.CountRefusal(caller.path, method.name, "TOO_MANY_CALLS");
  return errors::Error("TOO_MANY_CALLS", {.retry_after = absl::Seconds(1)});
}

}  // namespace waystation::service
