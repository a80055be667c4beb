// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/notice_table.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

constexpr char kSelect[] =
    "SELECT number, version, sender, recipient, waits_for, uid, due_time, "
    "request, bytes, sealed, sum FROM notice ";
constexpr int kSumColumn = 10;

NoticeRow NoticeOf(const Rows& rows) {
  return {.number = rows.Uint(0),
          .version = rows.Uint(1),
          .sender = static_cast<AgencyNumber>(rows.Uint(2)),
          .recipient = static_cast<AgencyNumber>(rows.Uint(3)),
          .waits_for = static_cast<AgencyNumber>(rows.Uint(4)),
          .uid = rows.Uint(5),
          .due_time = rows.Int(6),
          .request = rows.Array<16>(7),
          .bytes = std::string(rows.Bytes(8)),
          .sealed = std::string(rows.Bytes(9))};
}

}  // namespace

NoticeTable::NoticeTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      notice_(connection, absl::StrCat(kSelect, "WHERE number = ?")),
      by_request_(connection, absl::StrCat(kSelect, "WHERE request = ?")),
      waiting_(connection,
               absl::StrCat(kSelect,
                            "WHERE waits_for = ? AND waits_for != 0 AND "
                            "(due_time, number) > (?, ?) "
                            "ORDER BY due_time, number LIMIT ?")),
      sent_(connection, absl::StrCat(kSelect,
                                     "WHERE sender = ? AND number < ? "
                                     "ORDER BY number DESC LIMIT ?")),
      received_(connection, absl::StrCat(kSelect,
                                         "WHERE recipient = ? AND number < ? "
                                         "ORDER BY number DESC LIMIT ?")),
      all_(connection, absl::StrCat(kSelect,
                                    "WHERE number > ? "
                                    "ORDER BY number LIMIT ?")),
      insert_(connection,
              "INSERT INTO notice (number, version, sender, recipient, "
              "waits_for, uid, due_time, request, sum, bytes, sealed) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_(connection,
              "UPDATE notice SET version = ?, sender = ?, recipient = ?, "
              "waits_for = ?, uid = ?, due_time = ?, request = ?, sum = ?, "
              "bytes = ?, sealed = ? WHERE number = ? AND version = ?") {}

// --- reading ---

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::NoticesIn(
    Rows& rows) const {
  std::vector<NoticeRow> notices;
  while (rows.Next()) {
    notices.push_back(NoticeOf(rows));
    if (rows.Int(kSumColumn) != SumOf(key_, notices.back())) {
      return Damaged(PlaceOf(notices.back()));
    }
  }
  if (!rows.status().ok()) return rows.status();
  return notices;
}

absl::StatusOr<std::optional<NoticeRow>> NoticeTable::Get(uint64_t number) {
  Rows rows(notice_, number);
  return FirstOf(NoticesIn(rows));
}

absl::StatusOr<std::optional<NoticeRow>> NoticeTable::FindByRequest(
    const KeyHash& request) {
  Rows rows(by_request_, request);
  return FirstOf(NoticesIn(rows));
}

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::List(
    NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
    size_t limit) {
  if (box == NoticeBox::kWaiting) {
    Rows rows(waiting_, agency,
              after.has_value() ? after->due_time
                                : std::numeric_limits<int64_t>::min(),
              after.has_value() ? after->number : 0, limit);
    return NoticesIn(rows);
  }
  Rows rows(box == NoticeBox::kSent ? sent_ : received_, agency,
            after.has_value() ? static_cast<int64_t>(after->number)
                              : std::numeric_limits<int64_t>::max(),
            limit);
  return NoticesIn(rows);
}

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::ListAll(uint64_t after,
                                                            size_t limit) {
  Rows rows(all_, after, limit);
  return NoticesIn(rows);
}

// --- writing ---

absl::Status NoticeTable::Put(const NoticeRow& notice) {
  NoticeRow held = notice;
  ++held.version;
  const int64_t sum = SumOf(key_, held);
  const auto run = [&](const auto& request) {
    return notice.version == 0
               ? insert_.Run(held.number, held.version, held.sender,
                             held.recipient, held.waits_for, held.uid,
                             held.due_time, request, sum, held.bytes,
                             held.sealed)
               : update_.Run(held.version, held.sender, held.recipient,
                             held.waits_for, held.uid, held.due_time, request,
                             sum, held.bytes, held.sealed, held.number,
                             notice.version);
  };
  const absl::Status status =
      held.request == KeyHash{} ? run(nullptr) : run(held.request);
  if (absl::IsAlreadyExists(status)) {
    return absl::AbortedError("a notice of this request has been sent");
  }
  if (status.ok() && sqlite3_changes(connection_.handle()) != 1) {
    return absl::AbortedError("a notice moved since it was read");
  }
  return status;
}

// --- checking ---

uint64_t NoticeTable::Check(Findings& findings) {
  uint64_t count = 0;
  Statement all(connection_, absl::StrCat(kSelect, "ORDER BY number"));
  Rows rows(all);
  while (rows.Next()) {
    const NoticeRow notice = NoticeOf(rows);
    ++count;
    if (rows.Int(kSumColumn) != SumOf(key_, notice)) {
      findings.Add("notice", PlaceOf(notice), kBadChecksum);
    } else if (notice.number != count) {
      findings.Add("notice", PlaceOf(notice), "one before it is missing");
    }
  }
  findings.Add("notice", rows.status());
  return count;
}

}  // namespace waystation::storage::sqlite
