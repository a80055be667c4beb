// SPDX-License-Identifier: Apache-2.0
// What a hub must not forget when it is restored from an older backup, kept
// apart from the store and from its backups:
//
//   folder         := administration.jsonl checkpoint
//   administration := one line for each administered object that was put (an
//                     agency, an agreement, a certificate), for each record
//                     that a person had erased, and, until it expires, for each
//                     code of a holder that was used or taken back: a
//                     store.v1.JournalEntry as protobuf JSON with a checksum;
//                     the last of a kind and id counts
//   checkpoint     := the newest signed head of the audit log
//
// Without it a restored hub would let in whom it had shut out, tell under
// agreements that were revoked, hold again what was erased, and take codes a
// second time; and it could sign a second history of its log.
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
#include "absl/time/clock.h"
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
      const std::string& folder, absl::Time now = absl::Now());

  // What counts until a time only.
  struct Passing {
    storage::ObjectRow row;
    absl::Time until;
  };

  // The last of each kind and id, by kind and id; those whose time was over
  // when the journal was opened are left out.
  std::vector<storage::ObjectRow> Objects() const;
  // Appends those that it does not hold as they are; durable when it returns.
  absl::Status Put(std::span<const storage::ObjectRow> rows, absl::Time now);
  absl::Status Put(std::span<const Passing> rows, absl::Time now);

  // The signed note; empty if there is none yet.
  std::string checkpoint() const;
  absl::Status PutCheckpoint(const std::string& note);

 private:
  using Dated = std::pair<const storage::ObjectRow*, absl::Time>;

  explicit Journal(const std::string& folder);
  absl::Status Read(absl::Time now);
  absl::Status Rewrite() const;
  absl::Status Append(std::span<const Dated> rows, absl::Time now);
  // Drops what counts no longer, once there is much of it.
  void Tidy(absl::Time now);

  // Kind and id.
  using Key = std::pair<std::string, std::string>;
  struct Entry {
    std::string object;
    std::string line;
    absl::Time until = absl::InfiniteFuture();
  };

  const std::string objects_file_;
  const std::string checkpoint_file_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> objects_;
  // In the file, at least; and when it was last looked at for what is over.
  size_t lines_ = 0;
  size_t looked_at_ = 0;
  std::string checkpoint_;
};

}  // namespace waystation::backup

#endif  // WAYSTATION_SERVER_BACKUP_JOURNAL_H_
