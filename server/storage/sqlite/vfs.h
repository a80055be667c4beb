// SPDX-License-Identifier: Apache-2.0
// The store's layer between SQLite and the system's files. It does four
// things.
//
// It gathers writes to the write-ahead log. SQLite appends each page of a group
// with two small unaligned writes and then syncs; gathered into large ones they
// cost a fifth (measured on ext4: 0.9 us a page instead of 5). A sync, a read
// or anything else of that file comes after what was gathered. Nobody can miss
// the gathered bytes: other connections read the log up to what the last commit
// published, and with synchronous=FULL that is after its sync; pages are
// written by commits alone (cache_spill=OFF), so nothing stays gathered between
// them.
//
// It wipes what pages of the database no longer use. SQLite moves rows between
// pages and leaves copies behind there, so that an erased value would still lie
// in the file; secure_delete wipes what is removed, not what was moved before.
//
// It syncs a log that was cut short, which SQLite leaves to chance: what the
// log held, erased values too, could be there again after a power cut.
//
// And it is the seam for faults: before each step that touches a file it asks
// the hooks of a test, if there are any.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_VFS_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_VFS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace waystation::storage::sqlite {

// What the store is about to do to a file.
struct FileStep {
  enum class Kind { kOpen, kRead, kWrite, kTruncate, kSync, kDelete, kMap };
  Kind kind = Kind::kOpen;
  std::string_view path;
  // kRead, kWrite: where. kTruncate: the new size.
  int64_t offset = 0;
  // kRead: how many bytes.
  int64_t size = 0;
  // kWrite: what.
  std::string_view bytes;
};

// What becomes of it.
enum class FileAnswer {
  kPass,
  // The step fails: the disk is full (writes and maps), or the medium does not
  // answer.
  kNoSpace,
  kFail,
  // A write does its first half, then fails as kFail.
  kTear,
  // A write, a sync or a truncation claims success and did nothing.
  kLose,
};

// Implemented by tests. Called by several threads at once.
class FileHooks {
 public:
  virtual ~FileHooks() = default;
  virtual FileAnswer Before(const FileStep& step) = 0;
  // Other connections may see the log's index as it is now, half written too.
  virtual void AtBarrier() {}
};

// The layer, registered with SQLite under a name of its own while it lives.
// Outlives every connection that was opened by that name.
class FileLayer {
 public:
  // `hooks` may be null.
  explicit FileLayer(FileHooks* hooks);
  ~FileLayer();
  FileLayer(const FileLayer&) = delete;
  FileLayer& operator=(const FileLayer&) = delete;

  const char* name() const;

 private:
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_VFS_H_
