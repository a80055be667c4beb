// SPDX-License-Identifier: Apache-2.0
#include "server/service/submit_stream.h"

#include <grpcpp/alarm.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "proto/errors/error.h"
#include "server/service/stream_call.h"

namespace waystation::service {
namespace {

using Request = v1::SubmitRecordsRequest;
using Response = v1::SubmitRecordsResponse;

// How long a frame waits for room in the queue where the hub does not say.
constexpr absl::Duration kDefaultPause = absl::Milliseconds(50);
// What TLS and HTTP/2 add to a frame and its acknowledgement, generously.
constexpr std::size_t kFrameBytes = 16 << 10;

// Kept alive by itself until OnDone, and by every callback under way.
class SubmitStream final : public grpc::ServerBidiReactor<Request, Response>,
                           public std::enable_shared_from_this<SubmitStream> {
 public:
  SubmitStream(Desk& desk, grpc::CallbackServerContext& context,
               const Method& method, int frames_in_flight)
      : call_(desk, context, method),
        frames_in_flight_(static_cast<std::size_t>(frames_in_flight)) {}
  ~SubmitStream() override {
    // Whoever was last at work here was so under the lock, on any thread.
    const std::lock_guard lock(mutex_);
    for (const std::shared_ptr<Slot>& slot : slots_) Give(*slot);
  }

  void Start() {
    self_ = shared_from_this();
    auto caller =
        call_.Admit(StreamCall::Room::kSeat, [weak = weak_from_this()] {
          if (const auto stream = weak.lock()) stream->Drain();
        });
    const std::lock_guard lock(mutex_);
    if (!caller.ok()) return End(caller.status());
    caller_ = *std::move(caller);
    call_.visit().Streams();
    ReadMore();
  }

  void OnReadDone(bool ok) override {
    std::shared_ptr<Slot> slot;
    {
      const std::lock_guard lock(mutex_);
      if (!ok) no_more_ = true;
      if (!ok || ending_) {
        reading_ = false;
        return Proceed();
      }
      slot = std::make_shared<Slot>();
      slot->request = std::move(request_);
      request_ = Request();
      slot->bytes = slot->request.ByteSizeLong();
      call_.desk().frame_bytes += slot->bytes;
      call_.visit().Explain(slot->bytes + kFrameBytes);
      slots_.push_back(slot);
    }
    Submit(slot);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    call_.SendEnds();
    Give(*slots_.front());
    slots_.pop_front();
    if (!ok) no_more_ = true;  // The client is gone; OnCancel follows.
    Proceed();
    ReadMore();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    End(absl::CancelledError());
  }

  void OnDone() override {
    call_.Leave();
    self_.reset();  // The last owner, unless the hub still has frames of ours.
  }

 private:
  struct Slot {
    // Kept until it is answered, to be handed over again when the queue is
    // full.
    Request request;
    std::size_t bytes = 0;
    // Set while the queue is full: when to hand it over again.
    std::optional<absl::Duration> pause;
    std::optional<absl::StatusOr<Response>> answer;
  };

  // Gives back what the frame took of all streams' bytes.
  void Give(const Slot& slot) { call_.desk().frame_bytes -= slot.bytes; }

  // The next frame is read when the queue has this one, or it could overtake.
  void Submit(const std::shared_ptr<Slot>& slot) {
    slot->pause.reset();
    call_.desk().hub.SubmitFrame(
        caller_, slot->request,
        [self = shared_from_this(), slot](absl::StatusOr<Response> result) {
          // A full queue says so before SubmitFrame returns.
          if (errors::ReasonOf(result.status()) == "QUEUE_FULL") {
            slot->pause = errors::RetryAfter(result.status());
            return;
          }
          self->Take(slot, std::move(result));
        });
    const std::lock_guard lock(mutex_);
    if (slot->pause) return SubmitLater(slot);
    reading_ = false;
    ReadMore();
  }

  void Take(const std::shared_ptr<Slot>& slot,
            absl::StatusOr<Response> result) {
    const std::lock_guard lock(mutex_);
    if (call_.has_ended()) return;
    slot->answer = std::move(result);
    slot->request.Clear();
    Proceed();
  }

  void SubmitAgain(const std::shared_ptr<Slot>& slot) {
    {
      const std::lock_guard lock(mutex_);
      if (call_.has_ended()) return;
    }
    Submit(slot);
  }

  // With mutex_ held, all below.

  void SubmitLater(const std::shared_ptr<Slot>& slot) {
    const absl::Duration pause =
        *slot->pause > absl::ZeroDuration() ? *slot->pause : kDefaultPause;
    // A new one each time: setting an alarm from its own callback would pull
    // the callback away from under itself.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(absl::Now() + pause),
                [weak = weak_from_this(), slot](bool) {
                  const auto stream = weak.lock();
                  if (stream == nullptr) return;
                  stream->call_.desk().rest.Run(
                      [stream, slot] { stream->SubmitAgain(slot); });
                });
  }

  void ReadMore() {
    if (call_.has_ended() || reading_ || no_more_ || ending_ ||
        slots_.size() >= frames_in_flight_) {
      return;
    }
    if (!slots_.empty() &&
        call_.desk().frame_bytes >= call_.desk().most_frame_bytes)
      return;
    reading_ = true;
    StartRead(&request_);
  }

  // Sends the next acknowledgement if it is there; ends when all are out.
  void Proceed() {
    if (call_.has_ended() || writing_) return;
    if (slots_.empty()) {
      if (no_more_) return End(absl::OkStatus());
      if (ending_) return End(errors::Error("DRAINING"));
      return;
    }
    const std::optional<absl::StatusOr<Response>>& answer =
        slots_.front()->answer;
    if (!answer) return;
    if (!answer->ok()) return End(answer->status());
    writing_ = true;
    call_.SendBegins();
    StartWrite(&**answer);
  }

  void Drain() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    Proceed();
  }

  void End(const absl::Status& status) {
    if (const auto told = call_.End(status)) Finish(*told);
  }

  StreamCall call_;
  const std::size_t frames_in_flight_;
  hub::Caller caller_;
  std::shared_ptr<SubmitStream> self_;

  std::mutex mutex_;
  // The frame that is being read.
  Request request_;
  // Frames that are not acknowledged yet, in order.
  std::deque<std::shared_ptr<Slot>> slots_;
  std::unique_ptr<grpc::Alarm> alarm_;
  // A frame is on its way from the client into the queue.
  bool reading_ = false;
  bool writing_ = false;
  bool no_more_ = false;  // The client has sent its last frame.
  bool ending_ = false;   // The hub shuts down.
};

}  // namespace

grpc::ServerBidiReactor<Request, Response>* StartSubmitStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    int frames_in_flight) {
  const auto stream =
      std::make_shared<SubmitStream>(desk, context, method, frames_in_flight);
  stream->Start();
  return stream.get();
}

}  // namespace waystation::service
