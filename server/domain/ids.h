// SPDX-License-Identifier: Apache-2.0
// Names of what the domain speaks about.
#ifndef WAYSTATION_SERVER_DOMAIN_IDS_H_
#define WAYSTATION_SERVER_DOMAIN_IDS_H_

#include <cstdint>

namespace waystation::domain {

// Immutable id of a source record; 0 is none. Uids are given out in order of
// arrival, so nothing is ever decided by comparing them: ties break by agency
// and record key.
using Uid = std::uint64_t;

// A person is named by the smallest uid among its records.
using PersonId = std::uint64_t;

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_IDS_H_
