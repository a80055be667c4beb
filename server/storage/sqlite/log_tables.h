// SPDX-License-Identifier: Apache-2.0
// The audit log through one connection: leaves, tiles and checkpoints.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_LOG_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_LOG_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/tiles.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection.
class LogTables {
 public:
  LogTables(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::vector<LeafRow>> ReadLeaves(uint64_t first, size_t limit,
                                                  bool with_details);
  // At least `width` hashes; NOT_FOUND when fewer are there.
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(uint32_t level,
                                                       uint64_t index,
                                                       uint32_t width);
  absl::StatusOr<std::vector<CheckpointRow>> ListCheckpoints(uint64_t after,
                                                             size_t limit);
  absl::StatusOr<std::optional<CheckpointRow>> NewestCheckpoint();
  absl::StatusOr<bool> HasCheckpoint(uint64_t size);
  absl::StatusOr<std::vector<CosignatureRow>> ListCosignatures(uint64_t first,
                                                               uint64_t last);
  absl::StatusOr<std::vector<uint64_t>> CosignedSizes(uint64_t before,
                                                      size_t limit);
  absl::StatusOr<std::optional<uint64_t>> LargestCosigned(
      std::string_view witness);
  // The edge of the log when it had `size` leaves.
  absl::StatusOr<auditlog::TreeAppender> LoadTree(uint64_t size);

  // Steps of a transaction.
  absl::Status Append(uint64_t index, const LeafRow& leaf);
  // Replaces what details of one leaf have sealed.
  absl::Status Put(uint64_t index, std::span<const DetailPut* const> details);
  absl::Status Put(const auditlog::Tile& tile);
  absl::Status Put(const CheckpointRow& checkpoint);
  absl::Status Put(const CosignatureRow& cosignature);

  // Reads every row, grows the tree again and compares: with the stored tiles
  // and with `frontier`.
  void Check(const auditlog::Frontier& frontier, Findings& findings);

 private:
  absl::StatusOr<std::vector<auditlog::Hash>> HashesOf(const Rows& rows) const;
  absl::StatusOr<std::vector<auditlog::Hash>> LeafHashes(uint64_t first,
                                                         uint32_t count);
  absl::StatusOr<std::vector<CheckpointRow>> CheckpointsIn(Rows& rows) const;
  auditlog::TreeAppender CheckLeaves(Findings& findings);
  void CheckTile(const auditlog::Tile& tile, Findings& findings);
  void CheckTiles(uint64_t size, Findings& findings);
  void CheckCheckpoints(uint64_t size, Findings& findings);

  Connection& connection_;
  const ChecksumKey& key_;
  Statement events_;
  Statement leaves_;
  Statement insert_leaf_;
  Statement update_details_;
  Statement tile_;
  Statement put_tile_;
  Statement list_checkpoints_;
  Statement newest_checkpoint_;
  Statement put_checkpoint_;
  Statement has_checkpoint_;
  Statement list_cosignatures_;
  Statement cosigned_sizes_;
  Statement largest_cosigned_;
  Statement put_cosignature_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_LOG_TABLES_H_
