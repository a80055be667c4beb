// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_

#include <stdexcept>

namespace SQLite {
class Database;
}

namespace waystation::adapters {

// The file is of a later release.
class LaterRelease : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Sets the file up or brings it to this release's schema; throws as SQLiteCpp
// does, and LaterRelease.
void PrepareState(SQLite::Database& database);

// Whether the file has the schema of this release. Throws like PrepareState.
bool IsPrepared(SQLite::Database& database);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_SCHEMA_H_
