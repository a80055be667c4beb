// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_LIMITS_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_LIMITS_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace waystation::storage::postgres {

// PostgreSQL's numbers are signed: nothing is counted, or goes, that far.
inline uint64_t Within(uint64_t number) {
  return std::min<uint64_t>(number, std::numeric_limits<int64_t>::max());
}

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_LIMITS_H_
