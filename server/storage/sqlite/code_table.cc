// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/code_table.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {
namespace {

constexpr char kSelect[] =
    "SELECT hash, uid, expire_time, spent, sealed, sum FROM holder_code ";
constexpr int kSumColumn = 5;

HolderCodeRow CodeOf(const Rows& rows) {
  return {.hash = rows.Array<16>(0),
          .uid = rows.Uint(1),
          .expire_time = rows.Int(2),
          .spent = rows.Int(3) != 0,
          .sealed = std::string(rows.Bytes(4))};
}

}  // namespace

CodeTable::CodeTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      find_(connection, absl::StrCat(kSelect, "WHERE hash = ?")),
      of_(connection, absl::StrCat(kSelect, "WHERE uid = ? ORDER BY hash")),
      list_(connection, absl::StrCat(kSelect,
                                     "WHERE (expire_time, hash) > (?, ?) "
                                     "ORDER BY expire_time, hash LIMIT ?")),
      insert_(connection,
              "INSERT INTO holder_code (hash, uid, expire_time, spent, sum, "
              "sealed) VALUES (?, ?, ?, ?, ?, ?)"),
      spend_(connection,
             "UPDATE holder_code SET uid = ?, expire_time = ?, spent = 1, "
             "sum = ?, sealed = ? WHERE hash = ? AND spent = 0"),
      remove_(connection, "DELETE FROM holder_code WHERE hash = ?") {}

// --- reading ---

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::CodesIn(
    Rows& rows) const {
  std::vector<HolderCodeRow> codes;
  while (rows.Next()) {
    codes.push_back(CodeOf(rows));
    if (rows.Int(kSumColumn) != SumOf(key_, codes.back())) {
      return Damaged(PlaceOf(codes.back()));
    }
  }
  if (!rows.status().ok()) return rows.status();
  return codes;
}

absl::StatusOr<std::optional<HolderCodeRow>> CodeTable::Find(
    const KeyHash& hash) {
  Rows rows(find_, hash);
  return FirstOf(CodesIn(rows));
}

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::Of(Uid uid) {
  Rows rows(of_, uid);
  return CodesIn(rows);
}

absl::StatusOr<std::vector<HolderCodeRow>> CodeTable::List(
    const std::optional<HolderCodeRow>& after, size_t limit) {
  Rows rows(list_,
            after.has_value() ? after->expire_time
                              : std::numeric_limits<int64_t>::min(),
            after.has_value() ? after->hash : KeyHash(), limit);
  return CodesIn(rows);
}

// --- writing ---

absl::Status CodeTable::Put(const HolderCodeRow& code, int64_t& change) {
  const int64_t sum = SumOf(key_, code);
  if (!code.spent) {
    const absl::Status status =
        insert_.Run(code.hash, code.uid, code.expire_time, 0, sum, code.sealed);
    if (absl::IsAlreadyExists(status)) {
      return absl::AbortedError("another code has that hash");
    }
    if (status.ok()) ++change;
    return status;
  }
  if (absl::Status status =
          spend_.Run(code.uid, code.expire_time, sum, code.sealed, code.hash);
      !status.ok()) {
    return status;
  }
  return sqlite3_changes(connection_.handle()) == 1
             ? absl::OkStatus()
             : absl::AbortedError("a code is not open");
}

absl::Status CodeTable::Remove(const KeyHash& hash, int64_t& change) {
  if (absl::Status status = remove_.Run(hash); !status.ok()) return status;
  change -= sqlite3_changes(connection_.handle());
  return absl::OkStatus();
}

// --- checking ---

uint64_t CodeTable::Check(Findings& findings) {
  uint64_t count = 0;
  Statement all(connection_, absl::StrCat(kSelect, "ORDER BY hash"));
  Rows rows(all);
  while (rows.Next()) {
    const HolderCodeRow code = CodeOf(rows);
    ++count;
    if (rows.Int(kSumColumn) != SumOf(key_, code)) {
      findings.Add("holder_code", PlaceOf(code), kBadChecksum);
    }
  }
  findings.Add("holder_code", rows.status());
  return count;
}

}  // namespace waystation::storage::sqlite
