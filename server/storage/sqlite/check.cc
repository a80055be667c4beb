// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/check.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/storage/rows/findings.h"

namespace waystation::storage::sqlite {
namespace {

void CheckStructure(Connection& connection, Findings& findings) {
  {
    // Its messages name tables, indexes and row numbers, never values.
    Statement integrity(connection, "PRAGMA integrity_check");
    Rows rows(integrity);
    while (rows.Next()) {
      if (rows.Bytes(0) != "ok") {
        findings.Add("database", "database", std::string(rows.Bytes(0)));
      }
    }
    findings.Add("database", rows.status());
  }
  Statement references(connection, "PRAGMA foreign_key_check");
  Rows rows(references);
  while (rows.Next()) {
    const std::string table(rows.Bytes(0));
    findings.Add(table, absl::StrCat(table, " ", rows.Int(1)),
                 absl::StrCat("names no row of ", std::string(rows.Bytes(2))));
  }
  findings.Add("database", rows.status());
}

void CheckAgencies(GroupTable& groups,
                   const std::map<AgencyNumber, uint64_t>& counted,
                   Findings& findings) {
  const absl::StatusOr<std::map<AgencyNumber, uint64_t>> told =
      groups.LoadAgencies();
  if (!told.ok()) {
    findings.Add("agency", told.status());
  } else if (*told != counted) {
    findings.Add("agency", "agency", "counts are not those of the records");
  }
}

}  // namespace

std::vector<Finding> CheckStore(
    Session& session,
    const std::function<std::optional<Finding>(const RecordRow&)>& record) {
  Findings findings;
  CheckStructure(*session.connection, findings);

  const absl::StatusOr<std::vector<GroupRow>> groups = session.groups.Load();
  findings.Add("commit_group", groups.status());
  GroupRow newest;
  if (groups.ok() && !groups->empty()) newest = groups->back();

  const RecordTables::Tally records = session.records.Check(record, findings);
  const uint64_t edges = session.edges.Check(findings);
  const ClerkTables::Tally clerks = session.clerks.Check(findings);
  const uint64_t notices = session.notices.Check(findings);
  const uint64_t codes = session.codes.Check(findings);
  session.log.Check(newest.frontier, findings);
  if (groups.ok()) session.mailboxes.Check(NewestEntries(*groups), findings);
  CheckAgencies(session.groups, records.agencies, findings);

  CompareTally({.records = records.records,
                .persons = records.persons,
                .conflicts = clerks.conflicts,
                .candidates = clerks.candidates,
                .identifiers = records.identifiers,
                .decisions = clerks.decisions,
                .objects = clerks.objects,
                .edges = edges,
                .notices = notices,
                .codes = codes},
               newest.tally, findings);

  const absl::StatusOr<Uid> next_uid = session.uids.Load();
  findings.Add("store", next_uid.status());
  if (next_uid.ok() && records.highest_uid >= *next_uid) {
    findings.Add("store", "store", "a record has a uid that was not given out");
  }
  return std::move(findings).Take();
}

}  // namespace waystation::storage::sqlite
