// SPDX-License-Identifier: Apache-2.0
// What the library's files share of a connection: channels, and who is to be
// told when it is cancelled.
#ifndef CLIENT_LIBRARY_CALLS_H_
#define CLIENT_LIBRARY_CALLS_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

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
  mutable std::condition_variable changed;
  bool cancelled = false;
  std::set<OnCancel*> listeners;
};

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
