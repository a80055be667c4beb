// SPDX-License-Identifier: Apache-2.0
#include "waystation/mailbox_reader.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cstddef>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "client/library/call_status.h"
#include "client/library/calls.h"
#include "client/library/retry.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"

namespace waystation::client {

class MailboxReader::Session {
 public:
  Session(Connection& connection, MailboxOptions options)
      : connection_(connection),
        mailbox_(connection),
        options_(std::move(options)),
        backoff_(connection.options().retry),
        cancel_(connection, [this] { Cancel(); }) {}

  ~Session() {
    Cancel();
    EndWatch().IgnoreError();
  }

  absl::StatusOr<std::optional<v1::MailboxPage>> Next() {
    for (;;) {
      absl::StatusOr<v1::MailboxPage> page = options_.follow ? Watch() : Pull();
      if (cancelled()) return errors::Error("CANCELLED");
      if (!page.ok()) {
        const absl::Status pause = Pause(page.status());
        if (!pause.ok()) return pause;
        continue;
      }
      backoff_.Reset();
      away_since_.reset();
      if (!page->last_token().empty()) {
        options_.after_token = page->last_token();
      }
      if (!page->entries().empty()) return std::optional(*std::move(page));
      if (page->at_end() && !options_.follow) return std::nullopt;
    }
  }

  absl::Status Acknowledge(std::string_view token) {
    v1::AcknowledgeRequest request;
    request.set_page_token(std::string(token));
    for (;;) {
      const absl::Status status = mailbox_.Acknowledge(request).status();
      if (cancelled()) return errors::Error("CANCELLED");
      if (status.ok()) {
        backoff_.Reset();
        away_since_.reset();
        return status;
      }
      if (auto pause = Pause(status); !pause.ok()) return pause;
    }
  }

  void Cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  bool cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }

  absl::StatusOr<v1::MailboxPage> Pull() {
    v1::PullRequest request;
    request.set_page_size(options_.page_size);
    request.set_page_token(options_.after_token);
    request.set_purpose(static_cast<v1::Purpose>(options_.purpose));
    auto response = mailbox_.Pull(request);
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_page());
  }

  // The stream's next page; opens a stream behind the last page if none is
  // open.
  absl::StatusOr<v1::MailboxPage> Watch() {
    if (stream_ == nullptr) StartWatch();
    v1::WatchResponse response;
    if (stream_->Read(&response)) return std::move(*response.mutable_page());
    const absl::Status status = EndWatch();
    return status.ok() ? errors::Error("UNREACHABLE") : status;
  }

  void StartWatch() {
    v1::WatchRequest request;
    request.set_page_size(options_.page_size);
    request.set_page_token(options_.after_token);
    request.set_purpose(static_cast<v1::Purpose>(options_.purpose));
    hub_ = connection_.current();
    stub_ = v1::MailboxService::NewStub(connection_.channel(hub_));
    auto context = std::make_unique<grpc::ClientContext>();
    stream_ = stub_->Watch(context.get(), request);
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
    if (cancelled_) context_->TryCancel();
  }

  absl::Status EndWatch() {
    if (stream_ == nullptr) return absl::OkStatus();
    const absl::Status status = StatusOfCall(stream_->Finish());
    if (absl::IsUnavailable(status)) connection_.Unreachable(hub_);
    stream_ = nullptr;
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
    return status;
  }

  // Waits before the next attempt; the error back when there is to be none.
  absl::Status Pause(const absl::Status& why) {
    if (!(options_.follow ? IsBroken(why) : MayRetry(why))) return why;
    if (!away_since_) away_since_ = absl::Now();
    const absl::Duration pause = backoff_.Next(why);
    if (absl::Now() + pause >= *away_since_ + options_.patience) return why;
    if (options_.on_wait) options_.on_wait(why, pause);
    client::Pause(connection_, pause, [this] { return cancelled(); });
    return cancelled() ? errors::Error("CANCELLED") : absl::OkStatus();
  }

  Connection& connection_;
  const Mailbox mailbox_;
  MailboxOptions options_;  // after_token moves on.
  Backoff backoff_;
  std::optional<absl::Time> away_since_;

  // Of the thread that reads.
  std::size_t hub_ = 0;
  std::unique_ptr<v1::MailboxService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;

  mutable std::mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_;
  bool cancelled_ = false;

  OnCancel cancel_;  // Last: it may call at once.
};

MailboxReader::MailboxReader(Connection& connection, MailboxOptions options)
    : session_(std::make_unique<Session>(connection, std::move(options))) {}

MailboxReader::~MailboxReader() = default;

absl::StatusOr<std::optional<v1::MailboxPage>> MailboxReader::Next() {
  return session_->Next();
}

absl::Status MailboxReader::Acknowledge(std::string_view token) {
  return session_->Acknowledge(token);
}

void MailboxReader::Cancel() { session_->Cancel(); }

}  // namespace waystation::client
