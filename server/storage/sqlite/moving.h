// SPDX-License-Identifier: Apache-2.0
// How a store in a folder becomes one elsewhere, or is made of one
// (server/storage/rows/moving.h).
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_MOVING_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_MOVING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/moving.h"

namespace waystation::storage::sqlite {

// Gives every row to `take`, as of one moment. For whoever holds the store
// open, or knows that nobody does. DATA_LOSS: a page of the database is rotten.
absl::Status ExportSqlite(const std::string& folder, const TakeRow& take);

// Begins a store in a folder that is not there or is empty, or that `source`
// did not fill to the end. FOLDER_NOT_EMPTY: something else is there;
// STORE_IN_USE: and somebody is at work on it. The folder is held until the
// filler is gone.
absl::StatusOr<std::unique_ptr<StoreFiller>> FillSqlite(
    const std::string& folder, const std::string& source);

// The note beside the store, if it has it. Put and removed for good when it
// returns.
absl::StatusOr<std::optional<std::string>> ReadNote(const std::string& folder,
                                                    Note note);
absl::Status PutNote(const std::string& folder, Note note,
                     const std::string& text);
absl::Status RemoveNote(const std::string& folder, Note note);

// The error of whoever opens a store that is moved.
absl::Status NeedNoNote(const std::string& folder);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_MOVING_H_
