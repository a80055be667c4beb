// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FIND_COLUMNS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FIND_COLUMNS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::adapters {

// For each wanted column its index among those of the file at `path`; case does
// not count. COLUMN_MISSING with the names of all that the file lacks,
// COLUMN_TWICE for those that it has twice.
absl::StatusOr<std::vector<std::size_t>> FindColumns(
    const std::string& path, const std::vector<std::string>& columns,
    const std::vector<std::string>& wanted);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FIND_COLUMNS_H_
