// SPDX-License-Identifier: Apache-2.0
// Holders' codes, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_CODE_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_CODE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class CodeTable {
 public:
  CodeTable(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::optional<HolderCodeRow>> Find(const KeyHash& hash);
  absl::StatusOr<std::vector<HolderCodeRow>> Of(Uid uid);
  absl::StatusOr<std::vector<HolderCodeRow>> List(
      const std::optional<HolderCodeRow>& after, size_t limit);

  // An open one is new, a spent one was open. ABORTED: another has its hash, or
  // spent it. `change` counts rows.
  absl::Status Put(const HolderCodeRow& code, int64_t& change);
  absl::Status Remove(const KeyHash& hash, int64_t& change);

  // Reads every row; how many there are.
  uint64_t Check(Findings& findings);

 private:
  absl::StatusOr<std::vector<HolderCodeRow>> CodesIn(Rows& rows) const;

  Connection& connection_;
  const ChecksumKey& key_;
  Statement find_;
  Statement of_;
  Statement list_;
  Statement insert_;
  Statement spend_;
  Statement remove_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_CODE_TABLE_H_
