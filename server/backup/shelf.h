// SPDX-License-Identifier: Apache-2.0
// Where backups stand, and apart from them their keys:
//
//   folder := (name ".backup")*          archive.h; best on another machine
//   keys   := (name ".key")*
//   key    := "waystation-backup-key 1\n" "expires " RFC 3339 "\n"
//             "key " base64 "\n"
//   name   := time of making, as 20261126T220501Z
//
// A key is destroyed when its time is over. From then on no copy of the backup
// can be read, wherever it lies, and with it go the values that have been
// erased from the hub since.
#ifndef WAYSTATION_SERVER_BACKUP_SHELF_H_
#define WAYSTATION_SERVER_BACKUP_SHELF_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/runtime/file.h"
#include "server/backup/archive.h"
#include "server/storage/store.h"
#include "waystation/store/v1/backup.pb.h"

namespace waystation::backup {

struct ShelfOptions {
  std::string folder;
  std::string keys;
  // How long a key lives, at least one day.
  absl::Duration keep = absl::Hours(24 * 30);
};

struct Backup {
  store::v1::BackupHead head;
  uint64_t file_bytes = 0;
  // Its key is there and has not expired.
  bool has_key = false;
};

struct MadeBackup {
  Backup backup;
  store::v1::BackupTail tail;
  auditlog::Hash hash{};
};

// Thread-safe, but makes one backup at a time.
class Shelf {
 public:
  // Makes both folders if their parents are there, and removes what a crash
  // left half made, unless another shelf is open in this place, in this process
  // or another, and may be making it. LOCAL_DISK_FULL or FILE_NOT_WRITTEN.
  static absl::StatusOr<std::unique_ptr<Shelf>> Open(ShelfOptions options);

  // Copies the store. `head` says where it comes from; name and times are set
  // here. What fails leaves nothing behind. Errors of the store as they are.
  // What was made is a backup once it is put up: until then it goes at the next
  // Open, since nobody may have a copy that is not on record.
  absl::StatusOr<MadeBackup> Make(storage::Store& store,
                                  store::v1::BackupHead head, absl::Time now);
  // FILE_NOT_WRITTEN: it is no backup, and is to be discarded.
  absl::Status PutUp(const std::string& name);

  // Newest first. A file that is no backup is left out.
  absl::StatusOr<std::vector<Backup>> List(absl::Time now) const;

  // Unlocked and ready to be read. NO_SUCH_BACKUP; BACKUP_LOCKED where its key
  // is not there or has expired; BACKUP_DAMAGED.
  absl::StatusOr<std::unique_ptr<ArchiveReader>> Read(const std::string& name,
                                                      absl::Time now) const;

  // Destroys the key of a backup, put up or not, and then removes it. What is
  // gone already is no error.
  absl::Status Discard(const std::string& name);

  // A folder that does not exist, for a store that is made of the backup and
  // removed again; what a crash leaves of it goes at the next Open.
  std::string CheckingFolder(const std::string& name) const;

  // Destroys the keys whose time is over. The names of their backups, and of
  // those whose time is over and whose key has gone before: each is to be
  // discarded when it is on record that it can be read no more. Whoever does
  // not come to it gets the name again, as long as the backup stands here.
  absl::StatusOr<std::vector<std::string>> Expire(absl::Time now);

  const ShelfOptions& options() const { return options_; }

 private:
  explicit Shelf(ShelfOptions options) : options_(std::move(options)) {}
  std::string ArchiveFile(const std::string& name) const;
  std::string PartFile(const std::string& name) const;
  std::string KeyFile(const std::string& name) const;
  bool IsLeftBehind(const std::string& name, absl::Time now) const;

  absl::Status Clear();

  const ShelfOptions options_;
  // Of the keys' folder: locked, shared with whoever has it open too.
  runtime::Descriptor open_;
};

}  // namespace waystation::backup

#endif  // WAYSTATION_SERVER_BACKUP_SHELF_H_
