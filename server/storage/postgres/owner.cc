// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/owner.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"

namespace waystation::storage::postgres {
namespace {

// The lock that whoever owns a store holds, one for each schema.
constexpr char kOwn[] =
    "SELECT pg_try_advisory_lock(2002874489, hashtext(current_schema()))";

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

absl::Status Own(Connection& connection, absl::Duration wait) {
  constexpr absl::Duration kPause = absl::Milliseconds(200);
  for (;; wait -= kPause) {
    const auto owned = connection.Ask(kOwn);
    if (!owned.ok()) return owned.status();
    if (*owned == "t") return absl::OkStatus();
    if (wait <= absl::ZeroDuration()) return errors::Error("STORE_IN_USE");
    absl::SleepFor(kPause);
  }
}

}  // namespace waystation::storage::postgres
