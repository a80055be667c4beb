// SPDX-License-Identifier: Apache-2.0
// The audit log through one connection: leaves, tiles, checkpoints and what
// witnesses have signed.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_LOG_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_LOG_TABLES_H_

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
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/pipeline.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Used by one thread at a time, as its connection. Reads are the port's.
class LogTables {
 public:
  static std::span<const Statement* const> Statements();

  LogTables(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  absl::StatusOr<std::vector<LeafRow>> ReadLeaves(uint64_t first, size_t limit,
                                                  bool with_details) const;
  // The same without details, once the pipeline has run; `leaves` outlives it.
  void ReadEvents(uint64_t first, size_t limit, std::vector<LeafRow>& leaves,
                  Pipeline& pipeline) const;
  // At least `width` hashes; NOT_FOUND when fewer are there.
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(uint32_t level,
                                                       uint64_t index,
                                                       uint32_t width) const;
  absl::StatusOr<std::vector<CheckpointRow>> ListCheckpoints(
      uint64_t after, size_t limit) const;
  absl::StatusOr<std::optional<CheckpointRow>> NewestCheckpoint() const;
  absl::StatusOr<std::vector<CosignatureRow>> ListCosignatures(
      uint64_t first, uint64_t last) const;
  absl::StatusOr<std::vector<uint64_t>> CosignedSizes(uint64_t before,
                                                      size_t limit) const;
  absl::StatusOr<std::optional<uint64_t>> LargestCosigned(
      std::string_view witness) const;
  // The edge of the log when it had `size` leaves.
  absl::StatusOr<auditlog::TreeAppender> LoadTree(uint64_t size) const;

  // Steps of a transaction. Replaces what details of held leaves have sealed:
  // reads them at once, and writes with the pipeline.
  absl::Status PutDetails(const Batch& batch, Pipeline& pipeline) const;
  // Leaves from `first` on, and the tiles that they change.
  void Append(uint64_t first, std::span<const LeafRow> leaves,
              std::span<const auditlog::Tile> tiles, Pipeline& pipeline) const;

  // Transactions of their own.
  absl::Status Put(const CheckpointRow& checkpoint) const;
  // INVALID_ARGUMENT: there is no checkpoint of that size.
  absl::Status Put(const CosignatureRow& cosignature) const;

  // Reads every row, grows the tree again and compares: with the stored tiles
  // and with `frontier`. In a transaction of the caller.
  void Check(const auditlog::Frontier& frontier, Findings& findings) const;

 private:
  // Those from `first` on, without a gap.
  absl::StatusOr<std::vector<LeafRow>> LeavesIn(const Result& result,
                                                uint64_t first,
                                                bool with_details) const;
  absl::StatusOr<std::vector<CheckpointRow>> CheckpointsIn(
      const Result& result) const;
  absl::StatusOr<std::vector<auditlog::Hash>> HashesIn(
      const Result& result) const;
  auditlog::TreeAppender CheckLeaves(Findings& findings) const;
  void CheckTile(const auditlog::Tile& tile, Findings& findings) const;
  void CheckTiles(uint64_t size, Findings& findings) const;
  void CheckCheckpoints(uint64_t size, Findings& findings) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_LOG_TABLES_H_
