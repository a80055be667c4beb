// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/migrations.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"

namespace waystation::storage::sqlite {
namespace {

// "WAYS", where SQLite keeps a number that tells whose file it is.
constexpr int kApplication = 0x57415953;

constexpr char kWholeSchema[] =
    "SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), '\n')"
    " FROM (SELECT type, name, sql FROM sqlite_schema ORDER BY name)";

absl::StatusOr<int> AskNumber(Connection& connection, const std::string& sql) {
  const absl::StatusOr<std::string> text = connection.Ask(sql);
  if (!text.ok()) return text.status();
  int number = 0;
  if (!absl::SimpleAtoi(*text, &number)) {
    return absl::DataLossError(absl::StrCat(sql, ": not a number"));
  }
  return number;
}

// The version of the schema; 0 for an empty file.
absl::StatusOr<int> VersionOf(Connection& connection) {
  const absl::StatusOr<int> version =
      AskNumber(connection, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  const absl::StatusOr<int> application =
      AskNumber(connection, "PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<int> tables =
      AskNumber(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  const bool is_empty = *version == 0 && *application == 0 && *tables == 0;
  const bool is_store = *version > 0 && *application == kApplication;
  if (!is_empty && !is_store) {
    return errors::Error("STORE_FOREIGN",
                         {.rule = "a database of Waystation's"});
  }
  if (*version > Migrations().back().version) {
    return errors::Error(
        "STORE_VERSION",
        {.rule = absl::StrCat("schema version ", *version, " where up to ",
                              Migrations().back().version, " is known")});
  }
  return version;
}

absl::Status Step(Connection& connection, int from) {
  for (const Migration& migration : Migrations()) {
    if (migration.version <= from) continue;
    WAYSTATION_FAILPOINT("migration/step");
    const std::string step =
        absl::StrCat("BEGIN IMMEDIATE;", migration.sql,
                     ";PRAGMA application_id = ", kApplication,
                     ";PRAGMA user_version = ", migration.version, ";COMMIT");
    if (absl::Status status =
            connection.Run(step, absl::StrCat("schema step ", migration.name));
        !status.ok()) {
      (void)connection.Run("ROLLBACK");
      return status;
    }
    WAYSTATION_FAILPOINT("migration/stepped");
  }
  return absl::OkStatus();
}

// Bit rot in the schema could make a constraint disappear unseen: it must be
// what the steps make of an empty database.
absl::Status VerifySchema(Connection& connection) {
  const absl::StatusOr<std::unique_ptr<Connection>> fresh = Connection::Open(
      ":memory:", nullptr, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!fresh.ok()) return fresh.status();
  if (absl::Status status = Step(**fresh, 0); !status.ok()) return status;
  const absl::StatusOr<std::string> want = (*fresh)->Ask(kWholeSchema);
  if (!want.ok()) return want.status();
  const absl::StatusOr<std::string> held = connection.Ask(kWholeSchema);
  if (!held.ok()) return held.status();
  if (*held != *want) {
    return absl::DataLossError("the schema is not that of its version");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Connection& connection) {
  const absl::StatusOr<int> version = VersionOf(connection);
  if (!version.ok()) return version.status();
  if (absl::Status status = Step(connection, *version); !status.ok()) {
    return status;
  }
  return VerifySchema(connection);
}

}  // namespace waystation::storage::sqlite
