// SPDX-License-Identifier: Apache-2.0
// Holders' codes, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_CODE_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_CODE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/pipeline.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class CodeTable {
 public:
  static std::span<const Statement* const> Statements();

  CodeTable(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  absl::StatusOr<std::optional<HolderCodeRow>> Find(const KeyHash& hash) const;
  absl::StatusOr<std::vector<HolderCodeRow>> Of(Uid uid) const;
  absl::StatusOr<std::vector<HolderCodeRow>> List(
      const std::optional<HolderCodeRow>& after, size_t limit) const;

  // Adds what the batch removes and writes; `change` counts rows once that has
  // run, and must live as long. ABORTED: another has the hash of one, or spent
  // it.
  absl::Status Put(const Batch& batch, int64_t& change,
                   Pipeline& pipeline) const;

  // Reads every row; how many there are.
  uint64_t Check(Findings& findings) const;

 private:
  absl::StatusOr<std::vector<HolderCodeRow>> CodesIn(
      const absl::StatusOr<Result>& result) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_CODE_TABLE_H_
