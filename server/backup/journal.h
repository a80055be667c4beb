// SPDX-License-Identifier: Apache-2.0
// What a hub must not forget when it is restored from an older backup, kept
// apart from the store and from its backups:
//
//   folder         := administration.jsonl checkpoint
//   administration := one line for each administered object that was put (an
//                     agency, an agreement, a certificate), and for each record
//                     that a person had erased: a store.v1.JournalEntry as
//                     protobuf JSON with a checksum; the last of a kind and id
//                     counts
//   checkpoint     := the newest signed head of the audit log
//
// Without it a restored hub would let in whom it had shut out, tell under
// agreements that were revoked, and hold again what was erased; and it could
// sign a second history of its log.
#ifndef WAYSTATION_SERVER_BACKUP_JOURNAL_H_
#define WAYSTATION_SERVER_BACKUP_JOURNAL_H_

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/store.h"

namespace waystation::backup {

// Thread-safe.
class Journal {
 public:
  // Makes the folder (its parent must be there). A last line that a crash cut
  // short is dropped. JOURNAL_DAMAGED names another line that cannot be read,
  // or that is not what was written.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      const std::string& folder);

  // The last of each kind and id, by kind and id.
  std::vector<storage::ObjectRow> Objects() const;
  // Appends those that it does not hold as they are; durable when it returns.
  absl::Status Put(std::span<const storage::ObjectRow> rows, absl::Time now);

  // The signed note; empty if there is none yet.
  std::string checkpoint() const;
  absl::Status PutCheckpoint(const std::string& note);

 private:
  explicit Journal(const std::string& folder);
  absl::Status Read();
  absl::Status Rewrite() const;

  // Kind and id.
  using Key = std::pair<std::string, std::string>;
  struct Entry {
    std::string object;
    std::string line;
  };

  const std::string objects_file_;
  const std::string checkpoint_file_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> objects_;
  std::string checkpoint_;
};

}  // namespace waystation::backup

#endif  // WAYSTATION_SERVER_BACKUP_JOURNAL_H_
