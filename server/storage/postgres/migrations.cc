// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/migrations.h"

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"

namespace waystation::storage::postgres {
namespace {

absl::StatusOr<int> AskNumber(Connection& connection, const std::string& sql) {
  const auto text = connection.Ask(sql);
  if (!text.ok()) return text.status();
  int number = 0;
  if (!absl::SimpleAtoi(*text, &number)) {
    return absl::DataLossError(absl::StrCat(sql, ": not a number"));
  }
  return number;
}

// The version of the schema; 0 for an empty database.
absl::StatusOr<int> VersionOf(Connection& connection) {
  const auto is_store = AskNumber(
      connection,
      "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() "
      "AND tablename = 'waystation_schema'");
  if (!is_store.ok()) return is_store.status();
  if (*is_store == 1) {
    return AskNumber(connection,
                     "SELECT coalesce(max(version), 0) FROM waystation_schema");
  }
  const auto tables = AskNumber(
      connection,
      "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() "
      "AND tablename <> 'waystation_moving_in'");
  if (!tables.ok()) return tables.status();
  if (*tables > 0) {
    return errors::Error("STORE_FOREIGN",
                         {.rule = "a database of Waystation's"});
  }
  return 0;
}

}  // namespace

absl::StatusOr<bool> IsMade(Connection& connection) {
  const auto version = VersionOf(connection);
  if (!version.ok()) return version.status();
  return *version >= Migrations().back().version;
}

absl::Status Migrate(Connection& connection, int up_to) {
  const auto version = VersionOf(connection);
  if (!version.ok()) return version.status();
  const int last = Migrations().back().version;
  if (const int wanted = std::max(*version, up_to); wanted > last) {
    return errors::Error(
        "STORE_VERSION",
        {.rule = absl::StrCat("schema version ", wanted, " where up to ", last,
                              " is known")});
  }
  if (up_to == 0) up_to = last;
  for (const Migration& migration : Migrations()) {
    if (migration.version <= *version || migration.version > up_to) continue;
    const absl::Status status = connection.Run(
        absl::StrCat("BEGIN; CREATE TABLE IF NOT EXISTS waystation_schema "
                     "(version bigint PRIMARY KEY);",
                     migration.sql, "INSERT INTO waystation_schema VALUES (",
                     migration.version, "); COMMIT"));
    if (!status.ok()) {
      (void)connection.Run("ROLLBACK");
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace waystation::storage::postgres
