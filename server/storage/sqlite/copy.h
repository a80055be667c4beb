// SPDX-License-Identifier: Apache-2.0
// The database as bytes, and bytes as a database.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_COPY_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_COPY_H_

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "server/storage/sqlite/connection.h"

namespace waystation::storage::sqlite {

// Gives `take` the database file from its beginning to its end, until it
// answers false. Nobody copies the log into it meanwhile. Reads through
// SQLite's own descriptor: closing another one of the file would drop its
// locks.
absl::Status ReadDatabase(
    Connection& connection,
    const std::function<bool(std::string_view piece)>& take);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_COPY_H_
