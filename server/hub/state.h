// SPDX-License-Identifier: Apache-2.0
// What the planning of one commit group reads: whole neighbourhoods in few
// calls, unsealed, on top of the group that is being written meanwhile. Notes
// all of it for the batch's read set. What the next group needs can be read
// ahead while the one before it is still being planned.
#ifndef WAYSTATION_SERVER_HUB_STATE_H_
#define WAYSTATION_SERVER_HUB_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "server/hub/change.h"
#include "server/hub/core.h"
#include "server/hub/hints.h"
#include "server/hub/record.h"
#include "server/hub/vector.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Used by one thread at a time. What was found stays as it was found.
class State {
 public:
  // All are borrowed.
  State(Core& core, const Hints& hints);

  // What the group before this one changes while it is being written: from now
  // on this stands over the store, and over what was read ahead. Called once,
  // before anything is found.
  void PutOnTopOf(const Change& in_flight);

  // Reads what planning will look for first: the records of these keys with all
  // of their persons, and what is open of these.
  absl::Status ReadAhead(std::vector<storage::KeyHash> keys);

  // Each makes its subjects known; what is known already is not read again.
  // Errors are the store's, or DATA_LOSS of a row that cannot be unsealed.
  absl::Status LoadKeys(std::span<const storage::KeyHash> keys);
  // The person of each uid, its members, and their records.
  absl::Status LoadPersons(std::span<const storage::Uid> uids);
  absl::Status LoadRecords(std::span<const storage::Uid> uids);
  absl::Status LoadHolders(std::span<const storage::KeyHash> identifiers);
  // Who is in each block. Of one with more than `limit` members at least
  // `limit` + 1 are known, those with the smallest uids among them, and so they
  // are after `limit` + 1 - n of them have left.
  absl::Status LoadBlocks(std::span<const storage::KeyHash> blocks,
                          size_t limit);
  // What each is compared by; of records that are known it is theirs.
  absl::Status LoadVectors(std::span<const storage::Uid> uids);
  // Who shares an edge with each, and these edges.
  absl::Status LoadEdges(std::span<const storage::Uid> uids);
  // Active decisions that name one of them.
  absl::Status LoadDecisions(std::span<const storage::Uid> uids);
  absl::Status LoadDecision(uint64_t number);
  // Open items that name one of them.
  absl::Status LoadItems(std::span<const storage::Uid> uids);

  // Read when they are asked for, what is being written over it.
  absl::StatusOr<std::optional<storage::NoticeRow>> FindNotice(
      uint64_t number) const;
  absl::StatusOr<uint64_t> NextNotice() const;
  absl::StatusOr<std::optional<storage::HolderCodeRow>> FindCode(
      const storage::KeyHash& hash) const;
  absl::StatusOr<std::vector<storage::HolderCodeRow>> CodesOf(
      storage::Uid uid) const;

  // Of what has been loaded.
  storage::Uid FindKey(const storage::KeyHash& key) const;  // 0: nobody's
  RecordPtr Find(storage::Uid uid) const;                   // nullptr: none
  storage::PersonId PersonOf(storage::Uid uid) const;       // 0: none
  std::span<const storage::Uid> Members(storage::PersonId person) const;
  std::span<const storage::Uid> Holders(
      const storage::KeyHash& identifier) const;
  // Of a record that is not known; nullptr: none.
  const HeldVector* FindVector(storage::Uid uid) const;
  std::span<const storage::Uid> Block(const storage::KeyHash& block) const;
  std::span<const storage::Uid> Neighbours(storage::Uid uid) const;
  // nullptr: none.
  const storage::EdgeRow* FindEdge(const storage::EdgeKey& key) const;
  // By number.
  const std::map<uint64_t, DecisionPtr>& decisions() const {
    return decisions_;
  }
  const std::map<storage::OpenItemKey, storage::OpenItem>& items() const {
    return items_;
  }

  // All that was found, for the store to verify. Ends the state.
  storage::ReadSet TakeReads();

 private:
  absl::Status Open(std::vector<storage::RecordRow> rows);
  void Keep(RecordPtr record);
  // Keeps a record that the other group changes; false for any other.
  bool KeepInFlight(storage::Uid uid);
  void PutInFlight(const storage::OpenItemKey& key,
                   const std::optional<storage::OpenItem>& item);

  Core* core_;
  const Hints* hints_;
  const Change* in_flight_ = nullptr;
  // The newest group before the first call to the store.
  uint64_t group_;
  absl::flat_hash_map<storage::KeyHash, storage::Uid> keys_;
  absl::flat_hash_map<storage::Uid, RecordPtr> records_;
  absl::flat_hash_map<storage::Uid, storage::PersonId> person_of_;
  absl::flat_hash_map<storage::PersonId, std::vector<storage::Uid>> members_;
  absl::flat_hash_map<storage::KeyHash, std::vector<storage::Uid>> holders_;
  absl::flat_hash_map<storage::Uid, HeldVector> vectors_;
  absl::flat_hash_map<storage::KeyHash, std::vector<storage::Uid>> blocks_;
  size_t block_limit_ = 0;
  absl::flat_hash_map<storage::Uid, std::vector<storage::Uid>> neighbours_;
  std::map<storage::EdgeKey, storage::EdgeRow> edges_;
  absl::flat_hash_set<storage::Uid> decisions_loaded_;
  absl::flat_hash_set<storage::Uid> items_loaded_;
  std::map<uint64_t, DecisionPtr> decisions_;
  std::map<storage::OpenItemKey, storage::OpenItem> items_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_STATE_H_
