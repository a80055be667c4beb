// SPDX-License-Identifier: Apache-2.0
// The data folder and who owns it.
//
//     folder := lock newest waystation.db waystation.db-wal waystation.db-shm
//               moving_in? moved_out?
//     newest := how far the store had come, see newest_mark.h
//     moving_in, moved_out := see moving.h
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_FOLDER_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waystation::storage::sqlite {

// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor = -1) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  File& operator=(File&& other) noexcept;

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// "<doing> <path>: <errno's text>": RESOURCE_EXHAUSTED for a full disk, else
// UNAVAILABLE.
absl::Status Failed(const std::string& doing, const std::string& path);

// The database of a data folder.
std::string DatabaseIn(const std::string& folder);

// Owns the folder while it lives: no other store opens it, in this process or
// another.
class Folder {
 public:
  // Makes the folder (its parent must be there) and an empty database for its
  // user alone. FAILED_PRECONDITION: another store owns the folder.
  // UNAVAILABLE: the folder cannot be used.
  static absl::StatusOr<std::unique_ptr<Folder>> Take(const std::string& path);

  const std::string& path() const { return path_; }
  std::string database() const { return DatabaseIn(path_); }

  // Makes durable which files there are. Beside what SQLite syncs by itself,
  // the journal with which it made an empty database is gone for good: one that
  // came back would take every group with it.
  absl::Status Sync();

  // Gives the log's shared index the space of a log of `pages` pages, so that a
  // full disk is noticed before a group is durable and not after. For an open
  // database; the folder then outlives all connections, since closing any
  // descriptor of the file would drop the locks that SQLite holds on it.
  absl::Status ReserveIndex(int64_t pages);

 private:
  Folder(std::string path, File lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  File lock_;
  File index_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_FOLDER_H_
