// SPDX-License-Identifier: Apache-2.0
// Two threads: one writes frames, one opens the stream, reads acknowledgements
// and opens it again when it breaks. Frames wait in one queue until they are
// acknowledged; `sent_` counts those that went out on the current stream, so
// that a new one begins at the front again.
#include "waystation/submit_stream.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/library/call_status.h"
#include "client/library/calls.h"
#include "client/library/retry.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::client {
namespace {

using Stream = grpc::ClientReaderWriter<v1::SubmitRecordsRequest,
                                        v1::SubmitRecordsResponse>;

// What a frame's other fields and each update's tags, length and salt may add
// on the wire.
constexpr std::size_t kFrameOverhead = 256;
constexpr std::size_t kUpdateOverhead = 5 + 2 + 16;
// A stream that is no longer needed is given this long to end by itself.
constexpr absl::Duration kGrace = absl::Seconds(5);

// The hub does not keep to the protocol.
absl::Status Unexpected(const char* what) {
  return errors::Error("INTERNAL", {.rule = what});
}

struct OutgoingFrame {
  v1::SubmitRecordsRequest request;
  std::vector<std::uint64_t> tags;
  std::size_t bytes = kFrameOverhead;
};

}  // namespace

class SubmitStream::Session {
 public:
  Session(Connection& connection, SubmitOptions options,
          OnAcknowledged on_acknowledged)
      : connection_(connection),
        options_(std::move(options)),
        on_acknowledged_(std::move(on_acknowledged)),
        backoff_(connection.options().retry),
        reader_([this] { Read(); }),
        writer_([this] { Write(); }),
        cancel_(connection, [this] { Cancel(); }) {}

  ~Session() {
    Close();
    reader_.join();
    writer_.join();
  }

  absl::Status Add(std::uint64_t tag, std::string update) {
    const std::size_t bytes = update.size() + kUpdateOverhead;
    if (bytes + kFrameOverhead > options_.frame_bytes) {
      return errors::Error("FRAME_TOO_LARGE");
    }
    if (filling_.tags.size() >= options_.frame_updates ||
        filling_.bytes + bytes > options_.frame_bytes) {
      if (const absl::Status flushed = Flush(); !flushed.ok()) return flushed;
    }
    filling_.tags.push_back(tag);
    filling_.bytes += bytes;
    filling_.request.mutable_frame()->add_updates(std::move(update));
    return filling_.tags.size() < options_.frame_updates ? status() : Flush();
  }

  absl::Status Flush() {
    if (filling_.tags.empty()) return status();
    OutgoingFrame frame = std::exchange(filling_, {});
    frame.request.set_frame_number(++last_number_);
    frame.request.set_validate_only(options_.validate_only);
    if (options_.signer) {
      const absl::Status is_signed =
          options_.signer->Sign(*frame.request.mutable_frame());
      if (!is_signed.ok()) {
        End(is_signed);
        return is_signed;
      }
    }
    return Enqueue(std::make_shared<const OutgoingFrame>(std::move(frame)));
  }

  absl::Status Finish() {
    if (const absl::Status flushed = Flush(); !flushed.ok()) return flushed;
    std::unique_lock lock(mutex_);
    Await(lock, [&] { return frames_.empty(); });
    return end_;
  }

  absl::Status status() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }

  void Cancel() { End(errors::Error("CANCELLED")); }

 private:
  absl::Status Enqueue(std::shared_ptr<const OutgoingFrame> frame) {
    std::unique_lock lock(mutex_);
    Await(lock, [&] {
      return std::cmp_less(frames_.size(), options_.frames_in_flight);
    });
    if (!end_.ok()) return end_;
    if (frames_.empty()) last_answer_ = absl::Now();
    frames_.push_back(std::move(frame));
    changed_.notify_all();
    return absl::OkStatus();
  }

  // Waits for `done`, the stream's end, or the end of patience.
  template <typename Done>
  void Await(std::unique_lock<std::mutex>& lock, Done done) {
    const auto over = [&] { return done() || !end_.ok(); };
    if (options_.patience == absl::InfiniteDuration()) {
      changed_.wait(lock, over);
      return;
    }
    while (!over()) {
      const absl::Time until = last_answer_ + options_.patience;
      changed_.wait_until(lock, absl::ToChronoTime(until));
      if (over() || absl::Now() < last_answer_ + options_.patience) continue;
      EndLocked(errors::Error("UNREACHABLE"));
    }
  }

  void End(absl::Status why) {
    const std::lock_guard lock(mutex_);
    EndLocked(std::move(why));
  }

  void EndLocked(absl::Status why) {
    if (end_.ok()) end_ = std::move(why);
    if (context_ != nullptr) context_->TryCancel();
    changed_.notify_all();
  }

  // Lets the open stream end in order when nothing is in flight.
  void Close() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    if (end_.ok() && frames_.empty()) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(kGrace),
                        [&] { return stream_ == nullptr || !end_.ok(); });
    }
    EndLocked(errors::Error("CANCELLED"));
  }

  bool Over() const { return closing_ || !end_.ok(); }

  // --- the reading thread ---

  void Read() {
    while (AwaitWork()) {
      const absl::Status status = RunStream();
      std::unique_lock lock(mutex_);
      if (!end_.ok()) return;
      // An idle stream may be ended by the hub; nothing is lost with it.
      if (frames_.empty() && IsBroken(status)) continue;
      if (!IsBroken(status)) {
        EndLocked(status);
        return;
      }
      Pause(lock, status.ok() ? errors::Error("UNREACHABLE") : status);
    }
  }

  bool AwaitWork() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return Over() || !frames_.empty(); });
    return !Over();
  }

  void Pause(std::unique_lock<std::mutex>& lock, const absl::Status& why) {
    const absl::Duration pause = backoff_.Next(why);
    if (absl::Now() + pause >= last_answer_ + options_.patience) {
      EndLocked(why);
      return;
    }
    lock.unlock();
    if (options_.on_wait) options_.on_wait(why, pause);
    client::Pause(connection_, pause, [this] {
      const std::lock_guard over(mutex_);
      return Over();
    });
    lock.lock();
  }

  // Opens a stream and reads it to its end.
  absl::Status RunStream() {
    const std::size_t hub = connection_.current();
    const auto stub = v1::RegistryService::NewStub(connection_.channel(hub));
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub->SubmitRecords(&context);
    {
      const std::lock_guard lock(mutex_);
      context_ = &context;
      stream_ = stream.get();
      sent_ = 0;
      if (!end_.ok()) context.TryCancel();
      changed_.notify_all();
    }
    absl::Status fault;
    v1::SubmitRecordsResponse response;
    while (fault.ok() && stream->Read(&response)) fault = Take(response);
    if (!fault.ok()) context.TryCancel();
    {
      // The writing thread lets go of the stream before it is finished.
      std::unique_lock lock(mutex_);
      stream_ = nullptr;
      changed_.wait(lock, [&] { return !writing_; });
      context_ = nullptr;
      changed_.notify_all();
    }
    const absl::Status status = StatusOfCall(stream->Finish());
    if (!fault.ok()) {
      End(fault);
      return fault;
    }
    if (absl::IsUnavailable(status)) connection_.Unreachable(hub);
    return status;
  }

  absl::Status Take(const v1::SubmitRecordsResponse& response) {
    std::shared_ptr<const OutgoingFrame> frame;
    {
      const std::lock_guard lock(mutex_);
      if (sent_ == 0) return Unexpected("nothing was in flight");
      frame = frames_.front();
    }
    if (response.frame_number() != frame->request.frame_number() ||
        std::cmp_not_equal(response.results_size(), frame->tags.size())) {
      return Unexpected("the acknowledgement is of another frame");
    }
    if (absl::Status taken =
            on_acknowledged_({.tags = frame->tags, .response = response});
        !taken.ok()) {
      return taken;
    }
    const std::lock_guard lock(mutex_);
    backoff_.Reset();
    frames_.pop_front();
    --sent_;
    last_answer_ = absl::Now();
    changed_.notify_all();
    return absl::OkStatus();
  }

  // --- the writing thread ---

  void Write() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] {
        return Over() || (stream_ != nullptr && sent_ < frames_.size());
      });
      if (!end_.ok()) return;
      if (closing_) {
        if (stream_ != nullptr) WritesDone(lock);
        return;
      }
      const std::shared_ptr<const OutgoingFrame> frame = frames_[sent_++];
      Stream* stream = stream_;
      writing_ = true;
      lock.unlock();
      // A failure shows on the reading side, which opens the next stream.
      const bool written = stream->Write(frame->request);
      lock.lock();
      writing_ = false;
      if (!written && stream_ == stream) stream_ = nullptr;
      changed_.notify_all();
    }
  }

  void WritesDone(std::unique_lock<std::mutex>& lock) {
    Stream* stream = stream_;
    writing_ = true;
    lock.unlock();
    stream->WritesDone();
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }

  Connection& connection_;
  const SubmitOptions options_;
  const OnAcknowledged on_acknowledged_;

  // Of the thread that adds.
  OutgoingFrame filling_;
  std::uint64_t last_number_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const OutgoingFrame>>
      frames_;            // Not acknowledged.
  std::size_t sent_ = 0;  // Of frames_, on the current stream.
  Stream* stream_ = nullptr;
  grpc::ClientContext* context_ = nullptr;
  bool writing_ = false;
  bool closing_ = false;
  absl::Status end_;
  absl::Time last_answer_ = absl::Now();
  Backoff backoff_;

  std::thread reader_;
  std::thread writer_;
  OnCancel cancel_;  // Last: it may call at once.
};

SubmitStream::SubmitStream(Connection& connection, SubmitOptions options,
                           OnAcknowledged on_acknowledged)
    : session_(std::make_unique<Session>(connection, std::move(options),
                                         std::move(on_acknowledged))) {}

SubmitStream::~SubmitStream() = default;

absl::Status SubmitStream::Add(std::uint64_t tag, std::string update) {
  return session_->Add(tag, std::move(update));
}

absl::Status SubmitStream::Flush() { return session_->Flush(); }

absl::Status SubmitStream::Finish() { return session_->Finish(); }

absl::Status SubmitStream::status() const { return session_->status(); }

void SubmitStream::Cancel() { session_->Cancel(); }

}  // namespace waystation::client
