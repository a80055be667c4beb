// SPDX-License-Identifier: Apache-2.0
// Commit groups through one connection. The row of a group is written last in
// its transaction and says what every other table holds then; the last kRing
// rows stay, so that a batch that comes again is known by its id.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/merkle.h"
#include "server/storage/sqlite/checksum.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/findings.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

using BatchId = std::array<uint8_t, 16>;

// Rows of the tables that are counted.
struct Tally {
  uint64_t records = 0;
  uint64_t persons = 0;
  uint64_t conflicts = 0;
  uint64_t candidates = 0;
  uint64_t identifiers = 0;
  uint64_t decisions = 0;
  uint64_t objects = 0;
  uint64_t edges = 0;
  bool operator==(const Tally&) const = default;
};

// Positions base + 1 ... base + count of one mailbox.
struct MailboxShare {
  AgencyNumber agency = 0;
  uint64_t base = 0;
  uint64_t count = 0;
  bool operator==(const MailboxShare&) const = default;
};

struct GroupRow {
  uint64_t number = 0;
  BatchId batch{};
  uint64_t first_leaf = 0;
  // Over all leaves after the group.
  auditlog::Frontier frontier;
  std::vector<MailboxShare> mailboxes;
  // The group that wrote the newest decision.
  uint64_t decided = 0;
  Tally tally;
};

// Used by one thread at a time, as its connection.
class GroupTable {
 public:
  static constexpr uint64_t kRing = 1024;

  GroupTable(Connection& connection, const ChecksumKey& key);

  // The groups that stay, by rising number. DATA_LOSS also when one of them is
  // missing.
  absl::StatusOr<std::vector<GroupRow>> Load();
  // Records of each agency.
  absl::StatusOr<std::map<AgencyNumber, uint64_t>> LoadAgencies();

  // Steps of a transaction.
  absl::Status Put(const GroupRow& group);
  absl::Status PutAgency(AgencyNumber agency, uint64_t records);

 private:
  int64_t SumOf(const GroupRow& group) const;
  int64_t SumOfAgency(AgencyNumber agency, uint64_t records) const;

  Connection& connection_;
  const ChecksumKey& key_;
  Statement put_;
  Statement put_agency_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_
