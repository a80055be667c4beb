// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/uid_table.h"

#include "proto/errors/error.h"
#include "server/storage/rows/findings.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::sqlite {

UidTable::UidTable(Connection& connection, const ChecksumKey& key)
    : connection_(connection),
      key_(key),
      select_(connection, "SELECT key_check, next_uid, sum FROM store"),
      put_(connection,
           "INSERT OR REPLACE INTO store (id, key_check, next_uid, sum) "
           "VALUES (1, ?, ?, ?)") {}

absl::StatusOr<Uid> UidTable::Load() {
  {
    Rows rows(select_);
    if (rows.Next()) {
      const Uid next = rows.Uint(1);
      const bool key_fits = rows.Int(0) == KeyCheckOf(key_);
      const bool sum_fits = rows.Int(2) == SumOfNextUid(key_, next);
      if (key_fits && sum_fits) return next;
      if (key_fits || sum_fits) return Damaged("store");
      return errors::Error("STORE_FOREIGN", {.rule = "the same checksum key"});
    }
    if (!rows.status().ok()) return rows.status();
  }
  constexpr Uid kFirst = 1;
  if (absl::Status status = Put(kFirst); !status.ok()) return status;
  return kFirst;
}

absl::Status UidTable::Put(Uid next) {
  return put_.Run(KeyCheckOf(key_), next, SumOfNextUid(key_, next));
}

}  // namespace waystation::storage::sqlite
