// SPDX-License-Identifier: Apache-2.0
// What one commit group changes, beside what it found. While a group is being
// written, the next one is planned on top of its Change.
#ifndef WAYSTATION_SERVER_HUB_CHANGE_H_
#define WAYSTATION_SERVER_HUB_CHANGE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/domain/attributes.h"
#include "server/hub/record.h"
#include "server/storage/store.h"

namespace waystation::hub {

struct ChangedRecord {
  // nullptr for a record that is new.
  RecordPtr before;
  std::shared_ptr<Record> after;
  // Attributes of which Resolve may now see something else.
  domain::AttributeSet changed = 0;
  // Attributes that the updates claimed or retracted.
  domain::AttributeSet said = 0;
  // Something of it must be written.
  bool writes = false;
  // When the latest of the updates came in.
  int64_t received_time = 0;
};

struct ChangedDecision {
  // nullptr for a decision that is new.
  DecisionPtr before;
  std::shared_ptr<LoadedDecision> after;
};

struct ChangedNotice {
  // As the store holds it; 0 for one that is new.
  uint64_t version = 0;
  // With whom it was; 0 for one that is new.
  storage::AgencyNumber recipient_before = 0;
  // With the version in which it will be held.
  storage::NoticeRow after;
};

struct ChangedCode {
  // The store does not hold it yet.
  bool is_new = false;
  storage::HolderCodeRow after;
};

// A block may be too large to be known whole, so its change is kept by itself.
struct ChangedBlock {
  // Ascending; none in both.
  std::vector<storage::Uid> gained;
  std::vector<storage::Uid> lost;

  // Of some of those who were in it, ascending.
  void ApplyTo(std::vector<storage::Uid>& members) const;
};

struct Change {
  absl::flat_hash_map<storage::Uid, ChangedRecord> records;
  // Keys of `records` in the order in which they were touched.
  std::vector<storage::Uid> order;
  // Of new records.
  absl::flat_hash_map<storage::KeyHash, storage::Uid> keys;
  // New and moved records; persons that gained or lost one (empty: gone).
  absl::flat_hash_map<storage::Uid, storage::PersonId> person_of;
  absl::flat_hash_map<storage::PersonId, std::vector<storage::Uid>> members;
  // Identifiers that gained or lost a holder.
  absl::flat_hash_map<storage::KeyHash, std::vector<storage::Uid>> holders;
  // Blocks of records that are held against each other.
  absl::flat_hash_map<storage::KeyHash, ChangedBlock> blocks;
  // Who shares an edge with each record that gained or lost one, ascending; and
  // the edges that are new or others than they were.
  absl::flat_hash_map<storage::Uid, std::vector<storage::Uid>> neighbours;
  std::map<storage::EdgeKey, storage::EdgeRow> edges;
  std::map<uint64_t, ChangedDecision> decisions;
  std::map<uint64_t, ChangedNotice> notices;
  std::map<storage::KeyHash, ChangedCode> codes;
  // nullopt: no longer open.
  std::map<storage::OpenItemKey, std::optional<storage::OpenItem>> items;
  // Agencies into whose mailboxes something is put, each once.
  std::vector<storage::AgencyNumber> told;
  // Ids of the watchers who are promised all of that.
  std::vector<uint64_t> promised;
  // Leaves in the log when the group is written.
  uint64_t log_size = 0;
};

// Codes of `uid`, by rising hash, as they are after the change.
void PutOver(const std::map<storage::KeyHash, ChangedCode>& changed,
             storage::Uid uid, std::vector<storage::HolderCodeRow>& codes);

inline storage::OpenItemKey KeyOf(const storage::OpenItem& item) {
  return {.kind = item.kind,
          .a = item.a,
          .b = item.b,
          .attribute = item.attribute,
          .entry = item.entry};
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_CHANGE_H_
