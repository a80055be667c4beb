// SPDX-License-Identifier: Apache-2.0
// `waystationd dev`: a throw-away hub on loopback with certificates for every
// role, four agencies and the default agreements, for generated people only.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_DEV_H_
#define WAYSTATION_SERVER_WAYSTATIOND_DEV_H_

#include <string>

#include "absl/status/status.h"

namespace waystation::runtime {
class Signals;
}

namespace waystation::waystationd {

struct DevOptions {
  // Empty: a new temporary folder, removed at the end. A folder that an earlier
  // run made is served again with what it holds.
  std::string folder;
  std::string listen = "127.0.0.1:0";
  std::string http_listen = "127.0.0.1:0";
  // As in the configuration.
  std::string store = "sqlite:store";
  // Who is in it from the start. "none" is the one choice: people are generated
  // by waystation-population and sent by adapters, as they would be anywhere.
  std::string people = "none";
};

// Serves until told to stop. Besides the hub's own files it writes
//   clients/<name>.pem, .key   certificate and key of each role
//   clients/<agency>.signing   the agency's Ed25519 key, registered as "dev"
//   wayctl.yaml                a context for each role
//   env.sh                     exports WAYSTATION_CONFIG and the paths
// and prints where they are and one call that works.
absl::Status Dev(DevOptions options, runtime::Signals& signals);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_DEV_H_
