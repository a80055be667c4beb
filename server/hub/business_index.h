// SPDX-License-Identifier: Apache-2.0
// Which records name which business: keyed hashes in the table of identifiers,
// under a key of their own. Nothing is linked by them; they answer questions
// about a business (business_questions).
#ifndef WAYSTATION_SERVER_HUB_BUSINESS_INDEX_H_
#define WAYSTATION_SERVER_HUB_BUSINESS_INDEX_H_

#include "server/hub/planning.h"

namespace waystation::hub {

// Brings the index in step with the records that the group changes.
void IndexBusinesses(Planning& planning);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_BUSINESS_INDEX_H_
