// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_LABOR_SECTOR_H_
#define WAYSTATION_ADAPTERS_LABOR_SECTOR_H_

#include "adapters/framework/mapping/sector.h"

namespace waystation::adapters {

const Sector& Labor();

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_LABOR_SECTOR_H_
