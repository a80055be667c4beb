// SPDX-License-Identifier: Apache-2.0
// Which records have a decision, an open item or an edge at all. Few do, so the
// committer asks this before it asks the store. Belongs to planning; read from
// the store at start and after a commit that did not go through. Of a store
// that others write to, it is not known: each of them may.
#ifndef WAYSTATION_SERVER_HUB_HINTS_H_
#define WAYSTATION_SERVER_HUB_HINTS_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "server/hub/change.h"
#include "server/storage/store.h"

namespace waystation::hub {

class Hints {
 public:
  absl::Status Load(const storage::Store& store);
  // Takes in what a group changes; `items_before` are those of its open items
  // that were open before it.
  void Adopt(
      const Change& change,
      const std::map<storage::OpenItemKey, storage::OpenItem>& items_before);

  bool HasDecision(storage::Uid uid) const {
    return is_unknown_ || decisions_.contains(uid);
  }
  bool HasItem(storage::Uid uid) const {
    return is_unknown_ || items_.contains(uid);
  }
  bool HasEdge(storage::Uid uid) const {
    return is_unknown_ || edges_.contains(uid);
  }

 private:
  using Count = absl::flat_hash_map<storage::Uid, uint32_t>;
  absl::Status LoadEdges(const storage::Store& store);
  static void Raise(Count& count, storage::Uid uid);
  static void Lower(Count& count, storage::Uid uid);
  void Raise(const storage::OpenItemKey& key);
  void Lower(const storage::OpenItemKey& key);

  bool is_unknown_ = false;
  // How many active decisions, or open items, name the record.
  Count decisions_;
  Count items_;
  absl::flat_hash_set<storage::Uid> edges_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_HINTS_H_
