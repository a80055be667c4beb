// SPDX-License-Identifier: Apache-2.0
// The store on SQLite: one folder, one hub, nothing to install.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

class FileHooks;

struct Options {
  // Made if its parent is there; only the hub's user can read what is in it.
  std::string folder;
  // For the checksums of rows.
  std::array<uint8_t, 32> checksum_key{};
  // Pages of the database that the committer keeps in memory.
  size_t cache_bytes = size_t{96} << 20;
  // Size of the write-ahead log at which copying it into the database begins.
  // It grows to four times that at most, unless somebody reads for long. A
  // longer log copies pages that change often less often.
  size_t log_bytes = size_t{64} << 20;
  // Reads that run at once beside a commit.
  size_t readers = 4;
  // Told of what an open store can do without and its operator should know.
  std::function<void(const std::string& words)> tell = {};
  // Opens a store that is being moved, or has been (moving.h).
  bool despite_notes = false;
  // Tests only (vfs.h); outlives the store.
  FileHooks* hooks = nullptr;
};

// Opens what is in the folder, or makes an empty store. FAILED_PRECONDITION:
// another store owns the folder, the file is not a store of ours, a newer
// release wrote it, it was written with another checksum key, or it is not all
// there yet or stands elsewhere now (moving.h). DATA_LOSS:
// what it holds does not fit together, naming the row, or ends before what was
// durable (newest_mark.h). RESOURCE_EXHAUSTED or UNAVAILABLE: the medium is
// full or does not answer.
//
// Reads by the thread that committed last use the committer's own connection
// and its cache; others share `readers` connections.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const Options& options);

// Makes the folder of a store out of what Store::Copy gave; `next` gives it
// again, piece by piece, and an empty piece at the end. FOLDER_NOT_EMPTY: there
// is such a folder. What `next` answers other than OK ends it and is the
// answer. What has been made stays then, and is no store. Durable when it
// returns.
absl::Status RestoreSqlite(
    const std::string& folder,
    const std::function<absl::StatusOr<std::string>()>& next);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_
