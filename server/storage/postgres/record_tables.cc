// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/record_tables.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/limits.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

// The place in the list, or 1, is the first column; behind it the row.
#define WAYSTATION_RECORD_COLUMNS                                       \
  ", record.uid, agency, key, version, received_time, retracted, sum, " \
  "wrapped_key, sealed, vector "
constexpr int kRecordSum = 7;

constexpr Statement kByKey{
    "record_by_key",
    "SELECT list.n" WAYSTATION_RECORD_COLUMNS
    "FROM unnest($1::bytea[]) WITH ORDINALITY AS list (value, n) "
    "JOIN record ON record.key = list.value"};
constexpr Statement kByUid{
    "record_by_uid",
    "SELECT list.n" WAYSTATION_RECORD_COLUMNS
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN record ON record.uid = list.value"};
constexpr Statement kByAgency{
    "record_by_agency",
    "SELECT 1::bigint" WAYSTATION_RECORD_COLUMNS
    "FROM record WHERE agency = $1::bigint AND uid > $2::bigint "
    "ORDER BY uid LIMIT $3::bigint"};
constexpr Statement kVersionsByKey{
    "record_versions_by_key",
    "SELECT list.n, version "
    "FROM unnest($1::bytea[]) WITH ORDINALITY AS list (value, n) "
    "JOIN record ON record.key = list.value"};
constexpr Statement kVersionsByUid{
    "record_versions_by_uid",
    "SELECT list.n, version "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN record ON record.uid = list.value"};
constexpr Statement kPersons{
    "membership_by_uid",
    "SELECT list.n, uid, person, sum "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN membership ON membership.uid = list.value"};
constexpr Statement kMembers{
    "membership_by_person",
    "SELECT list.n, uid, person, sum "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN membership ON membership.person = list.value"};
constexpr Statement kHolders{
    "identifier_by_hash",
    "SELECT list.n, hash, epoch, uid, sum "
    "FROM unnest($1::bytea[]) WITH ORDINALITY AS list (value, n) "
    "JOIN identifier ON identifier.hash = list.value"};
constexpr Statement kFirstHolders{
    "identifier_first_by_hash",
    "SELECT list.n, first.hash, first.epoch, first.uid, first.sum "
    "FROM unnest($1::bytea[]) WITH ORDINALITY AS list (value, n) "
    "CROSS JOIN LATERAL (SELECT * FROM identifier "
    "WHERE identifier.hash = list.value ORDER BY uid LIMIT $2::bigint) "
    "AS first"};
constexpr Statement kEdges{
    "edge_by_uid",
    "SELECT list.n, a, b, bytes, sum "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN edge ON edge.a = list.value "
    "UNION ALL SELECT list.n, a, b, bytes, sum "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS list (value, n) "
    "JOIN edge ON edge.b = list.value"};
constexpr Statement kListEdges{
    "edge_list",
    "SELECT 1::bigint, a, b, bytes, sum FROM edge "
    "WHERE (a, b) > ($1::bigint, $2::bigint) ORDER BY a, b LIMIT $3::bigint"};

constexpr Statement kInsertRecords{
    "record_insert",
    "INSERT INTO record (uid, agency, key, version, received_time, retracted, "
    "sum, wrapped_key, sealed, vector) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], "
    "$4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], "
    "$9::bytea[], $10::bytea[]) ON CONFLICT DO NOTHING"};
constexpr Statement kHeldKeys{
    "record_held_keys",
    "SELECT count(*) FROM record WHERE key = ANY ($1::bytea[])"};
constexpr Statement kUpdateRecords{
    "record_update",
    "UPDATE record SET version = new.version, "
    "received_time = new.received_time, retracted = new.retracted, "
    "sum = new.sum, wrapped_key = new.wrapped_key, sealed = new.sealed, "
    "vector = new.vector "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], "
    "$5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[], "
    "$10::bytea[]) AS new (uid, agency, key, version, received_time, "
    "retracted, sum, wrapped_key, sealed, vector) "
    "WHERE record.uid = new.uid AND record.version = new.version - 1 "
    "AND record.key = new.key AND record.agency = new.agency"};
// How many rows there are more, and how many persons.
constexpr Statement kPutMemberships{
    "membership_put",
    "WITH new AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], "
    "$3::bigint[]) AS new (uid, person, sum)), "
    "held AS (SELECT membership.uid, membership.person FROM membership "
    "JOIN new ON new.uid = membership.uid), "
    "put AS (INSERT INTO membership (uid, person, sum) SELECT * FROM new "
    "ON CONFLICT (uid) DO UPDATE SET person = excluded.person, "
    "sum = excluded.sum) "
    "SELECT (SELECT count(*) FROM new) - (SELECT count(*) FROM held), "
    "(SELECT count(*) FROM new WHERE uid = person) - "
    "(SELECT count(*) FROM held WHERE uid = person)"};
constexpr Statement kRemoveIdentifiers{
    "identifier_remove",
    "DELETE FROM identifier USING unnest($1::bytea[], $2::bigint[]) "
    "AS gone (hash, uid) "
    "WHERE identifier.hash = gone.hash AND identifier.uid = gone.uid"};
// What is new is counted by what is written; what is held is looked at again
// only where something was.
constexpr Statement kInsertIdentifiers{
    "identifier_insert",
    "INSERT INTO identifier (hash, uid, epoch, sum) "
    "SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], "
    "$4::bigint[]) ON CONFLICT DO NOTHING"};
constexpr Statement kUpdateIdentifiers{
    "identifier_update",
    "UPDATE identifier SET epoch = new.epoch, sum = new.sum "
    "FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[]) "
    "AS new (hash, uid, epoch, sum) WHERE identifier.hash = new.hash "
    "AND identifier.uid = new.uid AND identifier.sum != new.sum"};
constexpr Statement kRemoveEdges{
    "edge_remove",
    "DELETE FROM edge USING unnest($1::bigint[], $2::bigint[]) AS gone (a, b) "
    "WHERE edge.a = gone.a AND edge.b = gone.b"};
constexpr Statement kInsertEdges{
    "edge_insert",
    "INSERT INTO edge (a, b, bytes, sum) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], "
    "$4::bigint[]) ON CONFLICT DO NOTHING"};
constexpr Statement kUpdateEdges{
    "edge_update",
    "UPDATE edge SET bytes = new.bytes, sum = new.sum "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[]) "
    "AS new (a, b, bytes, sum) WHERE edge.a = new.a AND edge.b = new.b "
    "AND edge.sum != new.sum"};
constexpr Statement kNobodys{
    "record_nobodys",
    "SELECT count(*) FROM unnest($1::bigint[]) AS named (uid) "
    "WHERE NOT EXISTS (SELECT FROM record WHERE record.uid = named.uid)"};

constexpr const Statement* kStatements[] = {&kByKey,
                                            &kByUid,
                                            &kByAgency,
                                            &kVersionsByKey,
                                            &kVersionsByUid,
                                            &kPersons,
                                            &kMembers,
                                            &kHolders,
                                            &kFirstHolders,
                                            &kEdges,
                                            &kListEdges,
                                            &kInsertRecords,
                                            &kHeldKeys,
                                            &kUpdateRecords,
                                            &kPutMemberships,
                                            &kRemoveIdentifiers,
                                            &kInsertIdentifiers,
                                            &kUpdateIdentifiers,
                                            &kRemoveEdges,
                                            &kInsertEdges,
                                            &kUpdateEdges,
                                            &kNobodys};

RecordView RecordOf(const Result& result, int row) {
  RecordView record;
  record.uid = result.Uint(row, 1);
  record.agency = result.As(row, 2);
  record.key = result.Array<16>(row, 3);
  record.version = result.Uint(row, 4);
  record.received_time = result.Int(row, 5);
  record.retracted = result.Uint(row, 6) != 0;
  record.wrapped_key = result.Bytes(row, 8);
  record.sealed = result.Bytes(row, 9);
  record.vector = result.Bytes(row, 10);
  return record;
}

MembershipRow MembershipOf(const Result& result, int row) {
  return {.uid = result.Uint(row, 1), .person = result.Uint(row, 2)};
}

IdentifierRow IdentifierOf(const Result& result, int row) {
  return {.hash = result.Array<16>(row, 1),
          .epoch = result.As(row, 2),
          .uid = result.Uint(row, 3)};
}

EdgeRow EdgeOf(const Result& result, int row) {
  return {.a = result.Uint(row, 1),
          .b = result.Uint(row, 2),
          .bytes = std::string(result.Bytes(row, 3))};
}

// The place in the list that was given.
size_t PlaceIn(const Result& result, int row) {
  return static_cast<size_t>(result.Uint(row, 0) - 1);
}

absl::Status Moved(const std::string& what) {
  return absl::AbortedError(absl::StrCat(what, " moved since it was read"));
}

// Of rows with one key the last, which takes the place of those before it.
template <typename Row, typename Key>
std::vector<const Row*> LastOfEach(const std::vector<Row>& rows, Key key) {
  std::map<decltype(key(rows.front())), const Row*> last;
  for (const Row& row : rows) last[key(row)] = &row;
  std::vector<const Row*> result;
  result.reserve(last.size());
  for (const auto& [unused, row] : last) result.push_back(row);
  return result;
}

}  // namespace

std::span<const Statement* const> RecordTables::Statements() {
  return kStatements;
}

// --- reading ---

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::RecordsIn(
    const Result& result, size_t count) const {
  std::vector<std::optional<RecordRow>> records(count);
  for (int row = 0; row < result.rows(); ++row) {
    const RecordView record = RecordOf(result, row);
    if (result.Int(row, kRecordSum) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    records[PlaceIn(result, row)] = record.Row();
  }
  return records;
}

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::LoadByKey(
    std::span<const KeyHash> keys) const {
  const auto result = connection_.Run(kByKey, Parameters().AddBytes(keys));
  if (!result.ok()) return result.status();
  return RecordsIn(*result, keys.size());
}

absl::StatusOr<std::vector<std::optional<RecordRow>>> RecordTables::LoadByUid(
    std::span<const Uid> uids) const {
  const auto result = connection_.Run(kByUid, Parameters().AddNumbers(uids));
  if (!result.ok()) return result.status();
  return RecordsIn(*result, uids.size());
}

absl::StatusOr<std::vector<RecordRow>> RecordTables::ListRecords(
    AgencyNumber agency, Uid after, size_t limit) const {
  const auto result = connection_.Run(
      kByAgency, Parameters(agency, Within(after), Within(limit)));
  if (!result.ok()) return result.status();
  std::vector<RecordRow> records;
  for (int row = 0; row < result->rows(); ++row) {
    const RecordView record = RecordOf(*result, row);
    if (result->Int(row, kRecordSum) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    records.push_back(record.Row());
  }
  return records;
}

absl::StatusOr<std::vector<std::optional<VectorRow>>> RecordTables::LoadVectors(
    std::span<const Uid> uids) const {
  const auto result = connection_.Run(kByUid, Parameters().AddNumbers(uids));
  if (!result.ok()) return result.status();
  std::vector<std::optional<VectorRow>> vectors(uids.size());
  for (int row = 0; row < result->rows(); ++row) {
    const RecordView record = RecordOf(*result, row);
    if (result->Int(row, kRecordSum) != SumOf(key_, record)) {
      return Damaged(PlaceOf(record));
    }
    vectors[PlaceIn(*result, row)] = record.Vector();
  }
  return vectors;
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::LookUpIdentifiers(
    std::span<const KeyHash> hashes, size_t limit) const {
  Parameters parameters;
  parameters.AddBytes(hashes);
  if (limit != kNoLimit) parameters.Add(Within(limit));
  const auto result =
      connection_.Run(limit == kNoLimit ? kHolders : kFirstHolders, parameters);
  if (!result.ok()) return result.status();
  return HoldersIn(*result, hashes.size());
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::HoldersIn(
    const Result& result, size_t count) const {
  std::vector<std::vector<Uid>> holders(count);
  for (int row = 0; row < result.rows(); ++row) {
    const IdentifierRow identifier = IdentifierOf(result, row);
    if (result.Int(row, 4) != SumOf(key_, identifier)) {
      return Damaged(PlaceOf(identifier));
    }
    holders[PlaceIn(result, row)].push_back(identifier.uid);
  }
  for (std::vector<Uid>& uids : holders) std::ranges::sort(uids);
  return holders;
}

absl::StatusOr<std::vector<std::vector<EdgeRow>>> RecordTables::EdgesOf(
    std::span<const Uid> uids) const {
  const auto result = connection_.Run(kEdges, Parameters().AddNumbers(uids));
  if (!result.ok()) return result.status();
  return EdgesIn(*result, uids.size());
}

absl::StatusOr<std::vector<std::vector<EdgeRow>>> RecordTables::EdgesIn(
    const Result& result, size_t count) const {
  std::vector<std::vector<EdgeRow>> edges(count);
  for (int row = 0; row < result.rows(); ++row) {
    EdgeRow edge = EdgeOf(result, row);
    if (result.Int(row, 4) != SumOf(key_, edge)) return Damaged(PlaceOf(edge));
    edges[PlaceIn(result, row)].push_back(std::move(edge));
  }
  // Of one record: what is smaller than it comes first, as `a`.
  for (std::vector<EdgeRow>& of_one : edges) {
    std::ranges::sort(of_one, {}, [](const EdgeRow& edge) {
      return std::pair(edge.a, edge.b);
    });
  }
  return edges;
}

absl::StatusOr<std::vector<EdgeRow>> RecordTables::ListEdges(
    EdgeKey after, size_t limit) const {
  const auto result =
      connection_.Run(kListEdges, Parameters(after.a, after.b, Within(limit)));
  if (!result.ok()) return result.status();
  std::vector<EdgeRow> edges;
  for (int row = 0; row < result->rows(); ++row) {
    edges.push_back(EdgeOf(*result, row));
    if (result->Int(row, 4) != SumOf(key_, edges.back())) {
      return Damaged(PlaceOf(edges.back()));
    }
  }
  return edges;
}

absl::StatusOr<std::vector<std::optional<PersonId>>> RecordTables::PersonsOf(
    std::span<const Uid> uids) const {
  const auto result = connection_.Run(kPersons, Parameters().AddNumbers(uids));
  if (!result.ok()) return result.status();
  std::vector<std::optional<PersonId>> persons(uids.size());
  for (int row = 0; row < result->rows(); ++row) {
    const MembershipRow membership = MembershipOf(*result, row);
    if (result->Int(row, 3) != SumOf(key_, membership)) {
      return Damaged(PlaceOf(membership));
    }
    persons[PlaceIn(*result, row)] = membership.person;
  }
  return persons;
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::MembersOf(
    std::span<const PersonId> persons) const {
  const auto result =
      connection_.Run(kMembers, Parameters().AddNumbers(persons));
  if (!result.ok()) return result.status();
  return MembersIn(*result, persons.size());
}

absl::StatusOr<std::vector<std::vector<Uid>>> RecordTables::MembersIn(
    const Result& result, size_t count) const {
  std::vector<std::vector<Uid>> members(count);
  for (int row = 0; row < result.rows(); ++row) {
    const MembershipRow membership = MembershipOf(result, row);
    if (result.Int(row, 3) != SumOf(key_, membership)) {
      return Damaged(PlaceOf(membership));
    }
    members[PlaceIn(result, row)].push_back(membership.uid);
  }
  for (std::vector<Uid>& uids : members) std::ranges::sort(uids);
  return members;
}

// --- verifying ---

void RecordTables::Verify(const ReadSet& reads, Pipeline& pipeline) const {
  if (!reads.records.empty()) {
    pipeline.Add(kVersionsByKey,
                 Parameters().AddBytes(reads.records, &ReadSet::Record::key),
                 [&reads](const Result& result) -> absl::Status {
                   std::vector<uint64_t> versions(reads.records.size(), 0);
                   for (int row = 0; row < result.rows(); ++row) {
                     versions[PlaceIn(result, row)] = result.Uint(row, 1);
                   }
                   return std::ranges::equal(versions, reads.records, {}, {},
                                             &ReadSet::Record::version)
                              ? absl::OkStatus()
                              : Moved("a record");
                 });
  }
  if (!reads.versions.empty()) {
    pipeline.Add(
        kVersionsByUid,
        Parameters().AddNumbers(reads.versions, &ReadSet::Version::uid),
        [&reads](const Result& result) -> absl::Status {
          std::vector<uint64_t> versions(reads.versions.size(), 0);
          for (int row = 0; row < result.rows(); ++row) {
            versions[PlaceIn(result, row)] = result.Uint(row, 1);
          }
          return std::ranges::equal(versions, reads.versions, {}, {},
                                    &ReadSet::Version::version)
                     ? absl::OkStatus()
                     : Moved("a record");
        });
  }
  std::map<size_t, std::vector<const ReadSet::Identifier*>> by_limit;
  for (const ReadSet::Identifier& read : reads.identifiers) {
    by_limit[read.limit].push_back(&read);
  }
  for (auto& [limit, some] : by_limit) {
    Parameters parameters;
    parameters.AddBytes(some, &ReadSet::Identifier::hash);
    if (limit != kNoLimit) parameters.Add(Within(limit));
    pipeline.Add(
        limit == kNoLimit ? kHolders : kFirstHolders, std::move(parameters),
        [this, some = std::move(some)](const Result& result) -> absl::Status {
          const auto holders = HoldersIn(result, some.size());
          if (!holders.ok()) return holders.status();
          return std::ranges::equal(*holders, some, {}, {},
                                    &ReadSet::Identifier::uids)
                     ? absl::OkStatus()
                     : Moved("an identifier");
        });
  }
  if (!reads.persons.empty()) {
    pipeline.Add(
        kMembers,
        Parameters().AddNumbers(reads.persons, &ReadSet::Person::person),
        [this, &reads](const Result& result) -> absl::Status {
          const auto members = MembersIn(result, reads.persons.size());
          if (!members.ok()) return members.status();
          return std::ranges::equal(*members, reads.persons, {}, {},
                                    &ReadSet::Person::uids)
                     ? absl::OkStatus()
                     : Moved("a person");
        });
  }
  if (!reads.edges.empty()) {
    pipeline.Add(
        kEdges, Parameters().AddNumbers(reads.edges, &ReadSet::Edges::uid),
        [this, &reads](const Result& result) -> absl::Status {
          const auto edges = EdgesIn(result, reads.edges.size());
          if (!edges.ok()) return edges.status();
          for (size_t i = 0; i < edges->size(); ++i) {
            const ReadSet::Edges& read = reads.edges[i];
            if (!std::ranges::equal(
                    (*edges)[i], read.others, {}, [&](const EdgeRow& edge) {
                      return edge.a == read.uid ? edge.b : edge.a;
                    })) {
              return Moved("an edge");
            }
          }
          return absl::OkStatus();
        });
  }
}

// --- writing ---

absl::Status RecordTables::Put(const Batch& batch, Change& change,
                               Pipeline& pipeline) const {
  for (const EdgeRow& edge : batch.edges_put) {
    if (edge.a >= edge.b) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOf(edge), " does not rise"));
    }
  }
  PutRecords(batch, change, pipeline);
  PutMemberships(batch, change, pipeline);
  PutIdentifiers(batch, change, pipeline);
  PutEdges(batch, change, pipeline);
  CheckNamed(batch, pipeline);
  return absl::OkStatus();
}

void RecordTables::PutRecords(const Batch& batch, Change& change,
                              Pipeline& pipeline) const {
  std::vector<RecordView> inserted;
  std::vector<RecordView> updated;
  for (const RecordRow& record : batch.records) {
    if (record.version == 0) {
      ++change.new_records[record.agency];
      inserted.emplace_back(record);
    } else {
      updated.emplace_back(record);
    }
  }
  const auto columns = [&](const std::vector<RecordView>& records) {
    Parameters parameters;
    parameters.AddNumbers(records, &RecordView::uid)
        .AddNumbers(records, &RecordView::agency)
        .AddBytes(records, &RecordView::key)
        .AddNumbers(records, &RecordView::version)
        .AddNumbers(records, &RecordView::received_time)
        .AddNumbers(records, &RecordView::retracted)
        .AddNumbers(records,
                    [&](const RecordView& one) { return SumOf(key_, one); })
        .AddBytes(records, &RecordView::wrapped_key)
        .AddBytes(records, &RecordView::sealed)
        .AddBytes(records, &RecordView::vector);
    return parameters;
  };
  if (!inserted.empty()) {
    pipeline.Add(kHeldKeys, Parameters().AddBytes(inserted, &RecordView::key),
                 [](const Result& result) {
                   return result.Int(0, 0) == 0 ? absl::OkStatus()
                                                : Moved("a record");
                 });
    pipeline.Add(kInsertRecords, columns(inserted),
                 [count = inserted.size()](const Result& result) {
                   return result.written() == static_cast<int64_t>(count)
                              ? absl::OkStatus()
                              : absl::InvalidArgumentError(
                                    "the uid of a new record is that of "
                                    "another");
                 });
  }
  if (!updated.empty()) {
    pipeline.Add(kUpdateRecords, columns(updated),
                 [count = updated.size()](const Result& result) {
                   return result.written() == static_cast<int64_t>(count)
                              ? absl::OkStatus()
                              : Moved("a record");
                 });
  }
}

void RecordTables::PutMemberships(const Batch& batch, Change& change,
                                  Pipeline& pipeline) const {
  const auto rows = LastOfEach(
      batch.memberships, [](const MembershipRow& row) { return row.uid; });
  if (rows.empty()) return;
  pipeline.Add(kPutMemberships,
               Parameters()
                   .AddNumbers(rows, &MembershipRow::uid)
                   .AddNumbers(rows, &MembershipRow::person)
                   .AddNumbers(rows,
                               [&](const MembershipRow* row) {
                                 return SumOf(key_, *row);
                               }),
               [&change](const Result& result) {
                 change.memberships = result.Int(0, 0);
                 change.persons = result.Int(0, 1);
                 return absl::OkStatus();
               });
}

void RecordTables::PutIdentifiers(const Batch& batch, Change& change,
                                  Pipeline& pipeline) const {
  if (!batch.identifiers_removed.empty()) {
    pipeline.Add(
        kRemoveIdentifiers,
        Parameters()
            .AddBytes(batch.identifiers_removed, &IdentifierRow::hash)
            .AddNumbers(batch.identifiers_removed, &IdentifierRow::uid),
        [&change](const Result& result) {
          change.identifiers -= result.written();
          return absl::OkStatus();
        });
  }
  Parameters rows;
  const auto count = AddedIdentifiers(batch, rows);
  if (count == 0) return;
  pipeline.Add(kInsertIdentifiers, std::move(rows),
               [&change, count](const Result& result) {
                 change.identifiers += result.written();
                 change.has_held_identifiers = result.written() < count;
                 return absl::OkStatus();
               });
}

int64_t RecordTables::AddedIdentifiers(const Batch& batch,
                                       Parameters& to) const {
  const auto rows = LastOfEach(
      batch.identifiers_added,
      [](const IdentifierRow& row) { return std::pair(row.hash, row.uid); });
  to.AddBytes(rows, &IdentifierRow::hash)
      .AddNumbers(rows, &IdentifierRow::uid)
      .AddNumbers(rows, &IdentifierRow::epoch)
      .AddNumbers(rows,
                  [&](const IdentifierRow* row) { return SumOf(key_, *row); });
  return static_cast<int64_t>(rows.size());
}

void RecordTables::PutEdges(const Batch& batch, Change& change,
                            Pipeline& pipeline) const {
  if (!batch.edges_removed.empty()) {
    pipeline.Add(kRemoveEdges,
                 Parameters()
                     .AddNumbers(batch.edges_removed, &EdgeKey::a)
                     .AddNumbers(batch.edges_removed, &EdgeKey::b),
                 [&change](const Result& result) {
                   change.edges -= result.written();
                   return absl::OkStatus();
                 });
  }
  Parameters rows;
  const auto count = AddedEdges(batch, rows);
  if (count == 0) return;
  pipeline.Add(kInsertEdges, std::move(rows),
               [&change, count](const Result& result) {
                 change.edges += result.written();
                 change.has_held_edges = result.written() < count;
                 return absl::OkStatus();
               });
}

int64_t RecordTables::AddedEdges(const Batch& batch, Parameters& to) const {
  const auto rows = LastOfEach(batch.edges_put, [](const EdgeRow& row) {
    return std::pair(row.a, row.b);
  });
  to.AddNumbers(rows, &EdgeRow::a)
      .AddNumbers(rows, &EdgeRow::b)
      .AddBytes(rows, &EdgeRow::bytes)
      .AddNumbers(rows, [&](const EdgeRow* row) { return SumOf(key_, *row); });
  return static_cast<int64_t>(rows.size());
}

void RecordTables::PutHeld(const Batch& batch, const Change& change,
                           Pipeline& pipeline) const {
  if (change.has_held_identifiers) {
    Parameters rows;
    AddedIdentifiers(batch, rows);
    pipeline.Add(kUpdateIdentifiers, std::move(rows));
  }
  if (change.has_held_edges) {
    Parameters rows;
    AddedEdges(batch, rows);
    pipeline.Add(kUpdateEdges, std::move(rows));
  }
}

void RecordTables::CheckNamed(const Batch& batch, Pipeline& pipeline) {
  std::set<Uid> named;
  for (const MembershipRow& row : batch.memberships) named.insert(row.uid);
  for (const IdentifierRow& row : batch.identifiers_added) {
    named.insert(row.uid);
  }
  for (const EdgeRow& row : batch.edges_put) named.insert({row.a, row.b});
  for (const NoticeRow& row : batch.notices) named.insert(row.uid);
  for (const HolderCodeRow& row : batch.codes) named.insert(row.uid);
  if (named.empty()) return;
  pipeline.Add(kNobodys, Parameters().AddNumbers(named),
               [](const Result& result) -> absl::Status {
                 if (result.Int(0, 0) == 0) return absl::OkStatus();
                 return absl::InvalidArgumentError(
                     "the batch names a record that nobody holds");
               });
}

// --- checking ---

RecordTables::Tally RecordTables::Check(
    const std::function<std::optional<Finding>(const RecordRow&)>& record,
    Findings& findings) const {
  Tally tally;
  findings.Add("record",
               connection_.Walk(
                   "SELECT 1::bigint" WAYSTATION_RECORD_COLUMNS
                   "FROM record ORDER BY uid",
                   [&](const Result& result, int row) {
                     const RecordView view = RecordOf(result, row);
                     ++tally.records;
                     ++tally.agencies[view.agency];
                     tally.highest_uid = std::max(tally.highest_uid, view.uid);
                     if (result.Int(row, kRecordSum) != SumOf(key_, view)) {
                       findings.Add("record", PlaceOf(view), kBadChecksum);
                     } else if (record != nullptr) {
                       if (std::optional<Finding> found = record(view.Row())) {
                         findings.Add("record", std::move(found->place),
                                      std::move(found->reason));
                       }
                     }
                   }));
  findings.Add("membership",
               connection_.Walk(
                   "SELECT 1::bigint, uid, person, sum FROM membership "
                   "ORDER BY uid",
                   [&](const Result& result, int row) {
                     const MembershipRow held = MembershipOf(result, row);
                     if (result.Int(row, 3) != SumOf(key_, held)) {
                       findings.Add("membership", PlaceOf(held), kBadChecksum);
                     }
                   }));
  findings.Add("membership",
               connection_.Walk(
                   "SELECT uid FROM record WHERE NOT EXISTS (SELECT FROM "
                   "membership WHERE membership.uid = record.uid) ORDER BY uid",
                   [&](const Result& result, int row) {
                     findings.Add("membership",
                                  absl::StrCat("record ", result.Uint(row, 0)),
                                  "belongs to no person");
                   }));
  findings.Add("membership",
               connection_.Walk(
                   "SELECT person, min(uid) FROM membership GROUP BY person "
                   "ORDER BY person",
                   [&](const Result& result, int row) {
                     ++tally.persons;
                     if (result.Uint(row, 0) != result.Uint(row, 1)) {
                       findings.Add(
                           "membership",
                           absl::StrCat("person ", result.Uint(row, 0)),
                           "is not named by its smallest record");
                     }
                   }));
  findings.Add("identifier",
               connection_.Walk(
                   "SELECT 1::bigint, hash, epoch, uid, sum FROM identifier "
                   "ORDER BY hash, uid",
                   [&](const Result& result, int row) {
                     const IdentifierRow held = IdentifierOf(result, row);
                     ++tally.identifiers;
                     if (result.Int(row, 4) != SumOf(key_, held)) {
                       findings.Add("identifier", PlaceOf(held), kBadChecksum);
                     }
                   }));
  findings.Add("edge",
               connection_.Walk("SELECT 1::bigint, a, b, bytes, sum FROM edge "
                                "ORDER BY a, b",
                                [&](const Result& result, int row) {
                                  const EdgeRow held = EdgeOf(result, row);
                                  ++tally.edges;
                                  if (result.Int(row, 4) != SumOf(key_, held)) {
                                    findings.Add("edge", PlaceOf(held),
                                                 kBadChecksum);
                                  }
                                }));
  for (const auto& [table, where] :
       {std::pair("membership", "membership.uid"),
        std::pair("identifier", "identifier.uid"), std::pair("edge", "edge.a"),
        std::pair("edge", "edge.b")}) {
    findings.Add(
        table, connection_.Walk(
                   absl::StrCat("SELECT ", where, " FROM ", table,
                                " WHERE NOT EXISTS (SELECT FROM record WHERE "
                                "record.uid = ",
                                where, ")"),
                   [&, name = table](const Result& result, int row) {
                     findings.Add(
                         name, absl::StrCat(name, " of ", result.Uint(row, 0)),
                         absl::StrCat("names no row of ", "record"));
                   }));
  }
  return tally;
}

#undef WAYSTATION_RECORD_COLUMNS

}  // namespace waystation::storage::postgres
