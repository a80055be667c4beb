// SPDX-License-Identifier: Apache-2.0
// Pairs of records that were held against each other, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_EDGE_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_EDGE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
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
class EdgeTable {
 public:
  EdgeTable(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::vector<std::vector<EdgeRow>>> Of(
      std::span<const Uid> uids);
  absl::StatusOr<std::vector<EdgeRow>> List(EdgeKey after, size_t limit);

  // ABORTED unless every record has edges with the same others as when it was
  // read.
  absl::Status Verify(std::span<const ReadSet::Edges> reads);

  // Each adds to `change` what the number of edges changes by.
  absl::Status Put(const EdgeRow& edge, int64_t& change);
  absl::Status Remove(const EdgeKey& edge, int64_t& change);

  // Reads every row; how many there are.
  uint64_t Check(Findings& findings);

 private:
  absl::StatusOr<EdgeRow> Read(const Rows& rows) const;

  Connection& connection_;
  const ChecksumKey& key_;
  Statement by_a_;
  Statement by_b_;
  Statement list_;
  Statement insert_;
  Statement update_;
  Statement remove_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_EDGE_TABLE_H_
