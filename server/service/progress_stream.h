// SPDX-License-Identifier: Apache-2.0
// A call that works for minutes and tells meanwhile how far it has come: some
// answers with progress, then one with the result.
#ifndef WAYSTATION_SERVER_SERVICE_PROGRESS_STREAM_H_
#define WAYSTATION_SERVER_SERVICE_PROGRESS_STREAM_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/service/call.h"
#include "server/service/stream_call.h"

namespace waystation::service {

// Kept alive by itself until OnDone, and by the work. Progress that comes while
// an earlier one is being written is left out.
template <typename Response>
class ProgressStream final
    : public grpc::ServerWriteReactor<Response>,
      public std::enable_shared_from_this<ProgressStream<Response>> {
 public:
  // Works in the calling thread until it has a result, or `watch` says false.
  using Work = std::function<absl::StatusOr<Response>(
      const hub::Caller& caller, const hub::Hub::Watch& watch)>;

  ProgressStream(Desk& desk, grpc::CallbackServerContext& context,
                 const Method& method, Work work)
      : call_(desk, context, method), work_(std::move(work)) {}

  void Start() {
    self_ = this->shared_from_this();
    auto caller =
        call_.Admit(StreamCall::Room::kNone, [weak = this->weak_from_this()] {
          if (const auto stream = weak.lock()) {
            stream->Drain();
          }
        });
    if (!caller.ok()) {
      const std::lock_guard lock(mutex_);
      return End(caller.status());
    }
    caller_ = *std::move(caller);
    if (!call_.desk().reads.Run([self = self_] { self->Run(); })) {
      const std::lock_guard lock(mutex_);
      End(errors::Error("LIMIT_REACHED", {.retry_after = absl::Seconds(1)}));
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // The client is gone; OnCancel follows.
    const std::lock_guard lock(mutex_);
    call_.SendEnds();
    writing_ = false;
    if (result_.has_value()) Conclude();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    End(absl::CancelledError());
  }

  void OnDone() override {
    call_.Leave();
    self_.reset();  // The last owner, unless the work goes on.
  }

 private:
  void Run() {
    absl::StatusOr<Response> result =
        work_(caller_, [this](const v1::RulesProgress& progress) {
          const std::lock_guard lock(mutex_);
          if (call_.has_ended()) return false;
          if (writing_) return !ending_;
          response_.Clear();
          *response_.mutable_progress() = progress;
          Write();
          return !ending_;
        });
    const std::lock_guard lock(mutex_);
    if (call_.has_ended()) return;
    // Another hub, or this one when it is back, may do it.
    if (ending_ && !result.ok()) result = errors::Error("DRAINING");
    result_.emplace(std::move(result));
    if (!writing_) Conclude();
  }

  void Drain() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }

  // With mutex_ held, all of them.

  // The result is there, and nothing is being written.
  void Conclude() {
    if (call_.has_ended()) return;
    if (!result_->ok() || told_) {
      return End(result_->ok() ? absl::OkStatus() : result_->status());
    }
    told_ = true;
    response_ = **std::move(result_);
    result_.emplace(Response());
    Write();
  }

  void Write() {
    writing_ = true;
    call_.visit().Explain(response_.ByteSizeLong());
    call_.SendBegins();
    this->StartWrite(&response_);
  }

  void End(const absl::Status& status) {
    if (const auto told = call_.End(status)) this->Finish(*told);
  }

  StreamCall call_;
  const Work work_;
  hub::Caller caller_;
  std::shared_ptr<ProgressStream> self_;

  std::mutex mutex_;
  Response response_;
  std::optional<absl::StatusOr<Response>> result_;
  bool writing_ = false;
  bool told_ = false;    // The result is being written, or out.
  bool ending_ = false;  // The hub shuts down.
};

template <typename Response, typename Work>
grpc::ServerWriteReactor<Response>* StartProgressStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    Work work) {
  const auto stream = std::make_shared<ProgressStream<Response>>(
      desk, context, method, std::move(work));
  stream->Start();
  return stream.get();
}

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_PROGRESS_STREAM_H_
