// SPDX-License-Identifier: Apache-2.0
#include "server/service/health.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"

namespace waystation::service {
namespace {

using Request = grpc::health::v1::HealthCheckRequest;
using Response = grpc::health::v1::HealthCheckResponse;

constexpr Method kWatch = {"Health.Watch",
                           kAgency | kClerk | kOffice | kOperator | kAuditor};

// Says how it is at once and when the hub drains. Kept alive by itself until
// OnDone.
class HealthWatch final : public grpc::ServerWriteReactor<Response>,
                          public std::enable_shared_from_this<HealthWatch> {
 public:
  HealthWatch(Desk& desk, grpc::CallbackServerContext& context,
              Response::ServingStatus status)
      : context_(context), visit_(desk.Visited(context)) {
    response_.set_status(status);
  }

  void Start(Desk& desk) {
    self_ = shared_from_this();
    absl::StatusOr<Identified> who = desk.Admit(context_, kWatch, visit_);
    if (!who.ok()) return End(who.status());
    absl::StatusOr<Seats::Seat> seat = desk.Seat(who->caller, kWatch);
    if (!seat.ok()) return End(seat.status());
    seat_.emplace(*std::move(seat));
    ticket_ = desk.running.Enter(context_, who->caller.serial, who->not_after,
                                 [weak = weak_from_this()] {
                                   if (const auto watch = weak.lock())
                                     watch->Drain();
                                 });
    const std::lock_guard lock(mutex_);
    writing_ = true;
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok && draining_) SayGoodbye();
  }
  void OnCancel() override { End(absl::CancelledError()); }
  void OnDone() override {
    visit_.End(context_.IsCancelled());
    ticket_ = {};
    seat_.reset();
    self_.reset();
  }

 private:
  void Drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    if (!writing_) SayGoodbye();
  }

  // With mutex_ held.
  void SayGoodbye() {
    if (std::exchange(finished_, true)) return;
    response_.set_status(Response::NOT_SERVING);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void End(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(ToCaller(kWatch, status));
  }

  grpc::CallbackServerContext& context_;
  Visit visit_;
  std::optional<Seats::Seat> seat_;
  RunningCalls::Ticket ticket_;
  std::shared_ptr<HealthWatch> self_;

  std::mutex mutex_;
  Response response_;
  bool writing_ = false;
  bool draining_ = false;
  bool finished_ = false;
};

// One question. Deletes itself.
class HealthCheck final : public grpc::ServerUnaryReactor {
 public:
  HealthCheck(Desk& desk, grpc::CallbackServerContext& context,
              const grpc::Status& status)
      : context_(context), visit_(desk.Visited(context)) {
    desk.Introduce(context, visit_);
    Finish(status);
  }

  void OnDone() override {
    visit_.End(context_.IsCancelled());
    delete this;
  }

 private:
  grpc::CallbackServerContext& context_;
  Visit visit_;
};

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  HealthService(Desk& desk, std::vector<std::string> services)
      : desk_(desk), services_(std::move(services)) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const Request* request,
                                  Response* response) override {
    response->set_status(StatusOf(request->service()));
    const bool known = response->status() != Response::SERVICE_UNKNOWN;
    return new HealthCheck(
        desk_, *context,
        known ? grpc::Status::OK
              : grpc::Status(grpc::NOT_FOUND, "No such service"));
  }

  grpc::ServerWriteReactor<Response>* Watch(
      grpc::CallbackServerContext* context, const Request* request) override {
    const auto watch = std::make_shared<HealthWatch>(
        desk_, *context, StatusOf(request->service()));
    watch->Start(desk_);
    return watch.get();
  }

 private:
  Response::ServingStatus StatusOf(const std::string& service) const {
    if (!service.empty() && !std::ranges::count(services_, service)) {
      return Response::SERVICE_UNKNOWN;
    }
    return desk_.running.draining() ? Response::NOT_SERVING : Response::SERVING;
  }

  Desk& desk_;
  const std::vector<std::string> services_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeHealthService(
    Desk& desk, std::vector<std::string> services) {
  return std::make_unique<HealthService>(desk, std::move(services));
}

}  // namespace waystation::service
