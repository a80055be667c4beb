// SPDX-License-Identifier: Apache-2.0
// What waits for clerks and what they decided, and the administered objects,
// through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_CLERK_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_CLERK_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
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
class ClerkTables {
 public:
  ClerkTables(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::vector<OpenItem>> ListOpenItems(
      OpenItem::Kind kind, const std::optional<OpenItem>& after, size_t limit);
  absl::StatusOr<std::optional<OpenItem>> GetOpenItem(const OpenItemKey& key);
  absl::StatusOr<std::vector<OpenItem>> OpenItemsOf(std::span<const Uid> uids);
  absl::StatusOr<std::vector<DecisionRow>> DecisionsOf(
      std::span<const Uid> uids);
  absl::StatusOr<std::optional<DecisionRow>> GetDecision(uint64_t number);
  absl::StatusOr<std::optional<DecisionRow>> FindDecisionByRequest(
      const KeyHash& request);
  absl::StatusOr<std::vector<DecisionRow>> ListDecisions(uint64_t after,
                                                         size_t limit);
  absl::StatusOr<std::vector<ObjectRow>> ListObjects(std::string_view kind);

  // What the rows of a batch change in the store's counts.
  struct Change {
    int64_t conflicts = 0;
    int64_t candidates = 0;
    int64_t objects = 0;
  };
  absl::Status Remove(const OpenItemKey& item, Change& change);
  absl::Status Put(const OpenItem& item, Change& change);
  // `is_new`: its number has not been held before.
  absl::Status Put(const DecisionRow& decision, bool is_new);
  absl::Status Put(const ObjectRow& object, Change& change);

  // Reads every row; what it finds is counted for the caller to compare.
  struct Tally {
    uint64_t conflicts = 0;
    uint64_t candidates = 0;
    uint64_t decisions = 0;
    uint64_t objects = 0;
  };
  Tally Check(Findings& findings);

 private:
  absl::StatusOr<std::vector<OpenItem>> ItemsOf(Rows& rows) const;
  absl::StatusOr<std::vector<DecisionRow>> DecisionsIn(Rows& rows) const;
  absl::StatusOr<std::vector<uint64_t>> NumbersOf(Uid uid);
  void CheckItems(Findings& findings, Tally& tally);
  void CheckDecisions(Findings& findings, Tally& tally);
  void CheckObjects(Findings& findings, Tally& tally);

  Connection& connection_;
  const ChecksumKey& key_;
  Statement list_items_;
  Statement item_;
  Statement items_by_a_;
  Statement items_by_b_;
  Statement insert_item_;
  Statement update_item_;
  Statement remove_item_;
  Statement decision_;
  Statement decision_by_request_;
  Statement list_decisions_;
  Statement numbers_of_uid_;
  Statement insert_decision_;
  Statement update_decision_;
  Statement forget_uids_;
  Statement insert_uid_;
  Statement list_objects_;
  Statement insert_object_;
  Statement update_object_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_CLERK_TABLES_H_
