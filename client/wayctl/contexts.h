// SPDX-License-Identifier: Apache-2.0
// The contexts file: which hub is called as whom
// (proto/waystation/config/v1/client.proto).
#ifndef CLIENT_WAYCTL_CONTEXTS_H_
#define CLIENT_WAYCTL_CONTEXTS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/wayctl/surroundings.h"
#include "waystation/config/v1/client.pb.h"

namespace waystation::wayctl {

struct Contexts {
  std::string path;
  config::v1::ClientConfig config;

  // nullptr when there is none of this name; the current one for an empty name.
  const config::v1::ClientContext* Find(std::string_view name) const;
};

// From `path`, else $WAYSTATION_CONFIG, else
// ~/.config/waystation/config.yaml. A file that is not there is empty, unless
// it was asked for. CONFIG_INVALID names its lines.
absl::StatusOr<Contexts> LoadContexts(const std::string& path,
                                      const Surroundings& surroundings);

// Writes current_context into the file and leaves the rest of it as it is.
absl::Status UseContext(const Contexts& contexts, std::string_view name);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_CONTEXTS_H_
