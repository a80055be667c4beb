// SPDX-License-Identifier: Apache-2.0
// The hub on the network: mutual TLS, identity, the five services, health and
// reflection.
#ifndef WAYSTATION_SERVER_SERVICE_SERVER_H_
#define WAYSTATION_SERVER_SERVICE_SERVER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/service/ca.h"
#include "server/service/connections.h"
#include "server/service/tls.h"

namespace prometheus {
class Collectable;
}
namespace waystation::hub {
class Hub;
}
namespace waystation::runtime {
class Log;
}

namespace waystation::service {

// From now on what gRPC has to say goes to `log`, which lives as long as the
// process: errors as debug lines, since anybody on the network can cause them.
void RouteTransportLog(const runtime::Log& log);

struct ServerOptions {
  // "host:port"; port 0 takes a free one.
  std::string listen;
  TlsPaths tls;
  std::string trust_domain;
  // Signs certificates; nullopt means that this hub signs none.
  std::optional<Authority> authority;
  int frames_in_flight = 8;
  // Bytes in the frames of all streams past which a stream holds one frame and
  // no more.
  std::size_t frame_bytes = std::size_t{64} << 20;
  std::function<absl::Time()> clock;
  // As many as there are file descriptors for, at most.
  ConnectionBounds connections;
  // How often the hub calls itself; after three times without an answer
  // `on_deaf` is told LISTENER_DEAF, once.
  std::chrono::milliseconds probe_every{15'000};
  std::function<void(const absl::Status& status)> on_deaf;
};

class Server {
 public:
  // Listens and serves; `hub` and `log` are borrowed and die after it.
  // PORT_TAKEN, and what TlsFiles::Open and Hub::ListAgencies answer.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options,
                                                       hub::Hub& hub,
                                                       const runtime::Log& log);

  // As Drain() if that has not been called.
  virtual ~Server() = default;

  // Accepts nobody any more, says NOT_SERVING, ends streams after what they
  // have in flight, lets the hub finish what is queued, then closes every
  // connection.
  virtual void Drain() = 0;

  // "host:port" with the port that was taken.
  virtual std::string address() const = 0;

  // Numbers of calls and of the hub; live as long as this.
  virtual std::vector<const prometheus::Collectable*> metrics() const = 0;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_SERVER_H_
