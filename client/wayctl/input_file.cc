// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/input_file.h"

#include <string>

#include "proto/errors/error.h"

namespace waystation::wayctl {

absl::Status As(std::string_view reason, const absl::Status& status) {
  if (errors::ReasonOf(status) != "CONFIG_INVALID") return status;
  return errors::Error(reason, {.violations = errors::ViolationsOf(status)});
}

absl::Status InFile(const absl::Status& status,
                    const runtime::YamlPlaces& places,
                    std::string_view prefix) {
  errors::Details details{.violations = errors::ViolationsOf(status)};
  if (details.violations.empty()) return status;
  for (errors::FieldViolation& violation : details.violations) {
    std::string_view path = violation.field;
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
    violation.field = places.Of(path) + " " + std::string(path);
  }
  return errors::Error(errors::ReasonOf(status), details);
}

}  // namespace waystation::wayctl
