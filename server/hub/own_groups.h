// SPDX-License-Identifier: Apache-2.0
// Under which of its records an agency may know that a person is one
// (design 6): only edges among its own records and decisions join them.
#ifndef WAYSTATION_SERVER_HUB_OWN_GROUPS_H_
#define WAYSTATION_SERVER_HUB_OWN_GROUPS_H_

#include <span>
#include <vector>

#include "server/domain/claims.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/record.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Groups of the records of `agency` among those of one person, ascending, by
// their smallest uid, which is what the agency's handle names.
std::vector<std::vector<storage::Uid>> OwnGroupsOf(
    const AgencyEntry& agency, std::span<const RecordPtr> records,
    const PairRulings& rulings);

// The group of them that holds `uid`, which is a record of `agency`.
std::vector<storage::Uid> OwnGroupWith(storage::Uid uid,
                                       const AgencyEntry& agency,
                                       std::span<const RecordPtr> records,
                                       const PairRulings& rulings);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OWN_GROUPS_H_
