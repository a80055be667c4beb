// SPDX-License-Identifier: Apache-2.0
// How far the store had come, kept in a file beside its database. A bit that
// flips in the write-ahead log looks to SQLite like the end of what a power cut
// left: it would go on without the commits behind it, which were acknowledged,
// and tell nobody.
//
//     newest := group batch log pages sum
//     group  := number of the newest group    8 bytes, least significant first
//     batch  := id of its batch               16 bytes
//     log    := salts of the log              8 bytes
//     pages  := that it had                   8 bytes, least significant first
//     sum    := keyed checksum (checksum.h)   8 bytes, least significant first
//
// It is written after each commit, without a sync: after a power cut it may be
// behind the database, which is harmless, and it is never ahead.
//
// What it does not find: more damage to the log's header than one bit, while
// the log is copied half-way. Nothing of the log counts then, and a database
// that has the newest group's row already, and not yet all of its other pages,
// goes as far as the mark. Nothing tells that from a log that was copied whole
// and the torn header of the next, and a store that does not open after a write
// failed would be worse. What is missing then is left to the checksums and to
// Store::Check.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_NEWEST_MARK_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_NEWEST_MARK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/sqlite/folder.h"
#include "server/storage/sqlite/group_table.h"
#include "server/storage/sqlite/log_end.h"
#include "server/storage/sqlite/vfs.h"

namespace waystation::storage::sqlite {

struct Mark {
  uint64_t group = 0;
  BatchId batch{};
  // What was durable in the log then: more than the group where something else
  // was written since.
  LogEnd log;
};

// Used by one thread at a time.
class NewestMark {
 public:
  // Makes the file if there is none, as in a folder of an earlier release or
  // one that a backup was put into. `hooks` may be null.
  static absl::StatusOr<std::unique_ptr<NewestMark>> Open(
      const std::string& folder, const ChecksumKey& key, FileHooks* hooks);

  // What an earlier life left; nullopt also where it does not read.
  const std::optional<Mark>& found() const { return found_; }
  bool is_damaged() const { return is_damaged_; }

  // That the log has all that was found, unless there is a later log in its
  // place. `end` is what SQLite takes of it. Before anything is written to it.
  absl::Status VerifyLog(std::string_view header, const LogEnd& end) const;
  // That these groups, the newest last, go as far as what was found.
  absl::Status VerifyGroups(std::span<const GroupRow> groups) const;

  // Durable: at the start, so that the file is there and has its space.
  absl::Status Begin(const Mark& mark);
  // Of what is durable. Where the file cannot be written it stays behind: the
  // commit holds all the same.
  void Put(const Mark& mark);

 private:
  NewestMark(std::string path, File file, const ChecksumKey& key,
             FileHooks* hooks)
      : path_(std::move(path)),
        file_(std::move(file)),
        key_(key),
        hooks_(hooks) {}
  absl::Status Read();
  absl::Status Write(const Mark& mark);

  const std::string path_;
  const File file_;
  const ChecksumKey key_;
  FileHooks* const hooks_;
  std::optional<Mark> found_;
  bool is_damaged_ = false;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_NEWEST_MARK_H_
