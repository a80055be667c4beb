// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/group_table.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/findings.h"

namespace waystation::storage::sqlite {
GroupTable::GroupTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      put_(connection,
           "INSERT OR REPLACE INTO commit_group (slot, number, batch, "
           "first_leaf, log_size, frontier, mailboxes, decided, records, "
           "persons, conflicts, candidates, identifiers, decisions, objects, "
           "edges, notices, codes, sum) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      put_agency_(connection,
                  "INSERT OR REPLACE INTO agency (agency, records, sum) "
                  "VALUES (?, ?, ?)") {}

absl::StatusOr<std::vector<GroupRow>> GroupTable::Load() {
  Statement all(connection_,
                "SELECT number, batch, first_leaf, frontier, mailboxes, "
                "decided, records, persons, conflicts, candidates, "
                "identifiers, decisions, objects, sum, log_size, edges, "
                "notices, codes "
                "FROM commit_group ORDER BY number");
  std::vector<GroupRow> groups;
  Rows rows(all);
  while (rows.Next()) {
    const uint64_t number = rows.Uint(0);
    absl::StatusOr<auditlog::Frontier> frontier =
        auditlog::Frontier::Parse(rows.Bytes(3));
    if (!frontier.ok()) return Damaged(PlaceOfGroup(number));
    GroupRow group{.number = number,
                   .batch = rows.Array<16>(1),
                   .first_leaf = rows.Uint(2),
                   .frontier = *std::move(frontier),
                   .mailboxes = UnpackShares(rows.Bytes(4)),
                   .decided = rows.Uint(5),
                   .tally = {.records = rows.Uint(6),
                             .persons = rows.Uint(7),
                             .conflicts = rows.Uint(8),
                             .candidates = rows.Uint(9),
                             .identifiers = rows.Uint(10),
                             .decisions = rows.Uint(11),
                             .objects = rows.Uint(12),
                             .edges = rows.Uint(15),
                             .notices = rows.Uint(16),
                             .codes = rows.Uint(17)}};
    if (rows.Int(13) != SumOf(key_, group) ||
        rows.Uint(14) != group.frontier.size()) {
      return Damaged(PlaceOfGroup(number));
    }
    if (!groups.empty() && number != groups.back().number + 1) {
      return Damaged(PlaceOfGroup(groups.back().number + 1), "it is missing");
    }
    groups.push_back(std::move(group));
  }
  if (!rows.status().ok()) return rows.status();
  return groups;
}

absl::StatusOr<std::map<AgencyNumber, uint64_t>> GroupTable::LoadAgencies() {
  std::map<AgencyNumber, uint64_t> agencies;
  Statement all(connection_, "SELECT agency, records, sum FROM agency");
  Rows rows(all);
  while (rows.Next()) {
    const auto agency = static_cast<AgencyNumber>(rows.Uint(0));
    if (rows.Int(2) != SumOfAgency(key_, agency, rows.Uint(1))) {
      return Damaged(absl::StrCat("agency ", agency));
    }
    agencies[agency] = rows.Uint(1);
  }
  if (!rows.status().ok()) return rows.status();
  return agencies;
}

absl::Status GroupTable::Put(const GroupRow& group) {
  const std::string frontier = group.frontier.Serialize();
  const std::string mailboxes = PackShares(group.mailboxes);
  const Tally& tally = group.tally;
  return put_.Run(group.number % GroupRow::kRing, group.number, group.batch,
                  group.first_leaf, group.frontier.size(), frontier, mailboxes,
                  group.decided, tally.records, tally.persons, tally.conflicts,
                  tally.candidates, tally.identifiers, tally.decisions,
                  tally.objects, tally.edges, tally.notices, tally.codes,
                  SumOf(key_, group));
}

absl::Status GroupTable::PutAgency(AgencyNumber agency, uint64_t records) {
  return put_agency_.Run(agency, records, SumOfAgency(key_, agency, records));
}

}  // namespace waystation::storage::sqlite
