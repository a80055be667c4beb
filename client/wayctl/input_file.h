// SPDX-License-Identifier: Apache-2.0
// Complaints about a file that somebody wrote name its lines.
#ifndef CLIENT_WAYCTL_INPUT_FILE_H_
#define CLIENT_WAYCTL_INPUT_FILE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/errors/error.h"
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

// A message of YAML text that `check` (of what was read: FieldViolations) finds
// nothing wrong with; `name` is what complaints call the file. `reason` is what
// is wrong with whatever is.
template <typename Message, typename Check>
absl::StatusOr<Message> ReadChecked(const std::string& text,
                                    const std::string& name,
                                    std::string_view reason, Check check) {
  Message message;
  const auto places = runtime::ReadYaml(text, name, message);
  if (!places.ok()) return As(reason, places.status());
  std::vector<errors::FieldViolation> violations = check(message);
  if (violations.empty()) return message;
  return InFile(errors::Error(reason, {.violations = std::move(violations)}),
                *places, "");
}

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_INPUT_FILE_H_
