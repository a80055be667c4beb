// SPDX-License-Identifier: Apache-2.0
// The schema in numbered steps: migrations/NNNN_*.sql, each in a transaction of
// its own. A step that was released is never changed; the next one is added.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_MIGRATIONS_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_MIGRATIONS_H_

#include <span>

#include "absl/status/status.h"
#include "server/storage/sqlite/connection.h"

namespace waystation::storage::sqlite {

struct Migration {
  int version;
  const char* name;
  const char* sql;
};

// All steps by rising version: 1, 2, 3 ...
std::span<const Migration> Migrations();

// Brings the database from the version it has to the newest.
// FAILED_PRECONDITION: the file is not a store, or a newer release wrote it.
absl::Status Migrate(Connection& connection);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_MIGRATIONS_H_
