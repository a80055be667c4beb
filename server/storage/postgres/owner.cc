// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/owner.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/migrations.h"

namespace waystation::storage::postgres {
namespace {

// The lock that whoever owns a store holds, one for each schema, or that those
// who share it do.
#define WAYSTATION_LOCK "(2002874489, hashtext(current_schema()))"
constexpr char kOwn[] = "SELECT pg_try_advisory_lock" WAYSTATION_LOCK;
constexpr char kDisown[] = "SELECT pg_advisory_unlock" WAYSTATION_LOCK;
constexpr char kShare[] = "SELECT pg_try_advisory_lock_shared" WAYSTATION_LOCK;
constexpr char kLeave[] = "SELECT pg_advisory_unlock_shared" WAYSTATION_LOCK;
#undef WAYSTATION_LOCK

constexpr absl::Duration kPause = absl::Milliseconds(200);

// True once it has joined; false while it has to wait.
absl::StatusOr<bool> TryToJoin(Connection& connection) {
  const auto shares = connection.Ask(kShare);
  if (!shares.ok()) return shares.status();
  if (*shares != "t") return false;
  const auto is_made = IsMade(connection);
  if (!is_made.ok()) return is_made.status();
  if (*is_made) return true;
  if (absl::Status status = connection.Run(kLeave); !status.ok()) return status;
  const auto owns = connection.Ask(kOwn);
  if (!owns.ok()) return owns.status();
  if (*owns != "t") return false;
  if (absl::Status status = Migrate(connection); !status.ok()) return status;
  // Held both ways for a moment, so that nobody comes between.
  const auto stays = connection.Ask(kShare);
  if (!stays.ok()) return stays.status();
  if (absl::Status status = connection.Run(kDisown); !status.ok()) {
    return status;
  }
  return true;
}

}  // namespace

absl::Status CheckServer(Connection& connection) {
  for (const char* setting : {"fsync", "full_page_writes"}) {
    const auto value = connection.Ask(absl::StrCat("SHOW ", setting));
    if (!value.ok()) return value.status();
    if (*value != "on") {
      return errors::Error(
          "CONFIG_INVALID",
          {.field = "store",
           .rule = absl::StrCat("a server whose setting ", setting, " is on")});
    }
  }
  // A standby answers reads, and is not what was last acknowledged.
  const auto read_only = connection.Ask("SHOW transaction_read_only");
  if (!read_only.ok()) return read_only.status();
  if (*read_only == "on") {
    return errors::Error(
        "CONFIG_INVALID",
        {.field = "store", .rule = "a server that takes writes, no standby"});
  }
  const auto commits = connection.Ask("SHOW synchronous_commit");
  if (!commits.ok()) return commits.status();
  if (*commits != "off" && *commits != "local") return absl::OkStatus();
  return connection.Run("SET synchronous_commit = on");
}

absl::Status PrepareToShare(Connection& connection, absl::Duration patience) {
  // Earlier ones do not end sessions that are idle.
  constexpr int kOldest = 140'000;
  const auto version = connection.Ask("SHOW server_version_num");
  if (!version.ok()) return version.status();
  int number = 0;
  if (!absl::SimpleAtoi(*version, &number) || number < kOldest) {
    return errors::Error(
        "CONFIG_INVALID",
        {.field = "store", .rule = "PostgreSQL 14 or newer to be shared"});
  }
  return connection.Run(
      absl::StrCat("SET statement_timeout = 0; SET lock_timeout = 0; "
                   "SET idle_in_transaction_session_timeout = ",
                   absl::ToInt64Milliseconds(patience)));
}

absl::Status Own(Connection& connection, absl::Duration wait) {
  for (;; wait -= kPause) {
    const auto owned = connection.Ask(kOwn);
    if (!owned.ok()) return owned.status();
    if (*owned == "t") return absl::OkStatus();
    if (wait <= absl::ZeroDuration()) return errors::Error("STORE_IN_USE");
    absl::SleepFor(kPause);
  }
}

absl::Status Join(Connection& connection, absl::Duration wait) {
  for (;; wait -= kPause) {
    const auto has_joined = TryToJoin(connection);
    if (!has_joined.ok()) return has_joined.status();
    if (*has_joined) return absl::OkStatus();
    if (wait <= absl::ZeroDuration()) return errors::Error("STORE_IN_USE");
    absl::SleepFor(kPause);
  }
}

}  // namespace waystation::storage::postgres
