// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_OTHER_SECTORS_OTHER_SECTORS_H_
#define WAYSTATION_ADAPTERS_OTHER_SECTORS_OTHER_SECTORS_H_

#include <span>
#include <string_view>

#include "adapters/framework/mapping/sector.h"

namespace waystation::adapters {

// Sectors without formats of their own: an agency brings its mapping, which is
// held to these denials.
std::span<const Sector> OtherSectors();

// nullptr if none has this name.
const Sector* FindOtherSector(std::string_view name);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_OTHER_SECTORS_OTHER_SECTORS_H_
