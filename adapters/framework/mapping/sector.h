// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_

#include <span>
#include <string_view>

#include "adapters/framework/mapping/denial.h"

namespace waystation::adapters {

// What is one sector's own. A sector is a folder beside framework/ that
// defines one of these; the mapping that lies in the folder is its default.
struct Sector {
  std::string_view name;  // "labor"
  // Columns that its mappings must not read, besides DeniedEverywhere.
  std::span<const Denial> denials;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_
