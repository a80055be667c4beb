// SPDX-License-Identifier: Apache-2.0
// What the library's files share of a connection: channels, and who is to be
// told when it is cancelled.
#ifndef CLIENT_LIBRARY_CALLS_H_
#define CLIENT_LIBRARY_CALLS_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/library/identity.h"
#include "waystation/connection.h"

namespace waystation::client {

class OnCancel;

struct Connection::Parts {
  ConnectionOptions options;
  Identity identity;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::atomic<std::size_t> current = 0;

  std::mutex mutex;
  bool cancelled = false;
  std::set<OnCancel*> listeners;
};

// Waits for `duration`, or until `over`, and lets the channel of the hub in
// turn connect meanwhile: gRPC moves a connection on only while somebody waits
// for it, which calls that fail at once do not.
void Pause(const Connection& connection, absl::Duration duration,
           const std::function<bool()>& over);

// Calls `act` when the connection is cancelled, from the thread that cancels
// and at once if it has been, for as long as this object lives.
class OnCancel {
 public:
  OnCancel(Connection& connection, std::function<void()> act);
  ~OnCancel();
  OnCancel(const OnCancel&) = delete;
  OnCancel& operator=(const OnCancel&) = delete;

  void Act() const { act_(); }

 private:
  Connection::Parts& parts_;
  std::function<void()> act_;
};

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_CALLS_H_
