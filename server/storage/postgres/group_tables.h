// SPDX-License-Identifier: Apache-2.0
// Commit groups, mailboxes, counts of agencies and the store's own row, through
// one connection: what is small, ordered and in one place.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_GROUP_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_GROUP_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/pipeline.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/rows/group.h"
#include "server/storage/rows/rows.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Used by one thread at a time, as its connection. Writes are steps of a
// transaction that the caller holds.
class GroupTables {
 public:
  static std::span<const Statement* const> Statements();

  GroupTables(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  // The groups that stay, by rising number. DATA_LOSS also when one of them is
  // missing.
  absl::StatusOr<std::vector<GroupRow>> Load() const;
  void Put(const GroupRow& group, Pipeline& pipeline) const;
  // The same of those after `number`, and what LoadAgencies answers, once the
  // pipeline has run, which they outlive.
  void LoadSince(uint64_t number, std::vector<GroupRow>& groups,
                 Pipeline& pipeline) const;
  void LoadAgencies(std::map<AgencyNumber, uint64_t>& records,
                    Pipeline& pipeline) const;

  // Records of each agency.
  absl::StatusOr<std::map<AgencyNumber, uint64_t>> LoadAgencies() const;
  void PutAgencies(const std::map<AgencyNumber, uint64_t>& records,
                   Pipeline& pipeline) const;

  absl::StatusOr<std::vector<MailboxRow>> ReadMailbox(AgencyNumber agency,
                                                      uint64_t after,
                                                      size_t limit) const;
  // State of every mailbox that ever got anything or has a reader.
  absl::StatusOr<std::map<AgencyNumber, Store::MailboxState>> LoadMailboxes()
      const;
  void PutMailboxes(std::span<const MailboxSegment> segments,
                    Pipeline& pipeline) const;
  // How far one mailbox has been read: the rest is left zero.
  absl::StatusOr<Store::MailboxState> LoadReader(AgencyNumber agency) const;
  void PutReader(AgencyNumber agency, uint64_t position, int64_t time,
                 Pipeline& pipeline) const;
  // The same unless it has been read further.
  void AdvanceReader(AgencyNumber agency, uint64_t position, int64_t time,
                     Pipeline& pipeline) const;

  // The first uid that was never given out. Makes the row in an empty store.
  // FAILED_PRECONDITION: the store was written with another checksum key.
  absl::StatusOr<Uid> LoadNextUid() const;
  void PutNextUid(Uid next, Pipeline& pipeline) const;
  // The same of a store that has the row; nobody else changes it until the
  // transaction of the caller ends.
  absl::StatusOr<Uid> LockNextUid() const;

  // Reads every row and compares with the newest positions; in a transaction of
  // the caller.
  void CheckMailboxes(const std::map<AgencyNumber, uint64_t>& newest,
                      Findings& findings) const;

 private:
  absl::Status GroupsIn(const Result& result,
                        std::vector<GroupRow>& groups) const;
  absl::StatusOr<Store::MailboxState> ReaderIn(const Result& result,
                                               int row) const;
  absl::StatusOr<Uid> NextUidIn(const Result& result) const;
  // The entries of one row, whose first column is the agency.
  absl::StatusOr<std::vector<MailboxRow>> EntriesIn(const Result& result,
                                                    int row) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_GROUP_TABLES_H_
