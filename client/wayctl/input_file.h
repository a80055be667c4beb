// SPDX-License-Identifier: Apache-2.0
// Complaints about a file that somebody wrote name its lines.
#ifndef CLIENT_WAYCTL_INPUT_FILE_H_
#define CLIENT_WAYCTL_INPUT_FILE_H_

#include <string_view>

#include "absl/status/status.h"
#include "proto/runtime/yaml.h"

namespace waystation::wayctl {

// CONFIG_INVALID of a file that is no configuration, under another reason.
// Other errors come back as they are.
absl::Status As(std::string_view reason, const absl::Status& status);

// What the hub says of a message that was read from a file, with the place in
// the file before each field: "a.yaml:6:11 grants[0].form". `prefix` is what
// the hub's paths begin with and the file's do not.
absl::Status InFile(const absl::Status& status,
                    const runtime::YamlPlaces& places, std::string_view prefix);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_INPUT_FILE_H_
