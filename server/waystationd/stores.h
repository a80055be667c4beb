// SPDX-License-Identifier: Apache-2.0
// Where a hub's store is, and what differs by its kind.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_STORES_H_
#define WAYSTATION_SERVER_WAYSTATIOND_STORES_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/backup/archive.h"
#include "server/hub/keys.h"
#include "server/storage/rows/moving.h"
#include "server/storage/store.h"

namespace waystation::waystationd {

struct StorePlace {
  enum class Kind { kSqlite, kPostgres };

  // "sqlite:<folder>", or a URI of PostgreSQL's: "postgresql://..."; nullopt
  // for anything else.
  static std::optional<StorePlace> Parse(std::string_view text);

  // As it stands in a backup and in the hub's status.
  std::string kind_name() const;
  // For messages: the folder, or of a database what names no password.
  std::string Shown() const;

  Kind kind = Kind::kSqlite;
  // Folder or URI.
  std::string at{};
  // Of a database; empty: the user's own.
  std::string schema{};
};

// The store, made if there is none. Waits so long while another hub owns one
// that is a database, or, unless it is to `share` it, shares it with others.
// `tell` hears of what an open store can do without.
absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(
    const StorePlace& place, const hub::Keys& keys,
    std::function<void(const std::string& words)> tell = {},
    absl::Duration wait = absl::ZeroDuration(), bool share = false);

// FILE_MISSING where no store has been made yet.
absl::Status NeedStore(const StorePlace& place);

// FOLDER_NOT_EMPTY or STORE_IN_USE: there is one, as far as that can be seen
// before it is made.
absl::Status NeedNoStore(const StorePlace& place);

// A store made of a backup whose kind and key fit (STORE_FOREIGN otherwise), in
// a place where there is none.
absl::StatusOr<std::unique_ptr<storage::Store>> RebuildStore(
    backup::ArchiveReader& archive, const StorePlace& place,
    const hub::Keys& keys);

// Where a store is made of a backup only to be checked: `folder`, or a schema
// that goes with the store.
StorePlace CheckingPlace(const StorePlace& place, const std::string& folder);
// Where one is made that comes to the place itself once it is whole.
StorePlace RestoringPlace(const StorePlace& place);

// A store that becomes another one, of the same kind or not
// (server/storage/rows/moving.h). A store with a note opens for nobody else.
absl::StatusOr<std::unique_ptr<storage::Store>> OpenDespiteNotes(
    const StorePlace& place, const hub::Keys& keys, absl::Duration wait);
absl::Status ExportStore(const StorePlace& place, const storage::TakeRow& take);
absl::StatusOr<std::unique_ptr<storage::StoreFiller>> FillStore(
    const StorePlace& place, const std::string& source, absl::Duration wait);
absl::StatusOr<std::optional<std::string>> ReadNote(const StorePlace& place,
                                                    storage::Note note);
absl::Status PutNote(const StorePlace& place, storage::Note note,
                     const std::string& text);
absl::Status RemoveNote(const StorePlace& place, storage::Note note);

// Removes whatever is there: for such places only.
absl::Status RemoveStore(const StorePlace& place);
// Moves the store, which is closed, in one step.
absl::Status MoveStore(const StorePlace& from, const StorePlace& to);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_STORES_H_
