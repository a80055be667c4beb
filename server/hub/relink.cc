// SPDX-License-Identifier: Apache-2.0
#include "server/hub/relink.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "proto/errors/reason.h"
#include "server/domain/apply.h"
#include "server/domain/link.h"
#include "server/domain/score.h"
#include "server/hub/neighbourhood.h"
#include "server/hub/pair_item.h"
#include "server/hub/review_sample.h"
#include "server/hub/scoring.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::PersonId;
using storage::Uid;

constexpr std::string_view kWithdrawn = "WITHDRAWN";

// What strong edges and their doubts look at.
constexpr domain::AttributeSet kLinkingAttributes =
    domain::BitOf(domain::kIdentifiers) | domain::BitOf(domain::kName) |
    domain::BitOf(domain::kSex) | domain::BitOf(domain::kBirthDate);

uint32_t NumberOfReason(std::string_view name) {
  const errors::Reason* reason = errors::FindReason(name);
  return reason == nullptr ? 0 : reason->number;
}

// A candidate that the component has, and whether a ruling brought it back.
struct Doubted {
  std::string_view reason;
  bool reopened = false;
};
using Candidates = std::map<storage::OpenItemKey, Doubted>;

class Relinking {
 public:
  explicit Relinking(Planning& planning)
      : planning_(planning), scoring_(planning), neighbourhood_(planning) {}

  absl::Status Run() {
    if (auto status = planning_.LoadPersons(planning_.rescored); !status.ok()) {
      return status;
    }
    const std::vector<Uid> compared = ComparedAnew();
    if (auto status = scoring_.Run(compared, planning_.rescored);
        !status.ok()) {
      return status;
    }
    FindSeeds(compared);
    planning_.relinked = {.records = {}, .over_limit = 0, .done = true};
    if (seeds_.empty()) return absl::OkStatus();
    const std::vector<Uid> seeds(seeds_.begin(), seeds_.end());
    if (auto status = neighbourhood_.Explore(seeds); !status.ok()) {
      return status;
    }
    const std::vector<Neighbourhood::Component> components =
        neighbourhood_.Components();
    if (auto status = LoadItems(components); !status.ok()) return status;
    for (const Neighbourhood::Component& component : components) {
      planning_.relinked.records.insert(planning_.relinked.records.end(),
                                        component.records.begin(),
                                        component.records.end());
      if (auto status = Settle(component); !status.ok()) return status;
    }
    std::ranges::sort(planning_.relinked.records);
    if (auto status = SettleWithdrawn(); !status.ok()) return status;
    return SettleSamples();
  }

 private:
  // Records of which something that is compared has changed.
  std::vector<Uid> ComparedAnew() const {
    std::vector<Uid> records;
    for (const Uid uid : planning_.change.order) {
      const ChangedRecord& changed = planning_.change.records.at(uid);
      if (changed.before == nullptr ||
          (changed.changed & domain::kComparedAttributes) != 0) {
        records.push_back(uid);
      }
    }
    return records;
  }

  // Records of which something that links has changed.
  void FindSeeds(const std::vector<Uid>& compared) {
    for (const Uid uid : compared) {
      const ChangedRecord& changed = planning_.change.records.at(uid);
      // The rest bears on persons by edges alone, but it also bears on what a
      // clerk is shown and has ruled.
      if (changed.before == nullptr ||
          (changed.changed & kLinkingAttributes) != 0 ||
          planning_.memory.hints.HasItem(uid) ||
          planning_.memory.hints.HasDecision(uid)) {
        seeds_.insert(uid);
      }
    }
    for (const auto& [number, decision] : planning_.change.decisions) {
      if (decision.after->IsValueDecision()) continue;
      seeds_.insert(decision.after->stored.uids().begin(),
                    decision.after->stored.uids().end());
    }
    seeds_.insert(planning_.rescored.begin(), planning_.rescored.end());
    seeds_.insert(scoring_.touched().begin(), scoring_.touched().end());
  }

  absl::Status LoadItems(
      const std::vector<Neighbourhood::Component>& components) {
    std::vector<Uid> records;
    for (const Neighbourhood::Component& component : components) {
      records.insert(records.end(), component.records.begin(),
                     component.records.end());
    }
    if (auto status = planning_.state.LoadItems(records); !status.ok()) {
      return status;
    }
    for (const auto& [key, item] : planning_.state.items()) {
      if (!IsCandidate(key.kind) || item.reason == withdrawn_) {
        continue;
      }
      open_[key.a].push_back(key);
      open_[key.b].push_back(key);
    }
    return absl::OkStatus();
  }

  absl::Status Settle(const Neighbourhood::Component& component) {
    Candidates candidates;
    if (component.records.size() == 1) {
      SetPersons({component.records});
    } else {
      std::vector<domain::LinkFeatures> features;
      features.reserve(component.records.size());
      for (const Uid uid : component.records) {
        features.push_back(neighbourhood_.Features(uid));
      }
      const auto edges = neighbourhood_.Edges(component.records);
      if (!edges.ok()) return edges.status();
      const domain::Partitioned partitioned =
          PartitionOf(features, *edges, component.cut);
      if (!partitioned.over_limit.empty()) ++planning_.relinked.over_limit;
      SetPersons(partitioned.persons);
      AddDoubts(OpenItem::Kind::kCandidate, component.records, partitioned,
                candidates);
      AddOwn(features, *edges, partitioned.over_limit, candidates);
    }
    SetCandidates(component, candidates);
    return absl::OkStatus();
  }

  domain::Partitioned PartitionOf(std::span<const domain::LinkFeatures> records,
                                  std::span<const domain::Edge> edges,
                                  std::span<const Uid> cut) const {
    return domain::Partition(
        {.records = records,
         .scored = edges,
         .must = neighbourhood_.rulings().must(),
         .cannot = neighbourhood_.rulings().cannot(),
         .thresholds = planning_.rules->linking().thresholds,
         .cut = cut});
  }

  // What an agency would doubt of its own records, had it nothing else: its
  // clerks are asked about that, so that no question tells them of others'.
  void AddOwn(const std::vector<domain::LinkFeatures>& features,
              const std::vector<domain::Edge>& edges,
              const std::vector<Uid>& over_limit, Candidates& candidates) {
    std::map<storage::AgencyNumber, std::vector<size_t>> by_agency;
    for (size_t i = 0; i < features.size(); ++i) {
      by_agency[planning_.Find(features[i].uid)->agency].push_back(i);
    }
    for (const auto& [agency, places] : by_agency) {
      if (places.size() < 2) continue;
      std::vector<domain::LinkFeatures> own;
      std::vector<Uid> uids;
      for (const size_t place : places) {
        own.push_back(features[place]);
        uids.push_back(features[place].uid);
      }
      std::vector<domain::Edge> between;
      std::ranges::copy_if(edges, std::back_inserter(between),
                           [&](const domain::Edge& edge) {
                             return std::ranges::binary_search(uids, edge.a) &&
                                    std::ranges::binary_search(uids, edge.b);
                           });
      // Whoever is among too many is so for the own agency too, since not all
      // of them were looked at.
      std::vector<Uid> cut;
      std::ranges::set_intersection(uids, over_limit, std::back_inserter(cut));
      AddDoubts(OpenItem::Kind::kOwnCandidate, uids,
                PartitionOf(own, between, cut), candidates);
    }
  }

  // Of records, ascending, that were partitioned.
  void AddDoubts(OpenItem::Kind kind, const std::vector<Uid>& records,
                 const domain::Partitioned& partitioned,
                 Candidates& candidates) {
    for (const domain::Candidate& candidate : partitioned.candidates) {
      candidates.emplace(KeyOf(candidate.pair, kind),
                         Doubted{.reason = domain::ReasonOf(candidate.doubt)});
    }
    AddReopened(kind, records, candidates);
  }

  // A person is named by its smallest uid.
  void SetPersons(const std::vector<std::vector<Uid>>& persons) {
    std::vector<PersonId> before;
    for (const std::vector<Uid>& members : persons) {
      const PersonId person = members.front();
      for (const Uid uid : members) {
        const PersonId was = planning_.state.PersonOf(uid);
        if (was != 0) before.push_back(was);
        if (was == person) continue;
        planning_.change.person_of[uid] = person;
        planning_.batch.memberships.push_back({.uid = uid, .person = person});
      }
      if (!std::ranges::equal(planning_.state.Members(person), members)) {
        planning_.change.members[person] = members;
      }
    }
    for (const PersonId person : before) {
      const bool remains = std::ranges::binary_search(
          persons, person, {},
          [](const std::vector<Uid>& members) { return members.front(); });
      if (!remains) planning_.change.members[person] = {};
    }
  }

  void AddReopened(OpenItem::Kind kind, const std::vector<Uid>& records,
                   Candidates& candidates) {
    for (const auto& [pair, ruling] : neighbourhood_.rulings().by_pair()) {
      if (!std::ranges::binary_search(records, pair.a) ||
          !std::ranges::binary_search(records, pair.b)) {
        continue;
      }
      const RecordPtr a = planning_.Find(pair.a);
      const RecordPtr b = planning_.Find(pair.b);
      if (Holds(planning_.core.hashes, planning_.rules->linking(), *ruling, *a,
                *b)) {
        continue;
      }
      const bool same = ruling->stored.decision().kind() ==
                        waystation::v1::Decision::KIND_SAME;
      candidates[KeyOf(pair, kind)] = {
          .reason = domain::ReasonOf(same ? domain::Doubt::kNameContradicts
                                          : domain::Doubt::kKeptApart),
          .reopened = true};
    }
  }

  // What was one person until now and is no longer goes to a clerk, and stays
  // with one until somebody rules, it is one person again, or nothing is left
  // of one of the two. Two persons are asked about once.
  absl::Status SettleWithdrawn() {
    std::vector<domain::Pair> pairs;
    std::vector<Uid> ends;
    for (const auto& [key, item] : planning_.state.items()) {
      if (item.reason != withdrawn_) continue;
      pairs.push_back({key.a, key.b});
      ends.insert(ends.end(), {key.a, key.b});
    }
    for (const Uid uid : seeds_) {
      const PersonId before = planning_.state.PersonOf(uid);
      if (!planning_.change.members.contains(before)) continue;
      // One of each person that its members are now.
      std::map<PersonId, Uid> firsts;
      for (const Uid other : planning_.state.Members(before)) {
        if (HasClaims(other)) firsts.emplace(planning_.PersonOf(other), other);
      }
      firsts.erase(planning_.PersonOf(uid));
      for (const auto& [person, other] : firsts) {
        pairs.push_back(domain::Pair::Of(uid, other));
      }
    }
    if (pairs.empty()) return absl::OkStatus();
    if (auto status = planning_.LoadPersons(ends); !status.ok()) return status;
    const auto persons = [&](const domain::Pair& pair) {
      return std::minmax(
          {planning_.PersonOf(pair.a), planning_.PersonOf(pair.b)});
    };
    std::set<std::pair<PersonId, PersonId>> asked;
    for (const domain::Pair& pair : candidates_) asked.insert(persons(pair));
    for (const domain::Pair& pair : neighbourhood_.rulings().cannot()) {
      asked.insert(persons(pair));
    }
    for (const domain::Pair& pair : pairs) {
      if (candidates_.contains(pair)) continue;
      const auto both = persons(pair);
      if (both.first != both.second && HasClaims(pair.a) && HasClaims(pair.b) &&
          asked.insert(both).second) {
        Open(KeyOf(pair), {.reason = kWithdrawn});
      } else if (planning_.state.items().contains(KeyOf(pair)) &&
                 !planning_.change.items.contains(KeyOf(pair))) {
        planning_.change.items[KeyOf(pair)] = std::nullopt;
      }
    }
    return absl::OkStatus();
  }

  // A pair of a sample waits until somebody has ruled on it, or nothing is left
  // of one of the two; a ruling that is undone asks again.
  absl::Status SettleSamples() {
    std::vector<storage::OpenItemKey> keys;
    std::vector<Uid> ends;
    const auto add = [&](const storage::OpenItemKey& key) {
      keys.push_back(key);
      ends.insert(ends.end(), {key.a, key.b});
    };
    for (const auto& [key, item] : planning_.state.items()) {
      if (key.kind == OpenItem::Kind::kSample) add(key);
    }
    const auto undone = UndoneOfSample();
    if (!undone.ok()) return undone.status();
    for (const storage::OpenItemKey& key : *undone) add(key);
    if (keys.empty()) return absl::OkStatus();
    if (auto status = planning_.LoadPersons(ends); !status.ok()) return status;
    const PairRulings& rulings = neighbourhood_.rulings();
    for (const storage::OpenItemKey& key : keys) {
      const domain::Pair pair{key.a, key.b};
      if (rulings.by_pair().contains(pair) || !HasClaims(key.a) ||
          !HasClaims(key.b)) {
        if (planning_.state.items().contains(key)) {
          planning_.change.items[key] = std::nullopt;
        }
        continue;
      }
      OpenItem item = SampleItem(planning_, *planning_.Find(key.a),
                                 *planning_.Find(key.b), rulings);
      const auto open = planning_.state.items().find(key);
      if (open != planning_.state.items().end()) {
        item.opened_time = open->second.opened_time;
        if (item == open->second) continue;
      }
      planning_.change.items[key] = std::move(item);
    }
    return absl::OkStatus();
  }

  // Pairs of the newest sample on which a ruling stands no more.
  absl::StatusOr<std::vector<storage::OpenItemKey>> UndoneOfSample() const {
    std::vector<storage::OpenItemKey> undone;
    for (const auto& [number, decision] : planning_.change.decisions) {
      const LoadedDecision& after = *decision.after;
      if (after.IsValueDecision() || after.stored.uids_size() != 2 ||
          after.active || decision.before == nullptr ||
          !decision.before->active) {
        continue;
      }
      const auto pair =
          domain::Pair::Of(after.stored.uids(0), after.stored.uids(1));
      undone.push_back(
          {.kind = OpenItem::Kind::kSample, .a = pair.a, .b = pair.b});
    }
    if (undone.empty()) return undone;
    const auto sample = NewestSample(planning_.core.store);
    if (!sample.ok()) return sample.status();
    std::erase_if(undone, [&](const storage::OpenItemKey& key) {
      return !sample->has_value() || !HoldsPair(**sample, key);
    });
    return undone;
  }

  bool HasClaims(Uid uid) const {
    return domain::HasClaims(planning_.Find(uid)->stored);
  }

  void SetCandidates(const Neighbourhood::Component& component,
                     const Candidates& candidates) {
    const auto is_in = [&](Uid uid) {
      return std::ranges::binary_search(component.records, uid);
    };
    for (const Uid uid : component.records) {
      const auto open = open_.find(uid);
      if (open == open_.end()) continue;
      for (const storage::OpenItemKey& key : open->second) {
        // What is between this part and the rest of a cut one was not looked
        // at.
        if (!candidates.contains(key) &&
            (component.cut.empty() || (is_in(key.a) && is_in(key.b)))) {
          planning_.change.items[key] = std::nullopt;
        }
      }
    }
    for (const auto& [key, doubted] : candidates) {
      if (key.kind == OpenItem::Kind::kCandidate) {
        candidates_.insert({key.a, key.b});
      }
      Open(key, doubted);
    }
  }

  static storage::OpenItemKey KeyOf(
      const domain::Pair& pair,
      OpenItem::Kind kind = OpenItem::Kind::kCandidate) {
    return {.kind = kind, .a = pair.a, .b = pair.b};
  }

  void Open(const storage::OpenItemKey& key, const Doubted& doubted) {
    OpenItem item = MakeItem(key, doubted);
    const auto open = planning_.state.items().find(key);
    if (open != planning_.state.items().end()) {
      item.opened_time = open->second.opened_time;
      if (item == open->second) return;
    }
    planning_.change.items[key] = std::move(item);
  }

  OpenItem MakeItem(const storage::OpenItemKey& key, const Doubted& doubted) {
    const RecordPtr a = planning_.Find(key.a);
    const RecordPtr b = planning_.Find(key.b);
    OpenItem item{.kind = key.kind,
                  .a = key.a,
                  .b = key.b,
                  .opened_time = planning_.now,
                  .reopened = doubted.reopened,
                  .agencies = AgenciesOfPair(a->agency, b->agency),
                  .etag = CandidateEtag(planning_.core.hashes, *a, *b,
                                        neighbourhood_.rulings()),
                  .reason = NumberOfReason(doubted.reason)};
    return item;
  }

  Planning& planning_;
  Scoring scoring_;
  Neighbourhood neighbourhood_;
  const uint32_t withdrawn_ = NumberOfReason(kWithdrawn);
  std::set<Uid> seeds_;
  // Candidates that name each record and were open before; those of what had
  // been one person are settled by themselves.
  absl::flat_hash_map<Uid, std::vector<storage::OpenItemKey>> open_;
  // All the office is asked about by what records say, of the components
  // settled.
  std::set<domain::Pair> candidates_;
};

}  // namespace

absl::Status Relink(Planning& planning) { return Relinking(planning).Run(); }

}  // namespace waystation::hub
