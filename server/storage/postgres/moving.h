// SPDX-License-Identifier: Apache-2.0
// How a store in a database becomes one elsewhere, or is made of one
// (server/storage/rows/moving.h). A note is a table of one row beside the
// store's own.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_MOVING_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_MOVING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/postgres_store.h"
#include "server/storage/rows/moving.h"

namespace waystation::storage::postgres {

// Gives every row to `take`, as of one moment.
absl::Status ExportPostgres(const Options& options, const TakeRow& take);

// Begins a store in an empty database (or schema), or in one that `source` did
// not fill to the end. FOLDER_NOT_EMPTY: something else is there; STORE_IN_USE:
// somebody is at work on it; STORE_VERSION: what is there is of a newer
// release; CONFIG_INVALID: tables cannot be made there. The database is held
// until the filler is gone.
absl::StatusOr<std::unique_ptr<StoreFiller>> FillPostgres(
    const Options& options, const std::string& source);

// The note beside the store, if it has it.
absl::StatusOr<std::optional<std::string>> ReadNote(const Options& options,
                                                    Note note);
absl::Status PutNote(const Options& options, Note note,
                     const std::string& text);
absl::Status RemoveNote(const Options& options, Note note);

// The error of whoever opens a store that is moved, unless `options` say that
// it does not matter.
absl::Status NeedNoNote(Connection& connection, const Options& options);

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_MOVING_H_
