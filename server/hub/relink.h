// SPDX-License-Identifier: Apache-2.0
// Who is who around what changed (design 6): recomputes persons and candidates
// with domain::Partition, component by component.
#ifndef WAYSTATION_SERVER_HUB_RELINK_H_
#define WAYSTATION_SERVER_HUB_RELINK_H_

#include "absl/status/status.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// Looks at the records that the group changes or wants scored afresh, at those
// that a changed ruling names, and at all that these may bear on. Puts
// memberships, identifiers, edges and candidates into change and batch.
absl::Status Relink(Planning& planning);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RELINK_H_
