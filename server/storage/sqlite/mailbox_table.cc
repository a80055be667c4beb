// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/mailbox_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

constexpr char kMissing[] = "entries before it are missing";

}  // namespace

MailboxTable::MailboxTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      from_(connection,
            "SELECT agency, first, entries, sum FROM mailbox "
            "WHERE agency = ? AND first > ? ORDER BY first"),
      insert_(connection,
              "INSERT INTO mailbox (agency, first, entries, sum) "
              "VALUES (?, ?, ?, ?)"),
      put_reader_(connection,
                  "INSERT OR REPLACE INTO mailbox_reader (agency, position, "
                  "time, sum) VALUES (?, ?, ?, ?)") {}

absl::StatusOr<MailboxTable::Segment> MailboxTable::SegmentOf(
    const Rows& rows) const {
  Segment segment{static_cast<AgencyNumber>(rows.Uint(0)), rows.Uint(1), {}};
  const std::string_view bytes = rows.Bytes(2);
  if (rows.Int(3) != SumOfMailbox(key_, segment.agency, segment.first, bytes)) {
    return Damaged(PlaceOfMailbox(segment.agency, segment.first));
  }
  segment.entries = UnpackEntries(segment.agency, segment.first, bytes);
  return segment;
}

absl::StatusOr<std::vector<MailboxRow>> MailboxTable::Read(AgencyNumber agency,
                                                           uint64_t after,
                                                           size_t limit) {
  std::vector<MailboxRow> entries;
  if (limit == 0 || after >= std::numeric_limits<int64_t>::max()) {
    return entries;
  }
  // The segment that holds after + 1 begins less than kSegment before it.
  Rows rows(
      from_, agency,
      after + 1 - std::min<uint64_t>(after + 1, MailboxSegment::kSegment));
  while (rows.Next()) {
    absl::StatusOr<Segment> segment = SegmentOf(rows);
    if (!segment.ok()) return segment.status();
    for (const MailboxRow& entry : segment->entries) {
      if (entry.position <= after) continue;
      if (entry.position != after + 1 + entries.size()) {
        return Damaged(PlaceOfMailbox(agency, segment->first), kMissing);
      }
      entries.push_back(entry);
      if (entries.size() == limit) return entries;
    }
  }
  if (!rows.status().ok()) return rows.status();
  return entries;
}

absl::StatusOr<std::map<AgencyNumber, Store::MailboxState>>
MailboxTable::LoadStates() {
  std::map<AgencyNumber, Store::MailboxState> states;
  // Agencies are few and entries are many: from agency to agency by the key.
  Statement last(connection_,
                 "SELECT agency, first, entries, sum FROM mailbox WHERE agency "
                 "= (SELECT min(agency) FROM mailbox WHERE agency > ?) "
                 "ORDER BY first DESC LIMIT 1");
  for (int64_t agency = -1;;) {
    Rows rows(last, agency);
    if (!rows.Next()) {
      if (!rows.status().ok()) return rows.status();
      break;
    }
    const absl::StatusOr<Segment> segment = SegmentOf(rows);
    if (!segment.ok()) return segment.status();
    agency = segment->agency;
    states[segment->agency].last = segment->first + segment->entries.size() - 1;
  }
  Statement readers(connection_,
                    "SELECT agency, position, time, sum FROM mailbox_reader");
  Rows rows(readers);
  while (rows.Next()) {
    const auto agency = static_cast<AgencyNumber>(rows.Uint(0));
    if (rows.Int(3) != SumOfReader(key_, agency, rows.Uint(1), rows.Int(2))) {
      return Damaged(absl::StrCat("mailbox_reader ", agency));
    }
    states[agency].acknowledged = rows.Uint(1);
    states[agency].acknowledged_time = rows.Int(2);
  }
  if (!rows.status().ok()) return rows.status();
  return states;
}

absl::Status MailboxTable::Append(AgencyNumber agency, uint64_t first,
                                  std::span<const MailboxRow* const> entries) {
  for (const MailboxSegment& segment : PackEntries(agency, first, entries)) {
    if (absl::Status status = insert_.Run(
            agency, segment.first, segment.entries,
            SumOfMailbox(key_, agency, segment.first, segment.entries));
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status MailboxTable::PutReader(AgencyNumber agency, uint64_t position,
                                     int64_t time) {
  return put_reader_.Run(agency, position, time,
                         SumOfReader(key_, agency, position, time));
}

void MailboxTable::Check(const std::map<AgencyNumber, uint64_t>& newest,
                         Findings& findings) {
  std::map<AgencyNumber, uint64_t> next;
  Statement all(connection_,
                "SELECT agency, first, entries, sum FROM mailbox "
                "ORDER BY agency, first");
  Rows rows(all);
  while (rows.Next()) {
    const std::string place =
        PlaceOfMailbox(static_cast<AgencyNumber>(rows.Uint(0)), rows.Uint(1));
    const absl::StatusOr<Segment> segment = SegmentOf(rows);
    if (!segment.ok()) {
      findings.Add("mailbox", place, kBadChecksum);
      continue;
    }
    uint64_t& expected = next.try_emplace(segment->agency, 1).first->second;
    if (segment->first != expected) findings.Add("mailbox", place, kMissing);
    expected = segment->first + segment->entries.size();
  }
  findings.Add("mailbox", rows.status());
  for (const auto& [agency, last] : newest) {
    const auto found = next.find(agency);
    if (last != (found == next.end() ? 0 : found->second - 1)) {
      findings.Add("mailbox", PlaceOfMailbox(agency, last),
                   "it is not the newest entry");
    }
  }
  Statement readers(connection_,
                    "SELECT agency, position, time, sum FROM mailbox_reader");
  Rows reader(readers);
  while (reader.Next()) {
    const auto agency = static_cast<AgencyNumber>(reader.Uint(0));
    if (reader.Int(3) !=
        SumOfReader(key_, agency, reader.Uint(1), reader.Int(2))) {
      findings.Add("mailbox_reader", absl::StrCat("mailbox_reader ", agency),
                   kBadChecksum);
    }
  }
  findings.Add("mailbox_reader", reader.status());
}

}  // namespace waystation::storage::sqlite
