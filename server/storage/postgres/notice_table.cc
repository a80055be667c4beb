// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/notice_table.h"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "server/storage/postgres/limits.h"
#include "server/storage/rows/group.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

#define WAYSTATION_NOTICE_COLUMNS                                           \
  "number, version, sender, recipient, waits_for, uid, due_time, request, " \
  "bytes, sealed, sum FROM notice "

constexpr Statement kNotice{
    "notice", "SELECT " WAYSTATION_NOTICE_COLUMNS "WHERE number = $1::bigint"};
constexpr Statement kByRequest{"notice_by_request",
                               "SELECT " WAYSTATION_NOTICE_COLUMNS
                               "WHERE request = $1::bytea"};
constexpr Statement kWaiting{
    "notice_waiting", "SELECT " WAYSTATION_NOTICE_COLUMNS
                      "WHERE waits_for = $1::bigint AND waits_for != 0 AND "
                      "(due_time, number) > ($2::bigint, $3::bigint) "
                      "ORDER BY due_time, number LIMIT $4::bigint"};
constexpr Statement kSent{"notice_sent",
                          "SELECT " WAYSTATION_NOTICE_COLUMNS
                          "WHERE sender = $1::bigint AND number < $2::bigint "
                          "ORDER BY number DESC LIMIT $3::bigint"};
constexpr Statement kReceived{
    "notice_received", "SELECT " WAYSTATION_NOTICE_COLUMNS
                       "WHERE recipient = $1::bigint AND number < $2::bigint "
                       "ORDER BY number DESC LIMIT $3::bigint"};
constexpr Statement kAll{"notice_all", "SELECT " WAYSTATION_NOTICE_COLUMNS
                                       "WHERE number > $1::bigint "
                                       "ORDER BY number LIMIT $2::bigint"};
constexpr Statement kTakenRequests{
    "notice_taken_requests",
    "SELECT count(*) FROM unnest($1::bytea[], $2::bigint[]) AS asked (request, "
    "number) JOIN notice ON notice.request = asked.request AND "
    "notice.number != asked.number"};
constexpr Statement kInsert{
    "notice_insert",
    "INSERT INTO notice (number, version, sender, recipient, waits_for, uid, "
    "due_time, request, sum, bytes, sealed) SELECT number, version, sender, "
    "recipient, waits_for, uid, due_time, nullif(request, $12::bytea), sum, "
    "bytes, sealed FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], "
    "$4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], "
    "$9::bigint[], $10::bytea[], $11::bytea[]) AS put (number, version, "
    "sender, recipient, waits_for, uid, due_time, request, sum, bytes, "
    "sealed)"};
constexpr Statement kUpdate{
    "notice_update",
    "UPDATE notice SET version = put.version, sender = put.sender, "
    "recipient = put.recipient, waits_for = put.waits_for, uid = put.uid, "
    "due_time = put.due_time, request = nullif(put.request, $12::bytea), "
    "sum = put.sum, bytes = put.bytes, sealed = put.sealed "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "
    "$5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bigint[], "
    "$10::bytea[], $11::bytea[]) AS put (number, version, sender, recipient, "
    "waits_for, uid, due_time, request, sum, bytes, sealed) "
    "WHERE notice.number = put.number AND notice.version = put.version - 1"};

constexpr const Statement* kStatements[] = {
    &kNotice, &kByRequest,     &kWaiting, &kSent,  &kReceived,
    &kAll,    &kTakenRequests, &kInsert,  &kUpdate};

NoticeRow NoticeOf(const Result& result, int row) {
  return {.number = result.Uint(row, 0),
          .version = result.Uint(row, 1),
          .sender = result.As(row, 2),
          .recipient = result.As(row, 3),
          .waits_for = result.As(row, 4),
          .uid = result.Uint(row, 5),
          .due_time = result.Int(row, 6),
          .request = result.Array<16>(row, 7),
          .bytes = std::string(result.Bytes(row, 8)),
          .sealed = std::string(result.Bytes(row, 9))};
}
constexpr int kSumColumn = 10;

absl::Status RequestTaken() {
  return absl::AbortedError("a notice of this request has been sent");
}

}  // namespace

std::span<const Statement* const> NoticeTable::Statements() {
  return kStatements;
}

// --- reading ---

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::NoticesIn(
    const absl::StatusOr<Result>& result) const {
  if (!result.ok()) return result.status();
  std::vector<NoticeRow> notices;
  for (int row = 0; row < result->rows(); ++row) {
    notices.push_back(NoticeOf(*result, row));
    if (result->Int(row, kSumColumn) != SumOf(key_, notices.back())) {
      return Damaged(PlaceOf(notices.back()));
    }
  }
  return notices;
}

absl::StatusOr<std::optional<NoticeRow>> NoticeTable::Get(
    uint64_t number) const {
  return FirstOf(
      NoticesIn(connection_.Run(kNotice, Parameters(Within(number)))));
}

absl::StatusOr<std::optional<NoticeRow>> NoticeTable::FindByRequest(
    const KeyHash& request) const {
  return FirstOf(NoticesIn(connection_.Run(kByRequest, Parameters(request))));
}

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::List(
    NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
    size_t limit) const {
  if (box == NoticeBox::kWaiting) {
    return NoticesIn(connection_.Run(
        kWaiting,
        Parameters(agency,
                   after.has_value() ? after->due_time
                                     : std::numeric_limits<int64_t>::min(),
                   after.has_value() ? after->number : 0, Within(limit))));
  }
  return NoticesIn(connection_.Run(
      box == NoticeBox::kSent ? kSent : kReceived,
      Parameters(agency, Within(after.has_value() ? after->number : kNoLimit),
                 Within(limit))));
}

absl::StatusOr<std::vector<NoticeRow>> NoticeTable::ListAll(
    uint64_t after, size_t limit) const {
  return NoticesIn(
      connection_.Run(kAll, Parameters(Within(after), Within(limit))));
}

// --- writing ---

absl::Status NoticeTable::Put(const Batch& batch, uint64_t& held,
                              Pipeline& pipeline) const {
  std::vector<NoticeRow> added;
  std::vector<NoticeRow> changed;
  std::vector<const NoticeRow*> with_request;
  std::set<KeyHash> requests;
  for (const NoticeRow& notice : batch.notices) {
    if (absl::Status status = FollowsNotices(notice, held); !status.ok()) {
      return status;
    }
    if (notice.request != KeyHash{}) {
      if (!requests.insert(notice.request).second) return RequestTaken();
      with_request.push_back(&notice);
    }
    std::vector<NoticeRow>& rows = notice.version == 0 ? added : changed;
    ++rows.emplace_back(notice).version;
    if (notice.version == 0) ++held;
  }
  // Before the unique index finds it, which would end the transaction.
  if (!with_request.empty()) {
    pipeline.Add(kTakenRequests,
                 Parameters()
                     .AddBytes(with_request, &NoticeRow::request)
                     .AddNumbers(with_request, &NoticeRow::number),
                 [](const Result& result) {
                   return result.Int(0, 0) == 0 ? absl::OkStatus()
                                                : RequestTaken();
                 });
  }
  const auto put = [&](const Statement& statement,
                       const std::vector<NoticeRow>& rows) {
    if (rows.empty()) return;
    pipeline.Add(
        statement,
        Parameters()
            .AddNumbers(rows, &NoticeRow::number)
            .AddNumbers(rows, &NoticeRow::version)
            .AddNumbers(rows, &NoticeRow::sender)
            .AddNumbers(rows, &NoticeRow::recipient)
            .AddNumbers(rows, &NoticeRow::waits_for)
            .AddNumbers(rows, &NoticeRow::uid)
            .AddNumbers(rows, &NoticeRow::due_time)
            .AddBytes(rows, &NoticeRow::request)
            .AddNumbers(rows,
                        [&](const NoticeRow& row) { return SumOf(key_, row); })
            .AddBytes(rows, &NoticeRow::bytes)
            .AddBytes(rows, &NoticeRow::sealed)
            .Add(KeyHash{}),
        [count = rows.size()](const Result& result) -> absl::Status {
          if (result.written() == static_cast<int64_t>(count)) {
            return absl::OkStatus();
          }
          return absl::AbortedError("a notice moved since it was read");
        });
  };
  put(kInsert, added);
  put(kUpdate, changed);
  return absl::OkStatus();
}

// --- checking ---

uint64_t NoticeTable::Check(Findings& findings) const {
  uint64_t count = 0;
  findings.Add("notice",
               connection_.Walk(
                   "SELECT " WAYSTATION_NOTICE_COLUMNS "ORDER BY number",
                   [&](const Result& result, int row) {
                     const NoticeRow notice = NoticeOf(result, row);
                     ++count;
                     if (result.Int(row, kSumColumn) != SumOf(key_, notice)) {
                       findings.Add("notice", PlaceOf(notice), kBadChecksum);
                     } else if (notice.number != count) {
                       findings.Add("notice", PlaceOf(notice),
                                    "one before it is missing");
                     }
                   }));
  return count;
}

#undef WAYSTATION_NOTICE_COLUMNS

}  // namespace waystation::storage::postgres
