// SPDX-License-Identifier: Apache-2.0
#include "server/service/running_calls.h"

#include <grpcpp/server_context.h>

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace waystation::service {

struct RunningCalls::Call {
  std::string serial;
  absl::Time not_after;

  // Odd while something is being sent.
  std::atomic<std::uint64_t> sends = 0;
  // What EndStalled saw last, and since when it has been so.
  std::uint64_t seen = 0;
  absl::Time seen_since;

  // Held while `context` is used or given up. Recursive, since cancelling may
  // end the call, and so take its ticket, on this very thread.
  std::recursive_mutex mutex;
  grpc::ServerContextBase* context = nullptr;
  std::function<void()> drain;
};

RunningCalls::Ticket& RunningCalls::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    Leave();
    calls_ = std::exchange(other.calls_, nullptr);
    at_ = other.at_;
  }
  return *this;
}

void RunningCalls::Ticket::Leave() {
  if (calls_ == nullptr) return;
  std::shared_ptr<Call> call;
  {
    const std::lock_guard lock(calls_->mutex_);
    call = *at_;
    calls_->calls_.erase(at_);
  }
  calls_ = nullptr;
  const std::lock_guard lock(call->mutex);
  call->context = nullptr;
  call->drain = nullptr;
}

void RunningCalls::Ticket::CountSend() const {
  if (calls_ != nullptr) ++(*at_)->sends;
}

RunningCalls::Ticket RunningCalls::Enter(grpc::ServerContextBase& context,
                                         std::string_view serial,
                                         absl::Time not_after,
                                         std::function<void()> drain) {
  auto call = std::make_shared<Call>();
  call->serial = std::string(serial);
  call->not_after = not_after;
  call->context = &context;
  std::function<void()> drain_now;
  std::list<std::shared_ptr<Call>>::iterator at;
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      drain_now = std::move(drain);
    } else {
      call->drain = std::move(drain);
    }
    at = calls_.insert(calls_.end(), std::move(call));
  }
  if (drain_now) drain_now();
  return {this, at};
}

void RunningCalls::EndIf(
    const std::function<bool(std::string_view, absl::Time)>& end) {
  std::vector<std::shared_ptr<Call>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const std::shared_ptr<Call>& call : calls_) {
      if (end(call->serial, call->not_after)) ended.push_back(call);
    }
  }
  for (const std::shared_ptr<Call>& call : ended) Cancel(*call);
}

std::size_t RunningCalls::EndStalled(absl::Time now, absl::Duration patience) {
  std::vector<std::shared_ptr<Call>> stalled;
  {
    const std::lock_guard lock(mutex_);
    for (const std::shared_ptr<Call>& call : calls_) {
      const std::uint64_t sends = call->sends;
      if (sends != call->seen || sends % 2 == 0) {
        call->seen = sends;
        call->seen_since = now;
      } else if (now - call->seen_since > patience) {
        stalled.push_back(call);
      }
    }
  }
  for (const std::shared_ptr<Call>& call : stalled) Cancel(*call);
  return stalled.size();
}

void RunningCalls::Cancel(Call& call) {
  const std::lock_guard lock(call.mutex);
  if (call.context != nullptr) call.context->TryCancel();
}

void RunningCalls::Drain() {
  std::vector<std::shared_ptr<Call>> all;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    all.assign(calls_.begin(), calls_.end());
  }
  for (const std::shared_ptr<Call>& call : all) {
    const std::lock_guard lock(call->mutex);
    if (const auto drain = std::exchange(call->drain, nullptr)) drain();
  }
}

bool RunningCalls::draining() const {
  const std::lock_guard lock(mutex_);
  return draining_;
}

std::size_t RunningCalls::size() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

}  // namespace waystation::service
