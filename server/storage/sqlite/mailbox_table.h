// SPDX-License-Identifier: Apache-2.0
// Mailboxes through one connection. What one commit group adds to one mailbox
// is kept in rows of up to kSegment entries, since two entries an update would
// otherwise be the most frequent row of all:
//
//     entries := entry{1..kSegment}       positions first, first + 1 ...
//     entry   := uid attributes kind      packed numbers
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_MAILBOX_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_MAILBOX_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection.
class MailboxTable {
 public:
  MailboxTable(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::vector<MailboxRow>> Read(AgencyNumber agency,
                                               uint64_t after, size_t limit);
  // State of every mailbox that ever got anything or has a reader.
  absl::StatusOr<std::map<AgencyNumber, Store::MailboxState>> LoadStates();

  // A step of a transaction: entries of one agency at positions `first` on.
  absl::Status Append(AgencyNumber agency, uint64_t first,
                      std::span<const MailboxRow* const> entries);
  absl::Status PutReader(AgencyNumber agency, uint64_t position, int64_t time);

  // Reads every row and compares with the newest positions.
  void Check(const std::map<AgencyNumber, uint64_t>& newest,
             Findings& findings);

 private:
  struct Segment {
    AgencyNumber agency = 0;
    uint64_t first = 0;
    std::vector<MailboxRow> entries;
  };
  absl::StatusOr<Segment> SegmentOf(const Rows& rows) const;

  Connection& connection_;
  const ChecksumKey& key_;
  Statement from_;
  Statement insert_;
  Statement put_reader_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_MAILBOX_TABLE_H_
