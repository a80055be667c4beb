// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_OPEN_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_OPEN_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/sources/format.h"
#include "adapters/framework/sources/source.h"

namespace waystation::adapters {

// An export, by the source of its kind.
absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted);

// A sheet of the quarantine of such exports: their rows as lines of text.
absl::StatusOr<std::unique_ptr<Source>> OpenSheet(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_OPEN_SOURCE_H_
