// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/outbox/state_schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <iterator>
#include <string>

namespace waystation::adapters {
namespace {

// Step i leads from version i to i + 1. Steps are only added.
constexpr const char* kSteps[] = {
    R"sql(
      CREATE TABLE record (
        key BLOB PRIMARY KEY,
        revision INTEGER NOT NULL
      ) WITHOUT ROWID, STRICT;
      CREATE TABLE row (
        source INTEGER NOT NULL,
        key BLOB NOT NULL,
        hash INTEGER NOT NULL,
        recorded INTEGER NOT NULL,
        attributes BLOB NOT NULL,
        PRIMARY KEY (source, key)
      ) WITHOUT ROWID, STRICT;
      CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        updates INTEGER NOT NULL,
        added INTEGER NOT NULL,
        sealed BLOB NOT NULL
      ) STRICT;
      CREATE TABLE source (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
      ) STRICT;
      CREATE TABLE file (
        source INTEGER NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        PRIMARY KEY (source, name)
      ) WITHOUT ROWID, STRICT;
      CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) WITHOUT ROWID, STRICT;
    )sql",
};

constexpr int kCurrent = static_cast<int>(std::size(kSteps));

int VersionOf(SQLite::Database& database) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version > kCurrent) {
    throw LaterRelease("schema " + std::to_string(version) +
                       ", and this release knows " + std::to_string(kCurrent));
  }
  return version;
}

}  // namespace

void PrepareState(SQLite::Database& database) {
  // What a reader was told to be sent must survive a power cut.
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  // One that is set up is not written to: looking needs no space.
  if (IsPrepared(database)) return;
  SQLite::Transaction transaction(database,
                                  SQLite::TransactionBehavior::IMMEDIATE);
  for (int step = VersionOf(database); step < kCurrent; ++step) {
    database.exec(kSteps[step]);
  }
  database.exec("PRAGMA user_version = " + std::to_string(kCurrent));
  transaction.commit();
}

bool IsPrepared(SQLite::Database& database) {
  return VersionOf(database) == kCurrent;
}

}  // namespace waystation::adapters
