// SPDX-License-Identifier: Apache-2.0
// Conflicts of a person as open items: status bits for the office, never a
// value.
#ifndef WAYSTATION_SERVER_HUB_OPEN_CONFLICTS_H_
#define WAYSTATION_SERVER_HUB_OPEN_CONFLICTS_H_

#include "server/domain/resolve.h"
#include "server/hub/affair.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// Recomputes the conflicts of an affair's attributes. Items of the persons
// before are known to the planning.
void UpdateConflicts(Planning& planning, const Affair& affair,
                     const Outlook& outlook);

// What the office would see of an entry, as a hash: changes with every claim
// and decision that takes part.
storage::KeyHash ConflictEtag(const Hashes& hashes,
                              const domain::Resolution& resolution);

// Agencies whose claims disagree, ascending; the office is none.
std::vector<storage::AgencyNumber> AgenciesOf(
    const domain::Resolution& resolution, const PersonSide& side);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OPEN_CONFLICTS_H_
