// SPDX-License-Identifier: Apache-2.0
// The store on PostgreSQL: a database that a site already keeps available,
// backed up and watched.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_POSTGRES_STORE_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_POSTGRES_STORE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

struct Options {
  // Connection string or URI of libpq's.
  std::string target;
  // Of which the tables are; empty: the one that comes first on the user's
  // search path. It holds nothing else.
  std::string schema = {};
  // The schema goes when the store is closed.
  bool is_scratch = false;
  // Opens a store that is being moved, or has been (moving.h).
  bool despite_notes = false;
  // How long to wait while another owns the store: a server takes a while until
  // it notices that a hub is gone.
  absl::Duration wait = absl::ZeroDuration();
  // Others may open it so too, in other processes, all with one checksum key:
  // the store is_shared. One that opens it otherwise is alone.
  bool is_shared = false;
  // Of a shared one: how long the server lets a turn be held by a process that
  // does nothing, before it ends the connection, and the store with it.
  absl::Duration patience = absl::Seconds(10);
  // For the checksums of rows.
  std::array<uint8_t, 32> checksum_key{};
  // Reads that run at once beside a commit, each on a connection of its own.
  size_t readers = 4;
};

// Opens what is in the database, or makes an empty store of it.
// FAILED_PRECONDITION: another hub owns the store (STORE_IN_USE: it holds an
// advisory lock for as long as its connection lives; those who share it hold
// one together), the schema is not ours, a newer release wrote it, it was
// written with another checksum key, it is not all there yet or stands
// elsewhere now (moving.h), or the server is set up to lose what it
// acknowledged (fsync or full_page_writes off), takes no writes, or is too old
// to be shared. DATA_LOSS: what it holds does not fit together, naming the row.
// UNAVAILABLE: the server does not answer.
//
// A connection that breaks ends the store: what it was about to commit is there
// or not, and whoever opens the store next, on the server that took over, finds
// out.
absl::StatusOr<std::unique_ptr<Store>> OpenPostgres(const Options& options);

// Fills the empty database, or schema, of `options` with what Store::Copy gave;
// `next` gives it again, piece by piece, and an empty piece at the end.
// FOLDER_NOT_EMPTY: something is there. What `next` answers other than OK ends
// it and is the answer; the tables are empty then.
absl::Status RestorePostgres(
    const Options& options,
    const std::function<absl::StatusOr<std::string>()>& next);

// FOLDER_NOT_EMPTY: there is a store, which a hub may be using.
absl::Status NeedNoPostgres(const Options& options);
// Removes the schema that `options` name, with the store in it.
absl::Status RemovePostgres(const Options& options);
// Moves the store out of a schema that `from` names, which goes, to where `to`
// has none; in one transaction.
absl::Status MovePostgres(const Options& from, const Options& to);

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_POSTGRES_STORE_H_
