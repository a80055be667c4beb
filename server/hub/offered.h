// SPDX-License-Identifier: Apache-2.0
// What a caller offers to be compared: read as an update would be, and not
// kept.
#ifndef WAYSTATION_SERVER_HUB_OFFERED_H_
#define WAYSTATION_SERVER_HUB_OFFERED_H_

#include "server/domain/attributes.h"
#include "server/domain/read_update.h"
#include "server/hub/core.h"
#include "waystation/v1/person.pb.h"

namespace waystation::hub {

// Normalised claims of `attributes`, all of which `offered` sets; or why it
// cannot be read. Paths begin with "claims.".
domain::ReadResult ReadOffered(Core& core, domain::AttributeSet attributes,
                               const v1::Person& offered);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OFFERED_H_
