// SPDX-License-Identifier: Apache-2.0
#include "server/service/stream_call.h"

#include <utility>

#include "absl/time/clock.h"

namespace waystation::service {

StreamCall::StreamCall(Desk& desk, grpc::CallbackServerContext& context,
                       const Method& method)
    : guest_(desk),
      desk_(desk),
      context_(context),
      visit_(desk.Visited(context)),
      method_(method),
      start_(absl::Now()) {}

absl::StatusOr<hub::Caller> StreamCall::Admit(Room room,
                                              std::function<void()> drain) {
  absl::StatusOr<Identified> who = desk_.Admit(context_, method_, visit_);
  if (!who.ok()) return who.status();
  if (room == Room::kSeat) {
    absl::StatusOr<Seats::Seat> seat = desk_.Seat(who->caller, method_);
    if (!seat.ok()) return seat.status();
    seat_.emplace(*std::move(seat));
  }
  ticket_ = desk_.running.Enter(context_, who->caller.serial, who->not_after,
                                std::move(drain));
  return std::move(who->caller);
}

std::optional<grpc::Status> StreamCall::End(const absl::Status& status) {
  if (std::exchange(ended_, true)) return std::nullopt;
  desk_.metrics.Count(method_.name, status.code(), absl::Now() - start_);
  return ToCaller(method_, status);
}

void StreamCall::Leave() {
  visit_.End(context_.IsCancelled());
  ticket_ = {};
  seat_.reset();
}

}  // namespace waystation::service
