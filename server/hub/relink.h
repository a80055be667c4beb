// SPDX-License-Identifier: Apache-2.0
// Who is who around what changed (design 6): recomputes persons and candidates
// with domain::Partition, component by component.
#ifndef WAYSTATION_SERVER_HUB_RELINK_H_
#define WAYSTATION_SERVER_HUB_RELINK_H_

#include <span>

#include "absl/status/status.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// `seeds` are the records of which something that links has changed: new ones,
// changed identifiers, names or birth dates, and records that a changed ruling
// names. Puts memberships, identifiers and candidates into change and batch.
absl::Status Relink(Planning& planning, std::span<const storage::Uid> seeds);

// Attributes that linking looks at.
domain::AttributeSet LinkingAttributes();

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RELINK_H_
