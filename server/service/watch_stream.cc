// SPDX-License-Identifier: Apache-2.0
#include "server/service/watch_stream.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "proto/errors/error.h"
#include "server/service/stream_call.h"

namespace waystation::service {
namespace {

// A reader of a page sends the transport's WINDOW_UPDATEs: some, and one for so
// many bytes, generously.
constexpr std::size_t kPageBytes = 4 << 10;
constexpr std::size_t kBytesPerUpdate = 16;

// Kept alive by itself until OnDone, and by every callback under way.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchResponse>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(Desk& desk, grpc::CallbackServerContext& context,
              const Method& method, const v1::WatchRequest& request)
      : call_(desk, context, method), request_(request) {
    next_.set_page_size(request.page_size());
    next_.set_page_token(request.page_token());
    next_.set_purpose(request.purpose());
  }

  void Start() {
    self_ = shared_from_this();
    const auto weak = weak_from_this();
    auto caller = call_.Admit(StreamCall::Room::kSeat, [weak] {
      if (const auto stream = weak.lock()) stream->Drain();
    });
    if (!caller.ok()) {
      const std::lock_guard lock(mutex_);
      return End(caller.status());
    }
    caller_ = *std::move(caller);
    // Before the first page is read, so that nothing slips between.
    auto watch = call_.desk().hub.WatchMailbox(
        caller_, request_,
        {.wake =
             [weak] {
               if (const auto stream = weak.lock()) stream->Ring();
             },
         .take =
             [weak](v1::PullResponse page) {
               if (const auto stream = weak.lock()) {
                 stream->TakePrompt(std::move(page));
               }
             }});
    {
      const std::lock_guard lock(mutex_);
      watch_ = std::move(watch);
    }
    PullSoon();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // The client is gone; OnCancel follows.
    {
      const std::lock_guard lock(mutex_);
      call_.SendEnds();
      if (!waiting_.empty() && !call_.has_ended()) {
        v1::MailboxPage page = std::move(waiting_.front());
        waiting_.pop_front();
        return Show(page);
      }
    }
    GoOn();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    End(absl::CancelledError());
  }

  void OnDone() override {
    {
      std::shared_ptr<hub::MailboxWatch> gone;
      const std::lock_guard lock(mutex_);
      gone.swap(watch_);
    }
    call_.Leave();
    self_.reset();  // The last owner, unless the hub is still reading for us.
  }

 private:
  // Something was put into the mailbox.
  void Ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
      if (busy_) return;
    }
    PullSoon();
  }

  // A page came along with the change it tells of: sent when those before it
  // are.
  void TakePrompt(v1::PullResponse response) {
    {
      const std::lock_guard lock(mutex_);
      if (call_.has_ended()) return;
      v1::MailboxPage& page = *response.mutable_page();
      const std::string& end =
          waiting_.empty() ? next_.page_token() : waiting_.back().last_token();
      if (!pulling_ && page.first_token() == end) {
        if (!busy_) {
          busy_ = true;
          return Show(page);
        }
        waiting_.push_back(std::move(page));
        return;
      }
    }
    Ring();
  }

  // Nothing is on its way any more: reads on, or stands by where there is
  // nothing to read.
  void GoOn() {
    std::shared_ptr<hub::MailboxWatch> watch;
    std::string token;
    {
      const std::lock_guard lock(mutex_);
      busy_ = false;
      if (ending_) return End(errors::Error("DRAINING"));
      if (!rung_ && response_.page().at_end()) {
        watch = watch_;
        token = next_.page_token();
      }
    }
    // Without the lock, which whoever calls us from there takes.
    if (watch != nullptr && watch->StandBy(token)) return;
    PullSoon();
  }

  // On a thread for reads, or on the one for the rest when those are behind;
  // not here, since this may be the committer's.
  void PullSoon() {
    const auto pull = [self = shared_from_this()] { self->Pull(); };
    if (!call_.desk().reads.Run(pull)) call_.desk().rest.Run(pull);
  }

  void Pull() {
    v1::PullRequest request;
    std::shared_ptr<hub::MailboxWatch> watch;
    {
      const std::lock_guard lock(mutex_);
      if (busy_ || call_.has_ended()) return;
      busy_ = true;
      pulling_ = true;
      rung_ = false;
      request = next_;
      watch = watch_;
    }
    if (watch != nullptr) watch->Look();
    call_.desk().hub.Pull(
        caller_, std::move(request),
        [self = shared_from_this()](absl::StatusOr<v1::PullResponse> result) {
          self->Take(std::move(result));
        });
  }

  void Take(absl::StatusOr<v1::PullResponse> result) {
    {
      const std::lock_guard lock(mutex_);
      pulling_ = false;
      if (call_.has_ended()) return;
      if (!result.ok()) return End(result.status());
      // The first page goes out even if it is empty. After it an empty page
      // would tell that something happened which is not to be known.
      const bool first = !std::exchange(greeted_, true);
      if (first || !result->page().entries().empty()) {
        return Show(*result->mutable_page());
      }
      Move(*result->mutable_page());
    }
    GoOn();
  }

  void Drain() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (!busy_) End(errors::Error("DRAINING"));
  }

  // With mutex_ held, all of them.

  void Move(v1::MailboxPage& page) {
    *response_.mutable_page() = std::move(page);
    const std::string& last = response_.page().last_token();
    if (!last.empty()) next_.set_page_token(last);
  }

  void Show(v1::MailboxPage& page) {
    Move(page);
    call_.visit().Explain(kPageBytes +
                          response_.ByteSizeLong() / kBytesPerUpdate);
    call_.SendBegins();
    StartWrite(&response_);
  }

  void End(const absl::Status& status) {
    if (const auto told = call_.End(status)) Finish(*told);
  }

  StreamCall call_;
  const v1::WatchRequest request_;
  hub::Caller caller_;
  std::shared_ptr<WatchStream> self_;

  std::mutex mutex_;
  std::shared_ptr<hub::MailboxWatch> watch_;
  v1::PullRequest next_;
  v1::WatchResponse response_;
  // Pages that follow the one that is being written, few.
  std::deque<v1::MailboxPage> waiting_;
  bool busy_ = false;     // A page is being read or written.
  bool pulling_ = false;  // It is being read.
  bool rung_ = false;     // Something came since the page was read.
  bool greeted_ = false;  // The first page is out.
  bool ending_ = false;   // The hub shuts down.
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchResponse>* StartWatchStream(
    Desk& desk, grpc::CallbackServerContext& context, const Method& method,
    const v1::WatchRequest& request) {
  const auto stream =
      std::make_shared<WatchStream>(desk, context, method, request);
  stream->Start();
  return stream.get();
}

}  // namespace waystation::service
