// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/find_columns.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "proto/errors/error.h"

namespace waystation::adapters {

absl::StatusOr<std::vector<std::size_t>> FindColumns(
    const std::string& path, const std::vector<std::string>& columns,
    const std::vector<std::string>& wanted) {
  std::vector<std::size_t> found;
  std::vector<std::string> missing;
  std::vector<std::string> twice;
  for (const std::string& name : wanted) {
    const auto same = [&](const std::string& column) {
      return absl::EqualsIgnoreCase(column, name);
    };
    const auto at = std::find_if(columns.begin(), columns.end(), same);
    if (at == columns.end()) {
      missing.push_back(name);
      continue;
    }
    if (std::any_of(at + 1, columns.end(), same)) twice.push_back(name);
    found.push_back(static_cast<std::size_t>(at - columns.begin()));
  }
  if (!missing.empty()) {
    return errors::Error(
        "COLUMN_MISSING",
        {.field = absl::StrJoin(missing, ", "), .metadata = {{"file", path}}});
  }
  if (!twice.empty()) {
    return errors::Error("COLUMN_TWICE", {.field = absl::StrJoin(twice, ", "),
                                          .metadata = {{"file", path}}});
  }
  return found;
}

}  // namespace waystation::adapters
