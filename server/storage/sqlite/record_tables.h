// SPDX-License-Identifier: Apache-2.0
// Records, the persons that they belong to and the identifiers that they hold,
// through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_RECORD_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_RECORD_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class RecordTables {
 public:
  RecordTables(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByKey(
      std::span<const KeyHash> keys);
  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByUid(
      std::span<const Uid> uids);
  absl::StatusOr<std::vector<std::optional<VectorRow>>> LoadVectors(
      std::span<const Uid> uids);
  absl::StatusOr<std::vector<std::vector<Uid>>> LookUpIdentifiers(
      std::span<const KeyHash> hashes, size_t limit);
  absl::StatusOr<std::vector<std::optional<PersonId>>> PersonsOf(
      std::span<const Uid> uids);
  absl::StatusOr<std::vector<std::vector<Uid>>> MembersOf(
      std::span<const PersonId> persons);
  absl::StatusOr<std::vector<RecordRow>> ListRecords(AgencyNumber agency,
                                                     Uid after, size_t limit);

  // ABORTED unless every record, identifier and person still is as it was read.
  absl::Status Verify(const ReadSet& reads);

  // What the rows of a batch change in the store's counts.
  struct Change {
    int64_t memberships = 0;
    int64_t persons = 0;
    int64_t identifiers = 0;
    std::map<AgencyNumber, uint64_t> new_records;
  };
  absl::Status Put(const RecordRow& record, Change& change);
  absl::Status Put(const MembershipRow& membership, Change& change);
  absl::Status Remove(const IdentifierRow& identifier, Change& change);
  absl::Status Put(const IdentifierRow& identifier, Change& change);

  // Reads every row; what it finds is counted for the caller to compare.
  struct Tally {
    uint64_t records = 0;
    uint64_t persons = 0;
    uint64_t identifiers = 0;
    Uid highest_uid = 0;
    std::map<AgencyNumber, uint64_t> agencies;
  };
  Tally Check(
      const std::function<std::optional<Finding>(const RecordRow&)>& record,
      Findings& findings);

 private:
  absl::Status VerifyVersions(std::span<const ReadSet::Version> reads);
  absl::Status VerifyIdentifiers(std::span<const ReadSet::Identifier> reads);
  absl::StatusOr<std::vector<std::vector<Uid>>> HoldersIn(Rows& rows,
                                                          size_t count);
  absl::StatusOr<std::vector<std::optional<RecordRow>>> Load(Rows& rows,
                                                             size_t count);
  absl::Status Insert(const RecordRow& record, int64_t sum);
  void CheckPersons(Findings& findings, Tally& tally);
  void CheckIdentifiers(Findings& findings, Tally& tally);

  Connection& connection_;
  const ChecksumKey& key_;
  Statement by_key_;
  Statement by_uid_;
  Statement by_agency_;
  Statement version_;
  Statement versions_;
  Statement insert_;
  Statement update_;
  Statement person_;
  Statement persons_;
  Statement members_;
  Statement insert_membership_;
  Statement update_membership_;
  Statement holders_;
  Statement first_holders_;
  Statement insert_identifier_;
  Statement update_identifier_;
  Statement remove_identifier_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_RECORD_TABLES_H_
