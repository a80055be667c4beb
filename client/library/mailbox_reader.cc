// SPDX-License-Identifier: Apache-2.0
#include "waystation/mailbox_reader.h"

#include <utility>

#include "client/library/calls.h"
#include "client/library/followed_stream.h"
#include "client/library/patience.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"

namespace waystation::client {

class MailboxReader::Session {
 public:
  Session(Connection& connection, MailboxOptions options)
      : mailbox_(connection),
        options_(std::move(options)),
        stream_(connection,
                [this](v1::MailboxService::Stub& stub,
                       grpc::ClientContext& context) {
                  return stub.Watch(&context, Asked<v1::WatchRequest>());
                }),
        patience_(connection, options_.patience, options_.on_wait,
                  [this] { return stream_.cancelled(); }),
        cancel_(connection, [this] { Cancel(); }) {}

  absl::StatusOr<std::optional<v1::MailboxPage>> Next() {
    for (;;) {
      absl::StatusOr<v1::MailboxPage> page = options_.follow ? Watch() : Pull();
      if (stream_.cancelled()) return errors::Error("CANCELLED");
      if (!page.ok()) {
        const absl::Status pause =
            patience_.Wait(page.status(), options_.follow);
        if (!pause.ok()) return pause;
        continue;
      }
      patience_.Answered();
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
      if (stream_.cancelled()) return errors::Error("CANCELLED");
      if (status.ok()) {
        patience_.Answered();
        return status;
      }
      if (auto pause = patience_.Wait(status, options_.follow); !pause.ok()) {
        return pause;
      }
    }
  }

  void Cancel() { stream_.Cancel(); }

 private:
  // Behind the last page.
  template <typename Request>
  Request Asked() const {
    Request request;
    request.set_page_size(options_.page_size);
    request.set_page_token(options_.after_token);
    request.set_purpose(static_cast<v1::Purpose>(options_.purpose));
    return request;
  }

  absl::StatusOr<v1::MailboxPage> Pull() {
    auto response = mailbox_.Pull(Asked<v1::PullRequest>());
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_page());
  }

  absl::StatusOr<v1::MailboxPage> Watch() {
    auto response = stream_.Read();
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_page());
  }

  const Mailbox mailbox_;
  MailboxOptions options_;  // after_token moves on.
  FollowedStream<v1::MailboxService, v1::WatchResponse> stream_;
  Patience patience_;
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
