// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/record_tables.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

// Behind one column of the caller's.
constexpr char kColumns[] =
    ", record.uid, agency, key, version, received_time, retracted, sum, "
    "wrapped_key, sealed, vector ";

constexpr int kSumColumn = 7;

RecordView RecordOf(const Rows& rows) {
  RecordView record;
  record.uid = rows.Uint(1);
  record.agency = static_cast<AgencyNumber>(rows.Uint(2));
  record.key = rows.Array<16>(3);
  record.version = rows.Uint(4);
  record.received_time = rows.Int(5);
  record.retracted = rows.Uint(6) != 0;
  record.wrapped_key = rows.Bytes(8);
  record.sealed = rows.Bytes(9);
  record.vector = rows.Bytes(10);
  return record;
}

MembershipRow MembershipOf(const Rows& rows) {
  return {.uid = rows.Uint(1), .person = rows.Uint(2)};
}

IdentifierRow IdentifierOf(const Rows& rows) {
  return {.hash = rows.Array<16>(1),
          .epoch = static_cast<uint32_t>(rows.Uint(2)),
          .uid = rows.Uint(3)};
}

absl::Status Moved(const std::string& what) {
  return absl::AbortedError(absl::StrCat(what, " moved since it was read"));
}

}  // namespace

RecordTables::RecordTables(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      by_key_(connection,
              absl::StrCat("SELECT list.rowid", kColumns,
                           "FROM hash_list(?) AS list CROSS JOIN record "
                           "ON record.key = list.value")),
      by_uid_(connection,
              absl::StrCat("SELECT list.rowid", kColumns,
                           "FROM uid_list(?) AS list CROSS JOIN record "
                           "ON record.uid = list.value")),
      by_agency_(connection,
                 absl::StrCat("SELECT 0", kColumns,
                              "FROM record WHERE agency = ? AND uid > ? "
                              "ORDER BY uid LIMIT ?")),
      version_(connection, "SELECT version FROM record WHERE key = ?"),
      versions_(connection,
                "SELECT list.rowid, version FROM uid_list(?) AS list "
                "CROSS JOIN record ON record.uid = list.value"),
      insert_(connection,
              "INSERT INTO record (uid, agency, key, version, received_time, "
              "retracted, sum, wrapped_key, sealed, vector) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_(connection,
              "UPDATE record SET version = ?, received_time = ?, "
              "retracted = ?, sum = ?, wrapped_key = ?, sealed = ?, "
              "vector = ? "
              "WHERE uid = ? AND version = ? AND key = ? AND agency = ?"),
      person_(connection, "SELECT person FROM membership WHERE uid = ?"),
      persons_(connection,
               "SELECT list.rowid, uid, person, sum FROM uid_list(?) AS list "
               "CROSS JOIN membership ON membership.uid = list.value"),
      members_(connection,
               "SELECT list.rowid, uid, person, sum FROM uid_list(?) AS list "
               "CROSS JOIN membership INDEXED BY membership_by_person "
               "ON membership.person = list.value"),
      insert_membership_(
          connection,
          "INSERT INTO membership (uid, person, sum) VALUES (?, ?, ?)"),
      update_membership_(
          connection,
          "UPDATE membership SET person = ?, sum = ? WHERE uid = ?"),
      holders_(connection,
               "SELECT list.rowid, hash, epoch, uid, sum "
               "FROM hash_list(?) AS list CROSS JOIN identifier "
               "ON identifier.hash = list.value"),
      // Up to the last that is wanted, if there are so many.
      first_holders_(connection,
                     "SELECT list.rowid, hash, epoch, uid, sum "
                     "FROM hash_list(?) AS list CROSS JOIN identifier "
                     "ON identifier.hash = list.value AND identifier.uid <= "
                     "coalesce((SELECT uid FROM identifier AS last "
                     "WHERE last.hash = list.value ORDER BY uid "
                     "LIMIT 1 OFFSET ?), 9223372036854775807)"),
      insert_identifier_(connection,
                         "INSERT OR IGNORE INTO identifier (hash, uid, epoch, "
                         "sum) VALUES (?, ?, ?, ?)"),
      update_identifier_(connection,
                         "UPDATE identifier SET epoch = ?, sum = ? "
                         "WHERE hash = ? AND uid = ?"),
      remove_identifier_(connection,
                         "DELETE FROM identifier WHERE hash = ? AND uid = ?") {}

// --- reading ---

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::Load(
    Rows& rows, size_t count) {
  std::vector<std::optional<RecordRow>> records(count);
  while (rows.Next()) {
    const RecordView record = RecordOf(rows);
    if (rows.Int(kSumColumn) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    records[rows.Uint(0)] = record.Row();
  }
  if (!rows.status().ok()) return rows.status();
  return records;
}

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::LoadByKey(
    std::span<const KeyHash> keys) {
  Rows rows(by_key_, keys);
  return Load(rows, keys.size());
}

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::LoadByUid(
    std::span<const Uid> uids) {
  Rows rows(by_uid_, uids);
  return Load(rows, uids.size());
}

absl::StatusOr<std::vector<RecordRow>> RecordTables::ListRecords(
    AgencyNumber agency, Uid after, size_t limit) {
  std::vector<RecordRow> records;
  Rows rows(by_agency_, agency, after, limit);
  while (rows.Next()) {
    const RecordView record = RecordOf(rows);
    if (rows.Int(kSumColumn) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    records.push_back(record.Row());
  }
  if (!rows.status().ok()) return rows.status();
  return records;
}

absl::StatusOr<std::vector<std::optional<VectorRow>>> RecordTables::LoadVectors(
    std::span<const Uid> uids) {
  std::vector<std::optional<VectorRow>> vectors(uids.size());
  Rows rows(by_uid_, uids);
  while (rows.Next()) {
    const RecordView record = RecordOf(rows);
    if (rows.Int(kSumColumn) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    vectors[rows.Uint(0)] = record.Vector();
  }
  if (!rows.status().ok()) return rows.status();
  return vectors;
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::LookUpIdentifiers(
    std::span<const KeyHash> hashes, size_t limit) {
  if (limit == kNoLimit) {
    Rows rows(holders_, hashes);
    return HoldersIn(rows, hashes.size());
  }
  Rows rows(first_holders_, hashes, limit - 1);
  return HoldersIn(rows, hashes.size());
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::HoldersIn(
    Rows& rows, size_t count) {
  std::vector<std::vector<Uid>> holders(count);
  while (rows.Next()) {
    const IdentifierRow row = IdentifierOf(rows);
    if (rows.Int(4) != SumOf(key_, row)) return Damaged(PlaceOf(row));
    holders[rows.Uint(0)].push_back(row.uid);
  }
  if (!rows.status().ok()) return rows.status();
  return holders;
}

absl::StatusOr<std::vector<std::optional<PersonId>>> RecordTables::PersonsOf(
    std::span<const Uid> uids) {
  std::vector<std::optional<PersonId>> persons(uids.size());
  Rows rows(persons_, uids);
  while (rows.Next()) {
    const MembershipRow row = MembershipOf(rows);
    if (rows.Int(3) != SumOf(key_, row)) return Damaged(PlaceOf(row));
    persons[rows.Uint(0)] = row.person;
  }
  if (!rows.status().ok()) return rows.status();
  return persons;
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::MembersOf(
    std::span<const PersonId> persons) {
  std::vector<std::vector<Uid>> members(persons.size());
  Rows rows(members_, persons);
  while (rows.Next()) {
    const MembershipRow row = MembershipOf(rows);
    if (rows.Int(3) != SumOf(key_, row)) return Damaged(PlaceOf(row));
    members[rows.Uint(0)].push_back(row.uid);
  }
  if (!rows.status().ok()) return rows.status();
  // The index goes by checksum within a person.
  for (std::vector<Uid>& uids : members) std::sort(uids.begin(), uids.end());
  return members;
}

// --- writing ---

absl::Status RecordTables::Verify(const ReadSet& reads) {
  for (const ReadSet::Record& read : reads.records) {
    Rows rows(version_, read.key);
    const uint64_t version = rows.Next() ? rows.Uint(0) : 0;
    if (!rows.status().ok()) return rows.status();
    if (version != read.version) return Moved("a record");
  }
  if (absl::Status status = VerifyVersions(reads.versions); !status.ok()) {
    return status;
  }
  if (absl::Status status = VerifyIdentifiers(reads.identifiers);
      !status.ok()) {
    return status;
  }
  std::vector<PersonId> persons;
  persons.reserve(reads.persons.size());
  for (const ReadSet::Person& read : reads.persons) {
    persons.push_back(read.person);
  }
  const auto members = MembersOf(persons);
  if (!members.ok()) return members.status();
  return std::ranges::equal(*members, reads.persons, {}, {},
                            &ReadSet::Person::uids)
             ? absl::OkStatus()
             : Moved("a person");
}

absl::Status RecordTables::VerifyVersions(
    std::span<const ReadSet::Version> reads) {
  std::vector<Uid> uids;
  uids.reserve(reads.size());
  for (const ReadSet::Version& read : reads) uids.push_back(read.uid);
  const std::span<const Uid> list = uids;
  Rows rows(versions_, list);
  size_t held = 0;
  for (; rows.Next(); ++held) {
    if (rows.Uint(1) != reads[rows.Uint(0)].version) return Moved("a record");
  }
  if (!rows.status().ok()) return rows.status();
  return held == reads.size() ? absl::OkStatus() : Moved("a record");
}

absl::Status RecordTables::VerifyIdentifiers(
    std::span<const ReadSet::Identifier> reads) {
  std::map<size_t, std::vector<const ReadSet::Identifier*>> by_limit;
  for (const ReadSet::Identifier& read : reads) {
    by_limit[read.limit].push_back(&read);
  }
  std::vector<KeyHash> hashes;
  for (const auto& [limit, some] : by_limit) {
    hashes.clear();
    for (const ReadSet::Identifier* read : some) hashes.push_back(read->hash);
    const auto holders = LookUpIdentifiers(hashes, limit);
    if (!holders.ok()) return holders.status();
    for (size_t i = 0; i < some.size(); ++i) {
      if ((*holders)[i] != some[i]->uids) return Moved("an identifier");
    }
  }
  return absl::OkStatus();
}

absl::Status RecordTables::Put(const RecordRow& record, Change& change) {
  const RecordView held(record);
  const int64_t sum = SumOf(key_, held);
  if (record.version == 0) {
    ++change.new_records[record.agency];
    return Insert(record, sum);
  }
  if (absl::Status status =
          update_.Run(held.version, record.received_time, record.retracted, sum,
                      record.wrapped_key, record.sealed, record.vector,
                      record.uid, record.version, record.key, record.agency);
      !status.ok()) {
    return status;
  }
  if (sqlite3_changes(connection_.handle()) != 1) return Moved("a record");
  return absl::OkStatus();
}

absl::Status RecordTables::Insert(const RecordRow& record, int64_t sum) {
  absl::Status status =
      insert_.Run(record.uid, record.agency, record.key, record.version + 1,
                  record.received_time, record.retracted, sum,
                  record.wrapped_key, record.sealed, record.vector);
  if (!absl::IsAlreadyExists(status)) return status;
  Rows rows(version_, record.key);
  if (rows.Next()) return Moved("a record");
  if (!rows.status().ok()) return rows.status();
  return absl::InvalidArgumentError(
      absl::StrCat("uid ", record.uid, " is that of another record"));
}

absl::Status RecordTables::Put(const MembershipRow& membership,
                               Change& change) {
  std::optional<PersonId> before;
  {
    Rows rows(person_, membership.uid);
    if (rows.Next()) before = rows.Uint(0);
    if (!rows.status().ok()) return rows.status();
  }
  // A person is held exactly while the record that names it is its member.
  change.persons += (membership.person == membership.uid ? 1 : 0) -
                    (before == membership.uid ? 1 : 0);
  const int64_t sum = SumOf(key_, membership);
  if (before.has_value()) {
    return update_membership_.Run(membership.person, sum, membership.uid);
  }
  ++change.memberships;
  return insert_membership_.Run(membership.uid, membership.person, sum);
}

absl::Status RecordTables::Remove(const IdentifierRow& identifier,
                                  Change& change) {
  if (absl::Status status =
          remove_identifier_.Run(identifier.hash, identifier.uid);
      !status.ok()) {
    return status;
  }
  change.identifiers -= sqlite3_changes(connection_.handle());
  return absl::OkStatus();
}

absl::Status RecordTables::Put(const IdentifierRow& identifier,
                               Change& change) {
  const int64_t sum = SumOf(key_, identifier);
  if (absl::Status status = insert_identifier_.Run(
          identifier.hash, identifier.uid, identifier.epoch, sum);
      !status.ok()) {
    return status;
  }
  if (sqlite3_changes(connection_.handle()) == 1) {
    ++change.identifiers;
    return absl::OkStatus();
  }
  return update_identifier_.Run(identifier.epoch, sum, identifier.hash,
                                identifier.uid);
}

// --- checking ---

RecordTables::Tally RecordTables::Check(
    const std::function<std::optional<Finding>(const RecordRow&)>& record,
    Findings& findings) {
  Tally tally;
  Statement all(connection_,
                absl::StrCat("SELECT 0", kColumns, "FROM record ORDER BY uid"));
  Rows rows(all);
  while (rows.Next()) {
    const RecordView row = RecordOf(rows);
    ++tally.records;
    ++tally.agencies[row.agency];
    tally.highest_uid = std::max(tally.highest_uid, row.uid);
    if (rows.Int(kSumColumn) != SumOf(key_, row)) {
      findings.Add("record", PlaceOf(row), kBadChecksum);
    } else if (record != nullptr) {
      if (std::optional<Finding> found = record(row.Row())) {
        findings.Add("record", std::move(found->place),
                     std::move(found->reason));
      }
    }
  }
  findings.Add("record", rows.status());
  CheckPersons(findings, tally);
  CheckIdentifiers(findings, tally);
  return tally;
}

void RecordTables::CheckPersons(Findings& findings, Tally& tally) {
  Statement all(connection_,
                "SELECT 0, uid, person, sum FROM membership ORDER BY uid");
  Rows rows(all);
  while (rows.Next()) {
    const MembershipRow row = MembershipOf(rows);
    if (rows.Int(3) != SumOf(key_, row)) {
      findings.Add("membership", PlaceOf(row), kBadChecksum);
    }
  }
  findings.Add("membership", rows.status());

  Statement alone(connection_,
                  "SELECT uid FROM record WHERE uid NOT IN "
                  "(SELECT uid FROM membership)");
  Rows orphans(alone);
  while (orphans.Next()) {
    findings.Add("membership", absl::StrCat("record ", orphans.Uint(0)),
                 "belongs to no person");
  }
  findings.Add("membership", orphans.status());

  Statement smallest(connection_,
                     "SELECT person, min(uid) FROM membership INDEXED BY "
                     "membership_by_person GROUP BY person");
  Rows persons(smallest);
  while (persons.Next()) {
    ++tally.persons;
    if (persons.Uint(0) != persons.Uint(1)) {
      findings.Add("membership", absl::StrCat("person ", persons.Uint(0)),
                   "is not named by its smallest record");
    }
  }
  findings.Add("membership", persons.status());
}

void RecordTables::CheckIdentifiers(Findings& findings, Tally& tally) {
  Statement all(connection_,
                "SELECT 0, hash, epoch, uid, sum FROM identifier "
                "ORDER BY hash, uid");
  Rows rows(all);
  while (rows.Next()) {
    const IdentifierRow row = IdentifierOf(rows);
    ++tally.identifiers;
    if (rows.Int(4) != SumOf(key_, row)) {
      findings.Add("identifier", PlaceOf(row), kBadChecksum);
    }
  }
  findings.Add("identifier", rows.status());
}

}  // namespace waystation::storage::sqlite
