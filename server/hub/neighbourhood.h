// SPDX-License-Identifier: Apache-2.0
// The records around a change that linking must look at again: whoever shares a
// linking identifier, before or after, or an edge, whoever a clerk ruled on,
// and the members of all their persons.
#ifndef WAYSTATION_SERVER_HUB_NEIGHBOURHOOD_H_
#define WAYSTATION_SERVER_HUB_NEIGHBOURHOOD_H_

#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/link.h"
#include "server/hub/connected.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// Used by one thread, for one group.
class Neighbourhood {
 public:
  explicit Neighbourhood(Planning& planning) : planning_(planning) {}

  // Loads all that is connected with `seeds`, which are known to the planning,
  // and puts what changed of their identifiers into change and batch.
  absl::Status Explore(std::span<const storage::Uid> seeds);

  // What is connected: no identifier, edge, person or ruling joins two of
  // these.
  struct Component {
    // Ascending.
    std::vector<storage::Uid> records;
    // Those from which edges lead to what was not visited: what belongs to them
    // is far over the limit.
    std::vector<storage::Uid> cut = {};
  };
  std::vector<Component> Components();

  // As the group leaves it.
  const domain::LinkFeatures& Features(storage::Uid uid);
  const PairRulings& rulings() const { return rulings_; }
  // Edges between these, as the group leaves them; records of a component.
  absl::StatusOr<std::vector<domain::Edge>> Edges(
      std::span<const storage::Uid> records) const;

 private:
  struct Identifiers {
    std::vector<storage::KeyHash> before;
    std::vector<storage::KeyHash> after;
  };
  const Identifiers& IdentifiersOf(storage::Uid uid);
  void ChangeHolders(storage::Uid uid, const Identifiers& identifiers);
  std::span<const storage::Uid> HoldersAfter(
      const storage::KeyHash& identifier) const;
  std::span<const storage::Uid> NeighboursAfter(storage::Uid uid) const;
  bool IsLarge(storage::Uid uid);

  Planning& planning_;
  Connected connected_;
  // By numbers and edges alone, and not by having been one person.
  Connected linked_;
  std::vector<storage::Uid> records_;
  // Of which not every neighbour was visited.
  std::vector<storage::Uid> cut_;
  absl::flat_hash_map<storage::Uid, Identifiers> identifiers_;
  // Nodes: features of two records are held while a third is read.
  absl::node_hash_map<storage::Uid, domain::LinkFeatures> features_;
  PairRulings rulings_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NEIGHBOURHOOD_H_
