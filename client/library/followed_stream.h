// SPDX-License-Identifier: Apache-2.0
// A stream of the hub's that is opened anew when it breaks.
#ifndef CLIENT_LIBRARY_FOLLOWED_STREAM_H_
#define CLIENT_LIBRARY_FOLLOWED_STREAM_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/library/call_status.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"

namespace waystation::client {

// Read is for one thread at a time, Cancel and cancelled are for any. Borrows
// the connection.
template <typename Service, typename Response>
class FollowedStream {
 public:
  using Reader = grpc::ClientReader<Response>;
  // Begins where the last one was read to.
  using Open = std::function<std::unique_ptr<Reader>(
      typename Service::Stub& stub, grpc::ClientContext& context)>;

  FollowedStream(Connection& connection, Open open)
      : connection_(connection), open_(std::move(open)) {}
  ~FollowedStream() {
    Cancel();
    End().IgnoreError();
  }

  // The next response; what the stream ended with, where it did. It is opened
  // by the next call.
  absl::StatusOr<Response> Read() {
    if (stream_ == nullptr) Start();
    Response response;
    if (stream_->Read(&response)) return response;
    const absl::Status status = End();
    return status.ok() ? errors::Error("UNREACHABLE") : status;
  }

  // Ends what is read, and is for good.
  void Cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  bool cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }

 private:
  void Start() {
    hub_ = connection_.current();
    stub_ = Service::NewStub(connection_.channel(hub_));
    auto context = std::make_unique<grpc::ClientContext>();
    stream_ = open_(*stub_, *context);
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
    if (cancelled_) context_->TryCancel();
  }

  absl::Status End() {
    if (stream_ == nullptr) return absl::OkStatus();
    const absl::Status status = StatusOfCall(stream_->Finish());
    if (absl::IsUnavailable(status)) connection_.Unreachable(hub_);
    stream_ = nullptr;
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
    return status;
  }

  Connection& connection_;
  const Open open_;

  // Of the thread that reads.
  std::size_t hub_ = 0;
  std::unique_ptr<typename Service::Stub> stub_;
  std::unique_ptr<Reader> stream_;

  mutable std::mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_;
  bool cancelled_ = false;
};

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_FOLLOWED_STREAM_H_
