// SPDX-License-Identifier: Apache-2.0
// Open items, decisions and administered objects, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_CLERK_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_CLERK_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
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
class ClerkTables {
 public:
  static std::span<const Statement* const> Statements();

  ClerkTables(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  absl::StatusOr<std::vector<OpenItem>> ListOpenItems(
      OpenItem::Kind kind, const std::optional<OpenItem>& after,
      size_t limit) const;
  absl::StatusOr<std::optional<OpenItem>> GetOpenItem(
      const OpenItemKey& key) const;
  absl::StatusOr<std::vector<OpenItem>> OpenItemsOf(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::vector<DecisionRow>> DecisionsOf(
      std::span<const Uid> uids) const;
  absl::StatusOr<std::optional<DecisionRow>> GetDecision(uint64_t number) const;
  absl::StatusOr<std::optional<DecisionRow>> FindDecisionByRequest(
      const KeyHash& request) const;
  absl::StatusOr<std::vector<DecisionRow>> ListDecisions(uint64_t after,
                                                         size_t limit) const;
  absl::StatusOr<std::vector<ObjectRow>> ListObjects(
      std::string_view kind) const;

  // What the rows of a batch change in the store's counts, known once the
  // pipeline has run.
  struct Change {
    int64_t conflicts = 0;
    int64_t candidates = 0;
    int64_t decisions = 0;
    int64_t objects = 0;
  };
  // `held` decisions are held before it. INVALID_ARGUMENT for a gap in their
  // numbers, at once. `change` outlives the pipeline.
  absl::Status Put(const Batch& batch, uint64_t held, Change& change,
                   Pipeline& pipeline) const;

  // Reads every row, in a transaction of the caller.
  struct Tally {
    uint64_t conflicts = 0;
    uint64_t candidates = 0;
    uint64_t decisions = 0;
    uint64_t objects = 0;
  };
  Tally Check(Findings& findings) const;

 private:
  absl::StatusOr<std::vector<OpenItem>> ItemsIn(
      const absl::StatusOr<Result>& result) const;
  absl::StatusOr<std::vector<DecisionRow>> DecisionsIn(
      const absl::StatusOr<Result>& result) const;
  void PutItems(const Batch& batch, Change& change, Pipeline& pipeline) const;
  absl::Status PutDecisions(const Batch& batch, uint64_t held, Change& change,
                            Pipeline& pipeline) const;
  void PutObjects(const Batch& batch, Change& change, Pipeline& pipeline) const;
  void CheckDecisions(Findings& findings, Tally& tally) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_CLERK_TABLES_H_
