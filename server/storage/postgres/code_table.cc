// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/code_table.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "server/storage/postgres/limits.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

#define WAYSTATION_CODE_COLUMNS \
  "hash, uid, expire_time, spent, sealed, sum FROM holder_code "

constexpr Statement kFind{
    "code_find", "SELECT " WAYSTATION_CODE_COLUMNS "WHERE hash = $1::bytea"};
constexpr Statement kOf{"code_of", "SELECT " WAYSTATION_CODE_COLUMNS
                                   "WHERE uid = $1::bigint ORDER BY hash"};
constexpr Statement kList{"code_list",
                          "SELECT " WAYSTATION_CODE_COLUMNS
                          "WHERE (expire_time, hash) > ($1::bigint, $2::bytea) "
                          "ORDER BY expire_time, hash LIMIT $3::bigint"};
// A hash that is taken is no error of the statement, which would end the
// transaction; it shows in how many were written.
constexpr Statement kInsert{
    "code_insert",
    "INSERT INTO holder_code (hash, uid, expire_time, spent, sum, sealed) "
    "SELECT hash, uid, expire_time, 0, sum, sealed FROM unnest($1::bytea[], "
    "$2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS put (hash, uid, "
    "expire_time, sum, sealed) ON CONFLICT DO NOTHING"};
constexpr Statement kSpend{
    "code_spend",
    "UPDATE holder_code SET uid = put.uid, expire_time = put.expire_time, "
    "spent = 1, sum = put.sum, sealed = put.sealed FROM unnest($1::bytea[], "
    "$2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS put (hash, uid, "
    "expire_time, sum, sealed) WHERE holder_code.hash = put.hash AND "
    "holder_code.spent = 0"};
constexpr Statement kRemove{
    "code_remove", "DELETE FROM holder_code WHERE hash = ANY($1::bytea[])"};

constexpr const Statement* kStatements[] = {&kFind,   &kOf,    &kList,
                                            &kInsert, &kSpend, &kRemove};

HolderCodeRow CodeOf(const Result& result, int row) {
  return {.hash = result.Array<16>(row, 0),
          .uid = result.Uint(row, 1),
          .expire_time = result.Int(row, 2),
          .spent = result.Int(row, 3) != 0,
          .sealed = std::string(result.Bytes(row, 4))};
}
constexpr int kSumColumn = 5;

}  // namespace

std::span<const Statement* const> CodeTable::Statements() {
  return kStatements;
}

// --- reading ---

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::CodesIn(
    const absl::StatusOr<Result>& result) const {
  if (!result.ok()) return result.status();
  std::vector<HolderCodeRow> codes;
  for (int row = 0; row < result->rows(); ++row) {
    codes.push_back(CodeOf(*result, row));
    if (result->Int(row, kSumColumn) != SumOf(key_, codes.back())) {
      return Damaged(PlaceOf(codes.back()));
    }
  }
  return codes;
}

absl::StatusOr<std::optional<HolderCodeRow>> CodeTable::Find(
    const KeyHash& hash) const {
  return FirstOf(CodesIn(connection_.Run(kFind, Parameters(hash))));
}

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::Of(Uid uid) const {
  return CodesIn(connection_.Run(kOf, Parameters(Within(uid))));
}

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::List(
    const std::optional<HolderCodeRow>& after, size_t limit) const {
  return CodesIn(connection_.Run(
      kList,
      Parameters(after.has_value() ? after->expire_time
                                   : std::numeric_limits<int64_t>::min(),
                 after.has_value() ? after->hash : KeyHash(), Within(limit))));
}

// --- writing ---

absl::Status CodeTable::Put(const Batch& batch, int64_t& change,
                            Pipeline& pipeline) const {
  if (!batch.codes_removed.empty()) {
    pipeline.Add(kRemove, Parameters().AddBytes(batch.codes_removed),
                 [&change](const Result& result) {
                   change -= result.written();
                   return absl::OkStatus();
                 });
  }
  std::vector<HolderCodeRow> added;
  std::vector<HolderCodeRow> spent;
  for (const HolderCodeRow& code : batch.codes) {
    (code.spent ? spent : added).push_back(code);
  }
  const auto put = [&](const Statement& statement,
                       const std::vector<HolderCodeRow>& rows,
                       const char* otherwise, int64_t each) {
    if (rows.empty()) return;
    pipeline.Add(
        statement,
        Parameters()
            .AddBytes(rows, &HolderCodeRow::hash)
            .AddNumbers(rows, &HolderCodeRow::uid)
            .AddNumbers(rows, &HolderCodeRow::expire_time)
            .AddNumbers(
                rows,
                [&](const HolderCodeRow& row) { return SumOf(key_, row); })
            .AddBytes(rows, &HolderCodeRow::sealed),
        [&change, otherwise, each, count = static_cast<int64_t>(rows.size())](
            const Result& result) -> absl::Status {
          if (result.written() != count) return absl::AbortedError(otherwise);
          change += each * count;
          return absl::OkStatus();
        });
  };
  put(kInsert, added, "another code has that hash", 1);
  put(kSpend, spent, "a code is not open", 0);
  return absl::OkStatus();
}

// --- checking ---

uint64_t CodeTable::Check(Findings& findings) const {
  uint64_t count = 0;
  findings.Add("holder_code",
               connection_.Walk(
                   "SELECT " WAYSTATION_CODE_COLUMNS "ORDER BY hash",
                   [&](const Result& result, int row) {
                     const HolderCodeRow code = CodeOf(result, row);
                     ++count;
                     if (result.Int(row, kSumColumn) != SumOf(key_, code)) {
                       findings.Add("holder_code", PlaceOf(code), kBadChecksum);
                     }
                   }));
  return count;
}

#undef WAYSTATION_CODE_COLUMNS

}  // namespace waystation::storage::postgres
