// SPDX-License-Identifier: Apache-2.0
#include "waystation/notice_reader.h"

#include <utility>

#include "client/library/calls.h"
#include "client/library/followed_stream.h"
#include "client/library/patience.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/v1/notice_service.grpc.pb.h"

namespace waystation::client {

class NoticeReader::Session {
 public:
  Session(Connection& connection, NoticeReaderOptions options)
      : options_(std::move(options)),
        stream_(connection,
                [this](v1::NoticeService::Stub& stub,
                       grpc::ClientContext& context) {
                  v1::WatchNoticesRequest request;
                  request.set_page_size(options_.page_size);
                  request.set_page_token(options_.after_token);
                  return stub.WatchNotices(&context, request);
                }),
        patience_(connection, options_.patience, options_.on_wait,
                  [this] { return stream_.cancelled(); }),
        cancel_(connection, [this] { Cancel(); }) {}

  absl::StatusOr<v1::WatchNoticesResponse> Next() {
    for (;;) {
      auto response = stream_.Read();
      if (stream_.cancelled()) return errors::Error("CANCELLED");
      if (response.ok()) {
        patience_.Answered();
        // A list that is not told to its end has none, and begins anew.
        options_.after_token = response->page_token();
        return response;
      }
      const absl::Status pause =
          patience_.Wait(response.status(), /*is_stream=*/true);
      if (!pause.ok()) return pause;
    }
  }

  void Cancel() { stream_.Cancel(); }

 private:
  NoticeReaderOptions options_;  // after_token moves on.
  FollowedStream<v1::NoticeService, v1::WatchNoticesResponse> stream_;
  Patience patience_;
  OnCancel cancel_;  // Last: it may call at once.
};

NoticeReader::NoticeReader(Connection& connection, NoticeReaderOptions options)
    : session_(std::make_unique<Session>(connection, std::move(options))) {}

NoticeReader::~NoticeReader() = default;

absl::StatusOr<v1::WatchNoticesResponse> NoticeReader::Next() {
  return session_->Next();
}

void NoticeReader::Cancel() { session_->Cancel(); }

}  // namespace waystation::client
