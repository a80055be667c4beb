// SPDX-License-Identifier: Apache-2.0
// Accepts connections for gRPC and keeps an eye on them. gRPC's own listener
// takes whoever comes, and stops listening for good when descriptors run out
// once; this one asks Connections first, waits for better times, and keeps a
// second descriptor of each socket, by which it sees the hang-up and can hang
// up itself.
#ifndef WAYSTATION_SERVER_SERVICE_LISTENER_H_
#define WAYSTATION_SERVER_SERVICE_LISTENER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/service/connections.h"

struct sockaddr_storage;

namespace waystation::service {

// A peer as grpc::ServerContext::peer() names it: "ipv4:192.0.2.1:50000",
// "ipv6:%5B2001:db8::1%5D:50000".
std::string PeerName(const sockaddr_storage& address);
// The same without port: "192.0.2.1", "2001:db8::1".
std::string PeerAddress(const sockaddr_storage& address);

// Raises the process's limit of open files as far as `connections` need, where
// it may. Returns how many connections there are descriptors for.
std::size_t MakeRoomForDescriptors(std::size_t connections);

class Listener {
 public:
  // Takes over a connection, "the descriptor of the listening socket, its own".
  using Hand = std::function<void(int listening, int fd)>;

  // Binds all addresses of "host:port" ("[::]:port" is IPv4 too); port 0 takes
  // a free one. PORT_TAKEN says what is wrong. `connections` is borrowed.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(
      const std::string& address, Connections& connections);

  // Hangs up on everybody.
  virtual ~Listener() = default;

  // Accepts from now on, on a thread of its own, and looks at the connections
  // five times a second.
  virtual void Start(Hand hand) = 0;

  // Accepts nobody any more, and has let go of the port when it returns; who is
  // there stays, and is watched.
  virtual void StopAccepting() = 0;

  // "host:port" as it was given, with the port that was taken.
  virtual std::string address() const = 0;
  // An address and port at which this machine reaches it.
  virtual const sockaddr_storage& reached_at() const = 0;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_LISTENER_H_
