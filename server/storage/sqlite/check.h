// SPDX-License-Identifier: Apache-2.0
// Reads everything and says what does not fit.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_CHECK_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_CHECK_H_

#include <functional>
#include <optional>
#include <vector>

#include "server/storage/sqlite/session.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// In the read transaction that the caller holds. Checks in this order: the
// file's structure and its indexes against their tables (by SQLite), references
// between tables, each row, and the counts of the newest group.
std::vector<Finding> CheckStore(
    Session& session,
    const std::function<std::optional<Finding>(const RecordRow&)>& record);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_CHECK_H_
