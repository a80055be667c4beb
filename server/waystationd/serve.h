// SPDX-License-Identifier: Apache-2.0
// Runs a hub from its configuration file until it is told to stop.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_SERVE_H_
#define WAYSTATION_SERVER_WAYSTATIOND_SERVE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace waystation::hub {
class Hub;
}
namespace waystation::runtime {
class Signals;
}

namespace waystation::waystationd {

struct Serving {
  std::string config_file;
  // Empty: what the file says.
  std::string listen = {};
  std::string http_listen = {};
  // Called once the hub stands and before anybody can call it.
  std::function<absl::Status(hub::Hub&)> prepare = {};
  // Called when it listens, with "host:port" of both listeners.
  std::function<absl::Status(const std::string& address,
                             const std::string& http_address)>
      ready = {};
};

// Returns OK after a graceful stop (SIGTERM, SIGINT): what was queued is
// finished, a last checkpoint signed. SIGHUP reads the log's level and the
// certificates issued meanwhile again; the hub's own certificate and the
// authorities are taken up without it.
//
// Errors: CONFIG_INVALID with lines, KEY_FILE_MISSING, KEY_FILE_MODE,
// STORE_IN_USE, PORT_TAKEN and others of the table. When the medium fails while
// running, or the hub cannot be reached at its own address, the process ends at
// once with STORE_FAILED or LISTENER_DEAF; start it again.
absl::Status Serve(const Serving& serving, runtime::Signals& signals);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_SERVE_H_
