// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_

namespace SQLite {
class Database;
}

namespace waystation::adapters {

// Sets the file up or brings it to this release's schema; throws as SQLiteCpp
// does, and std::runtime_error for a file of a later release.
void PrepareState(SQLite::Database& database);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_
