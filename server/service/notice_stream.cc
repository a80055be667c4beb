// SPDX-License-Identifier: Apache-2.0
#include "server/service/notice_stream.h"

#include <memory>
#include <mutex>
#include <utility>

#include "proto/errors/error.h"
#include "server/service/stream_call.h"

namespace waystation::service {
namespace {

// As for pages of a mailbox: a reader sends WINDOW_UPDATEs, some, and one for
// so many bytes.
constexpr std::size_t kResponseBytes = 4 << 10;
constexpr std::size_t kBytesPerUpdate = 16;

// Kept alive by itself until OnDone, and by every callback under way.
class NoticeStream final
    : public grpc::ServerWriteReactor<v1::WatchNoticesResponse>,
      public std::enable_shared_from_this<NoticeStream> {
 public:
  NoticeStream(Desk& desk, grpc::CallbackServerContext& context,
               const Method& method, const v1::WatchNoticesRequest& request)
      : call_(desk, context, method), request_(request) {}

  void Start() {
    self_ = shared_from_this();
    const auto weak = weak_from_this();
    const auto caller = call_.Admit(StreamCall::Room::kSeat, [weak] {
      if (const auto stream = weak.lock()) stream->Drain();
    });
    if (!caller.ok()) return EndUnlocked(caller.status());
    auto watch = call_.desk().hub.WatchNotices(*caller, request_, [weak] {
      if (const auto stream = weak.lock()) stream->Ring();
    });
    if (!watch.ok()) return EndUnlocked(watch.status());
    {
      const std::lock_guard lock(mutex_);
      watch_ = *std::move(watch);
    }
    ReadSoon();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // The client is gone; OnCancel follows.
    {
      const std::lock_guard lock(mutex_);
      call_.SendEnds();
      busy_ = false;
      if (ending_) return End(errors::Error("DRAINING"));
    }
    // Even behind an end: what came before the last of several pages was read
    // rang while there was no room for it.
    ReadSoon();
  }

  void OnCancel() override { EndUnlocked(absl::CancelledError()); }

  void OnDone() override {
    {
      std::shared_ptr<hub::NoticeWatch> gone;
      const std::lock_guard lock(mutex_);
      gone.swap(watch_);
    }
    call_.Leave();
    self_.reset();  // The last owner, unless somebody still reads for us.
  }

 private:
  // There may be something to tell.
  void Ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
      if (busy_) return;
    }
    ReadSoon();
  }

  // On a thread for reads, or on the one for the rest when those are behind;
  // not here, since this may be the committer's.
  void ReadSoon() {
    const auto read = [self = shared_from_this()] { self->Read(); };
    if (!call_.desk().reads.Run(read)) call_.desk().rest.Run(read);
  }

  void Read() {
    for (;;) {
      std::shared_ptr<hub::NoticeWatch> watch;
      {
        const std::lock_guard lock(mutex_);
        if (busy_ || call_.has_ended() || watch_ == nullptr) return;
        busy_ = true;
        rung_ = false;
        watch = watch_;
      }
      auto next = watch->Next();
      const std::lock_guard lock(mutex_);
      if (call_.has_ended()) return;
      if (!next.ok()) return End(next.status());
      if (next->has_value()) return Show(**std::move(next));
      busy_ = false;
      if (ending_) return End(errors::Error("DRAINING"));
      if (!rung_) return;
    }
  }

  void Drain() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (!busy_) End(errors::Error("DRAINING"));
  }

  void EndUnlocked(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    End(status);
  }

  // With mutex_ held, both.

  void Show(v1::WatchNoticesResponse response) {
    response_ = std::move(response);
    call_.visit().Explain(kResponseBytes +
                          response_.ByteSizeLong() / kBytesPerUpdate);
    call_.SendBegins();
    StartWrite(&response_);
  }

  void End(const absl::Status& status) {
    if (const auto told = call_.End(status)) Finish(*told);
  }

  StreamCall call_;
  const v1::WatchNoticesRequest request_;
  std::shared_ptr<NoticeStream> self_;

  std::mutex mutex_;
  std::shared_ptr<hub::NoticeWatch> watch_;
  v1::WatchNoticesResponse response_;
  bool busy_ = false;    // A response is being read or written.
  bool rung_ = false;    // Something came since it was read.
  bool ending_ = false;  // The hub shuts down.
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchNoticesResponse>* StartNoticeStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    const v1::WatchNoticesRequest& request) {
  const auto stream =
      std::make_shared<NoticeStream>(desk, context, method, request);
  stream->Start();
  return stream.get();
}

}  // namespace waystation::service
