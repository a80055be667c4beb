// SPDX-License-Identifier: Apache-2.0
#include "server/hub/neighbourhood.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/hub/edge.h"
#include "server/hub/record.h"

namespace waystation::hub {
namespace {

using storage::KeyHash;
using storage::Uid;

// How far past its limit a neighbourhood is looked at: whoever may have been
// joined by scores while it was smaller is found again.
constexpr size_t kReach = 4;

std::vector<KeyHash> HashesOf(const Hashes& hashes,
                              const store::v1::StoredRecord& record) {
  std::vector<KeyHash> result;
  for (const std::string& identifier : domain::LinkingIdentifiers(record)) {
    result.push_back(hashes.Identifier(identifier));
  }
  std::ranges::sort(result);
  return result;
}

std::vector<KeyHash> Without(const std::vector<KeyHash>& from,
                             const std::vector<KeyHash>& what) {
  std::vector<KeyHash> rest;
  std::ranges::set_difference(from, what, std::back_inserter(rest));
  return rest;
}

}  // namespace

const Neighbourhood::Identifiers& Neighbourhood::IdentifiersOf(Uid uid) {
  const auto [place, added] = identifiers_.try_emplace(uid);
  Identifiers& identifiers = place->second;
  if (!added) return identifiers;
  const Hashes& hashes = planning_.core.hashes;
  const auto changed = planning_.change.records.find(uid);
  if (changed == planning_.change.records.end()) {
    if (const RecordPtr record = planning_.state.Find(uid)) {
      identifiers.before = HashesOf(hashes, record->stored);
      identifiers.after = identifiers.before;
    }
    return identifiers;
  }
  if (changed->second.before != nullptr) {
    identifiers.before = HashesOf(hashes, changed->second.before->stored);
  }
  identifiers.after = HashesOf(hashes, changed->second.after->stored);
  return identifiers;
}

std::span<const Uid> Neighbourhood::HoldersAfter(
    const KeyHash& identifier) const {
  const auto changed = planning_.change.holders.find(identifier);
  if (changed != planning_.change.holders.end()) return changed->second;
  return planning_.state.Holders(identifier);
}

// Precondition: the holders of all of them are loaded.
void Neighbourhood::ChangeHolders(Uid uid, const Identifiers& identifiers) {
  const auto edit = [&](const KeyHash& identifier) -> std::vector<Uid>& {
    const auto [place, added] =
        planning_.change.holders.try_emplace(identifier);
    if (added) {
      const std::span<const Uid> found = planning_.state.Holders(identifier);
      place->second.assign(found.begin(), found.end());
    }
    return place->second;
  };
  const uint32_t epoch = planning_.core.hashes.epoch();
  for (const KeyHash& gone : Without(identifiers.before, identifiers.after)) {
    std::erase(edit(gone), uid);
    planning_.batch.identifiers_removed.push_back(
        {.hash = gone, .epoch = epoch, .uid = uid});
  }
  for (const KeyHash& fresh : Without(identifiers.after, identifiers.before)) {
    std::vector<Uid>& holders = edit(fresh);
    holders.insert(std::ranges::lower_bound(holders, uid), uid);
    planning_.batch.identifiers_added.push_back(
        {.hash = fresh, .epoch = epoch, .uid = uid});
  }
}

std::span<const Uid> Neighbourhood::NeighboursAfter(Uid uid) const {
  const auto changed = planning_.change.neighbours.find(uid);
  if (changed != planning_.change.neighbours.end()) return changed->second;
  return planning_.state.Neighbours(uid);
}

// So large that scores join none of it, whatever else belongs to it.
bool Neighbourhood::IsLarge(Uid uid) {
  return linked_.SizeOf(uid) >
         kReach * planning_.rules->linking().thresholds.neighbourhood_limit;
}

absl::Status Neighbourhood::Explore(std::span<const Uid> seeds) {
  std::vector<Uid> wave;
  const auto visit = [&](Uid uid) {
    if (connected_.SizeOf(uid) != 0) return;
    connected_.Add(uid);
    linked_.Add(uid);
    wave.push_back(uid);
  };
  const auto visit_linked = [&](Uid from, Uid uid) {
    visit(uid);
    connected_.Join(from, uid);
    linked_.Join(from, uid);
  };
  for (const Uid uid : seeds) visit(uid);
  const std::vector<Uid> changed = wave;
  absl::flat_hash_set<uint64_t> rulings_seen;

  // Breadth first, a call to the store for each table and ring. The first ring
  // changes the index, so that the others find their holders as they will be.
  for (bool first = true; !wave.empty(); first = false) {
    if (auto status = planning_.LoadPersons(wave); !status.ok()) return status;
    if (auto status = planning_.state.LoadDecisions(wave); !status.ok()) {
      return status;
    }
    if (auto status = planning_.state.LoadEdges(wave); !status.ok()) {
      return status;
    }
    std::vector<KeyHash> touched;
    for (const Uid uid : wave) {
      const Identifiers& identifiers = IdentifiersOf(uid);
      touched.insert(touched.end(), identifiers.before.begin(),
                     identifiers.before.end());
      touched.insert(touched.end(), identifiers.after.begin(),
                     identifiers.after.end());
    }
    if (auto status = planning_.state.LoadHolders(touched); !status.ok()) {
      return status;
    }
    if (first) {
      for (const Uid uid : changed) ChangeHolders(uid, IdentifiersOf(uid));
    }
    records_.insert(records_.end(), wave.begin(), wave.end());
    const std::vector<Uid> ring = std::exchange(wave, {});
    for (const Uid uid : ring) {
      for (const Uid member :
           planning_.state.Members(planning_.state.PersonOf(uid))) {
        visit(member);
        connected_.Join(uid, member);
      }
      for (const KeyHash& identifier : IdentifiersOf(uid).after) {
        for (const Uid holder : HoldersAfter(identifier)) {
          visit_linked(uid, holder);
        }
      }
    }
    // Whoever held what somebody holds no longer.
    for (const KeyHash& identifier : touched) {
      for (const Uid uid : planning_.state.Holders(identifier)) visit(uid);
    }
    for (const Uid uid : ring) {
      for (const Uid other : NeighboursAfter(uid)) {
        if (connected_.SizeOf(other) == 0 && IsLarge(uid)) {
          cut_.push_back(uid);
          break;
        }
        visit_linked(uid, other);
      }
    }
    const auto visit_pair = [&](const LoadedDecision& decision) {
      if (decision.IsValueDecision() ||
          !rulings_seen.insert(decision.number).second) {
        return;
      }
      for (const Uid uid : decision.stored.uids()) visit(uid);
    };
    for (const auto& [number, decision] : planning_.state.decisions()) {
      visit_pair(*decision);
    }
    for (const auto& [number, decision] : planning_.change.decisions) {
      visit_pair(*decision.after);
    }
  }
  rulings_ = PairRulings(planning_.DecisionsAfter());
  for (const auto& [pair, ruling] : rulings_.by_pair()) {
    connected_.Join(pair.a, pair.b);
  }
  return absl::OkStatus();
}

std::vector<Neighbourhood::Component> Neighbourhood::Components() {
  std::vector<Component> components;
  for (std::vector<Uid>& records : connected_.Sets()) {
    components.push_back({.records = std::move(records)});
    std::ranges::copy_if(cut_, std::back_inserter(components.back().cut),
                         [&set = components.back().records](Uid uid) {
                           return std::ranges::binary_search(set, uid);
                         });
  }
  return components;
}

absl::StatusOr<std::vector<domain::Edge>> Neighbourhood::Edges(
    std::span<const Uid> records) const {
  std::vector<domain::Edge> edges;
  for (const Uid uid : records) {
    for (const Uid other : NeighboursAfter(uid)) {
      if (other < uid || !std::ranges::binary_search(records, other)) continue;
      const storage::EdgeKey key{uid, other};
      const auto changed = planning_.change.edges.find(key);
      const storage::EdgeRow* row = changed != planning_.change.edges.end()
                                        ? &changed->second
                                        : planning_.state.FindEdge(key);
      const auto edge = OpenEdge(*row, planning_.Find(other)->data_key);
      if (!edge.ok()) return edge.status();
      edges.push_back({.a = uid,
                       .b = other,
                       .score = edge->score(),
                       .kind = domain::Edge::Kind::kScored});
    }
  }
  return edges;
}

const domain::LinkFeatures& Neighbourhood::Features(Uid uid) {
  const auto [place, added] = features_.try_emplace(uid);
  if (added) {
    place->second =
        domain::FeaturesOf(ViewOf(*planning_.registry, *planning_.Find(uid)),
                           planning_.rules->linking().block_list);
  }
  return place->second;
}

}  // namespace waystation::hub
