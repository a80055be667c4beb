// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/group_tables.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/limits.h"

namespace waystation::storage::postgres {
namespace {

#define WAYSTATION_GROUP_COLUMNS                                             \
  "number, batch, first_leaf, frontier, mailboxes, decided, records, "       \
  "persons, conflicts, candidates, identifiers, decisions, objects, edges, " \
  "notices, codes, log_size, sum FROM commit_group "
constexpr Statement kGroups{
    "group_list", "SELECT " WAYSTATION_GROUP_COLUMNS "ORDER BY number"};
constexpr Statement kGroupsSince{"group_since",
                                 "SELECT " WAYSTATION_GROUP_COLUMNS
                                 "WHERE number > $1::bigint ORDER BY number"};
#undef WAYSTATION_GROUP_COLUMNS
constexpr Statement kPutGroup{
    "group_put",
    "INSERT INTO commit_group (slot, number, batch, first_leaf, log_size, "
    "frontier, mailboxes, decided, records, persons, conflicts, candidates, "
    "identifiers, decisions, objects, edges, notices, codes, sum) VALUES "
    "($1::bigint, "
    "$2::bigint, $3::bytea, $4::bigint, $5::bigint, $6::bytea, $7::bytea, "
    "$8::bigint, $9::bigint, $10::bigint, $11::bigint, $12::bigint, "
    "$13::bigint, $14::bigint, $15::bigint, $16::bigint, $17::bigint, "
    "$18::bigint, $19::bigint) "
    "ON CONFLICT (slot) DO UPDATE SET number = excluded.number, "
    "batch = excluded.batch, first_leaf = excluded.first_leaf, "
    "log_size = excluded.log_size, frontier = excluded.frontier, "
    "mailboxes = excluded.mailboxes, decided = excluded.decided, "
    "records = excluded.records, persons = excluded.persons, "
    "conflicts = excluded.conflicts, candidates = excluded.candidates, "
    "identifiers = excluded.identifiers, decisions = excluded.decisions, "
    "objects = excluded.objects, edges = excluded.edges, "
    "notices = excluded.notices, codes = excluded.codes, sum = excluded.sum"};
constexpr Statement kAgencies{"agency_list",
                              "SELECT agency, records, sum FROM agency"};
constexpr Statement kPutAgencies{
    "agency_put",
    "INSERT INTO agency (agency, records, sum) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) "
    "ON CONFLICT (agency) DO UPDATE SET records = excluded.records, "
    "sum = excluded.sum"};
constexpr Statement kMailboxFrom{
    "mailbox_from",
    "SELECT agency, first, entries, sum FROM mailbox "
    "WHERE agency = $1::bigint AND first > $2::bigint "
    "ORDER BY first LIMIT $3::bigint"};
// Agencies are few and entries are many: from agency to agency by the key.
constexpr Statement kMailboxEnds{
    "mailbox_ends",
    "WITH RECURSIVE agencies AS ("
    "(SELECT agency FROM mailbox ORDER BY agency LIMIT 1) UNION ALL "
    "SELECT (SELECT mailbox.agency FROM mailbox "
    "WHERE mailbox.agency > agencies.agency ORDER BY mailbox.agency LIMIT 1) "
    "FROM agencies WHERE agencies.agency IS NOT NULL) "
    "SELECT last.* FROM agencies CROSS JOIN LATERAL "
    "(SELECT agency, first, entries, sum FROM mailbox "
    "WHERE mailbox.agency = agencies.agency ORDER BY first DESC LIMIT 1) "
    "AS last"};
constexpr Statement kPutMailboxes{
    "mailbox_put",
    "INSERT INTO mailbox (agency, first, entries, sum) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], "
    "$4::bigint[])"};
constexpr Statement kReaders{
    "mailbox_readers",
    "SELECT agency, position, time, sum FROM mailbox_reader"};
constexpr Statement kReader{
    "mailbox_reader_of",
    "SELECT agency, position, time, sum FROM mailbox_reader "
    "WHERE agency = $1::bigint"};
#define WAYSTATION_PUT_READER                                         \
  "INSERT INTO mailbox_reader (agency, position, time, sum) "         \
  "VALUES ($1::bigint, $2::bigint, $3::bigint, $4::bigint) "          \
  "ON CONFLICT (agency) DO UPDATE SET position = excluded.position, " \
  "time = excluded.time, sum = excluded.sum"
constexpr Statement kPutReader{"mailbox_reader_put", WAYSTATION_PUT_READER};
constexpr Statement kAdvanceReader{
    "mailbox_reader_advance",
    WAYSTATION_PUT_READER " WHERE mailbox_reader.position < excluded.position"};
#undef WAYSTATION_PUT_READER
constexpr Statement kStore{"store_row",
                           "SELECT key_check, next_uid, sum FROM store"};
constexpr Statement kLockStore{
    "store_lock", "SELECT key_check, next_uid, sum FROM store FOR UPDATE"};
constexpr Statement kPutStore{
    "store_put",
    "INSERT INTO store (id, key_check, next_uid, sum) "
    "VALUES (1, $1::bigint, $2::bigint, $3::bigint) "
    "ON CONFLICT (id) DO UPDATE SET key_check = excluded.key_check, "
    "next_uid = excluded.next_uid, sum = excluded.sum"};

constexpr const Statement* kStatements[] = {
    &kGroups,      &kGroupsSince,   &kPutGroup,     &kAgencies,  &kPutAgencies,
    &kMailboxFrom, &kMailboxEnds,   &kPutMailboxes, &kReaders,   &kReader,
    &kPutReader,   &kAdvanceReader, &kStore,        &kLockStore, &kPutStore};

constexpr char kMissing[] = "entries before it are missing";

}  // namespace

std::span<const Statement* const> GroupTables::Statements() {
  return kStatements;
}

// --- groups ---

absl::Status GroupTables::GroupsIn(const Result& result,
                                   std::vector<GroupRow>& groups) const {
  for (int row = 0; row < result.rows(); ++row) {
    const uint64_t number = result.Uint(row, 0);
    auto frontier = auditlog::Frontier::Parse(result.Bytes(row, 3));
    if (!frontier.ok()) return Damaged(PlaceOfGroup(number));
    GroupRow group{.number = number,
                   .batch = result.Array<16>(row, 1),
                   .first_leaf = result.Uint(row, 2),
                   .frontier = *std::move(frontier),
                   .mailboxes = UnpackShares(result.Bytes(row, 4)),
                   .decided = result.Uint(row, 5),
                   .tally = {.records = result.Uint(row, 6),
                             .persons = result.Uint(row, 7),
                             .conflicts = result.Uint(row, 8),
                             .candidates = result.Uint(row, 9),
                             .identifiers = result.Uint(row, 10),
                             .decisions = result.Uint(row, 11),
                             .objects = result.Uint(row, 12),
                             .edges = result.Uint(row, 13),
                             .notices = result.Uint(row, 14),
                             .codes = result.Uint(row, 15)}};
    if (result.Int(row, 17) != SumOf(key_, group) ||
        result.Uint(row, 16) != group.frontier.size()) {
      return Damaged(PlaceOfGroup(number));
    }
    if (!groups.empty() && number != groups.back().number + 1) {
      return Damaged(PlaceOfGroup(groups.back().number + 1), "it is missing");
    }
    groups.push_back(std::move(group));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GroupRow>> GroupTables::Load() const {
  const auto result = connection_.Run(kGroups);
  if (!result.ok()) return result.status();
  std::vector<GroupRow> groups;
  if (absl::Status status = GroupsIn(*result, groups); !status.ok()) {
    return status;
  }
  return groups;
}

void GroupTables::LoadSince(uint64_t number, std::vector<GroupRow>& groups,
                            Pipeline& pipeline) const {
  pipeline.Add(kGroupsSince, Parameters(number),
               [this, &groups](const Result& result) {
                 return GroupsIn(result, groups);
               });
}

void GroupTables::Put(const GroupRow& group, Pipeline& pipeline) const {
  const Tally& tally = group.tally;
  pipeline.Add(
      kPutGroup,
      Parameters(group.number % GroupRow::kRing, group.number, group.batch,
                 group.first_leaf, group.frontier.size(),
                 group.frontier.Serialize(), PackShares(group.mailboxes),
                 group.decided, tally.records, tally.persons, tally.conflicts,
                 tally.candidates, tally.identifiers, tally.decisions,
                 tally.objects, tally.edges, tally.notices, tally.codes,
                 SumOf(key_, group)));
}

absl::StatusOr<std::map<AgencyNumber, uint64_t>> GroupTables::LoadAgencies()
    const {
  std::map<AgencyNumber, uint64_t> agencies;
  Pipeline pipeline;
  LoadAgencies(agencies, pipeline);
  if (absl::Status status = pipeline.Run(connection_); !status.ok()) {
    return status;
  }
  return agencies;
}

void GroupTables::LoadAgencies(std::map<AgencyNumber, uint64_t>& records,
                               Pipeline& pipeline) const {
  pipeline.Add(kAgencies, {},
               [this, &records](const Result& result) -> absl::Status {
                 for (int row = 0; row < result.rows(); ++row) {
                   const auto agency = result.As(row, 0);
                   records[agency] = result.Uint(row, 1);
                   if (result.Int(row, 2) !=
                       SumOfAgency(key_, agency, records[agency])) {
                     return Damaged(absl::StrCat("agency ", agency));
                   }
                 }
                 return absl::OkStatus();
               });
}

void GroupTables::PutAgencies(const std::map<AgencyNumber, uint64_t>& records,
                              Pipeline& pipeline) const {
  if (records.empty()) return;
  using Count = std::map<AgencyNumber, uint64_t>::value_type;
  pipeline.Add(kPutAgencies, Parameters()
                                 .AddNumbers(records, &Count::first)
                                 .AddNumbers(records, &Count::second)
                                 .AddNumbers(records, [&](const Count& one) {
                                   return SumOfAgency(key_, one.first,
                                                      one.second);
                                 }));
}

// --- mailboxes ---

absl::StatusOr<std::vector<MailboxRow>> GroupTables::EntriesIn(
    const Result& result, int row) const {
  const auto agency = result.As(row, 0);
  const uint64_t first = result.Uint(row, 1);
  if (result.Int(row, 3) !=
      SumOfMailbox(key_, agency, first, result.Bytes(row, 2))) {
    return Damaged(PlaceOfMailbox(agency, first));
  }
  return UnpackEntries(agency, first, result.Bytes(row, 2));
}

absl::StatusOr<std::vector<MailboxRow>> GroupTables::ReadMailbox(
    AgencyNumber agency, uint64_t after, size_t limit) const {
  std::vector<MailboxRow> entries;
  constexpr uint64_t kSegment = MailboxSegment::kSegment;
  if (limit == 0 || Within(after + 1) != after + 1) return entries;
  // The segment that holds after + 1 begins less than kSegment before it. A
  // group may have left segments of one entry.
  const uint64_t from = after + 1 - std::min(after + 1, kSegment);
  const uint64_t rows = Within(limit) == limit ? limit + kSegment : limit;
  const auto result =
      connection_.Run(kMailboxFrom, Parameters(agency, from, Within(rows)));
  if (!result.ok()) return result.status();
  for (int row = 0; row < result->rows(); ++row) {
    const auto segment = EntriesIn(*result, row);
    if (!segment.ok()) return segment.status();
    for (const MailboxRow& entry : *segment) {
      if (entry.position <= after) continue;
      if (entry.position != after + 1 + entries.size()) {
        return Damaged(PlaceOfMailbox(agency, result->Uint(row, 1)), kMissing);
      }
      entries.push_back(entry);
      if (entries.size() == limit) return entries;
    }
  }
  return entries;
}

absl::StatusOr<std::map<AgencyNumber, Store::MailboxState>>
GroupTables::LoadMailboxes() const {
  std::map<AgencyNumber, Store::MailboxState> states;
  Pipeline pipeline;
  pipeline.Add(kMailboxEnds, {}, [&](const Result& ends) -> absl::Status {
    for (int row = 0; row < ends.rows(); ++row) {
      const auto entries = EntriesIn(ends, row);
      if (!entries.ok()) return entries.status();
      states[ends.As(row, 0)].last = ends.Uint(row, 1) + entries->size() - 1;
    }
    return absl::OkStatus();
  });
  pipeline.Add(kReaders, {}, [&](const Result& readers) -> absl::Status {
    for (int row = 0; row < readers.rows(); ++row) {
      const auto read = ReaderIn(readers, row);
      if (!read.ok()) return read.status();
      Store::MailboxState& state = states[readers.As(row, 0)];
      state.acknowledged = read->acknowledged;
      state.acknowledged_time = read->acknowledged_time;
    }
    return absl::OkStatus();
  });
  if (absl::Status status = pipeline.Run(connection_); !status.ok()) {
    return status;
  }
  return states;
}

absl::StatusOr<Store::MailboxState> GroupTables::ReaderIn(const Result& result,
                                                          int row) const {
  const AgencyNumber agency = result.As(row, 0);
  const Store::MailboxState state{.acknowledged = result.Uint(row, 1),
                                  .last = 0,
                                  .acknowledged_time = result.Int(row, 2)};
  if (result.Int(row, 3) !=
      SumOfReader(key_, agency, state.acknowledged, state.acknowledged_time)) {
    return Damaged(absl::StrCat("mailbox_reader ", agency));
  }
  return state;
}

absl::StatusOr<Store::MailboxState> GroupTables::LoadReader(
    AgencyNumber agency) const {
  const auto result = connection_.Run(kReader, Parameters(agency));
  if (!result.ok()) return result.status();
  if (result->rows() == 0) return Store::MailboxState();
  return ReaderIn(*result, 0);
}

void GroupTables::PutMailboxes(std::span<const MailboxSegment> segments,
                               Pipeline& pipeline) const {
  if (segments.empty()) return;
  pipeline.Add(kPutMailboxes,
               Parameters()
                   .AddNumbers(segments, &MailboxSegment::agency)
                   .AddNumbers(segments, &MailboxSegment::first)
                   .AddBytes(segments, &MailboxSegment::entries)
                   .AddNumbers(segments, [&](const MailboxSegment& one) {
                     return SumOfMailbox(key_, one.agency, one.first,
                                         one.entries);
                   }));
}

void GroupTables::PutReader(AgencyNumber agency, uint64_t position,
                            int64_t time, Pipeline& pipeline) const {
  pipeline.Add(kPutReader,
               Parameters(agency, position, time,
                          SumOfReader(key_, agency, position, time)));
}

void GroupTables::AdvanceReader(AgencyNumber agency, uint64_t position,
                                int64_t time, Pipeline& pipeline) const {
  pipeline.Add(kAdvanceReader,
               Parameters(agency, position, time,
                          SumOfReader(key_, agency, position, time)));
}

void GroupTables::CheckMailboxes(const std::map<AgencyNumber, uint64_t>& newest,
                                 Findings& findings) const {
  std::map<AgencyNumber, uint64_t> next;
  findings.Add(
      "mailbox",
      connection_.Walk(
          "SELECT agency, first, entries, sum FROM mailbox "
          "ORDER BY agency, first",
          [&](const Result& result, int row) {
            const auto agency = result.As(row, 0);
            const uint64_t first = result.Uint(row, 1);
            const auto entries = EntriesIn(result, row);
            if (!entries.ok()) {
              findings.Add("mailbox", PlaceOfMailbox(agency, first),
                           kBadChecksum);
              return;
            }
            uint64_t& expected = next.try_emplace(agency, 1).first->second;
            if (first != expected) {
              findings.Add("mailbox", PlaceOfMailbox(agency, first), kMissing);
            }
            expected = first + entries->size();
          }));
  for (const auto& [agency, last] : newest) {
    const auto found = next.find(agency);
    if (last != (found == next.end() ? 0 : found->second - 1)) {
      findings.Add("mailbox", PlaceOfMailbox(agency, last),
                   "it is not the newest entry");
    }
  }
  findings.Add(
      "mailbox_reader",
      connection_.Walk("SELECT agency, position, time, sum FROM mailbox_reader",
                       [&](const Result& result, int row) {
                         const auto agency = result.As(row, 0);
                         if (result.Int(row, 3) !=
                             SumOfReader(key_, agency, result.Uint(row, 1),
                                         result.Int(row, 2))) {
                           findings.Add("mailbox_reader",
                                        absl::StrCat("mailbox_reader ", agency),
                                        kBadChecksum);
                         }
                       }));
}

// --- the store's own row ---

absl::StatusOr<Uid> GroupTables::LoadNextUid() const {
  const auto result = connection_.Run(kStore);
  if (!result.ok()) return result.status();
  if (result->rows() > 0) return NextUidIn(*result);
  constexpr Uid kFirst = 1;
  Pipeline pipeline;
  PutNextUid(kFirst, pipeline);
  if (absl::Status status = pipeline.Run(connection_); !status.ok()) {
    return status;
  }
  return kFirst;
}

absl::StatusOr<Uid> GroupTables::NextUidIn(const Result& result) const {
  const Uid next = result.Uint(0, 1);
  const bool key_fits = result.Int(0, 0) == KeyCheckOf(key_);
  const bool sum_fits = result.Int(0, 2) == SumOfNextUid(key_, next);
  if (key_fits && sum_fits) return next;
  if (key_fits || sum_fits) return Damaged("store");
  return errors::Error("STORE_FOREIGN", {.rule = "the same checksum key"});
}

absl::StatusOr<Uid> GroupTables::LockNextUid() const {
  const auto result = connection_.Run(kLockStore);
  if (!result.ok()) return result.status();
  if (result->rows() == 0) return Damaged("store", "it is missing");
  return NextUidIn(*result);
}

void GroupTables::PutNextUid(Uid next, Pipeline& pipeline) const {
  pipeline.Add(kPutStore,
               Parameters(KeyCheckOf(key_), next, SumOfNextUid(key_, next)));
}

}  // namespace waystation::storage::postgres
