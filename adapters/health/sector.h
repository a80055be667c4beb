// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_HEALTH_SECTOR_H_
#define WAYSTATION_ADAPTERS_HEALTH_SECTOR_H_

#include "adapters/framework/mapping/sector.h"

namespace waystation::adapters {

const Sector& Health();

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_HEALTH_SECTOR_H_
