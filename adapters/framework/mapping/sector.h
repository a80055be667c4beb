// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_

#include <span>
#include <string_view>

#include "adapters/framework/mapping/denial.h"

namespace waystation::adapters {

// Fields below Person that a sector's mappings may fill, where these are not
// all that there are.
struct OnlyFields {
  std::span<const std::string_view> fields;  // "residence.division"
  // What any other would be and which rule keeps it, in English and Chinese.
  std::string_view rule;
};

// What is one sector's own. A sector is a folder beside framework/ that
// defines one of these; the mapping that lies in the folder is its default.
struct Sector {
  std::string_view name;  // "labor"
  // Columns that its mappings must not read, besides DeniedEverywhere.
  std::span<const Denial> denials;
  // nullptr: every field may be filled.
  const OnlyFields* only = nullptr;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_SECTOR_H_
