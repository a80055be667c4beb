// SPDX-License-Identifier: Apache-2.0
// The store's own row: whose checksums it carries and which uids may have been
// given out.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_UID_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_UID_TABLE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection.
class UidTable {
 public:
  UidTable(Connection& connection, const ChecksumKey& key);

  // The first uid that was never given out. Makes the row in an empty store.
  // FAILED_PRECONDITION: the store was written with another checksum key.
  absl::StatusOr<Uid> Load();

  // A step of a transaction.
  absl::Status Put(Uid next);

 private:
  Connection& connection_;
  const ChecksumKey& key_;
  Statement select_;
  Statement put_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_UID_TABLE_H_
