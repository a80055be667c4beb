// SPDX-License-Identifier: Apache-2.0
#include "server/hub/relink.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/errors/reason.h"
#include "server/domain/link.h"
#include "server/hub/neighbourhood.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::PersonId;
using storage::Uid;

uint32_t NumberOfReason(std::string_view name) {
  const errors::Reason* reason = errors::FindReason(name);
  return reason == nullptr ? 0 : reason->number;
}

// A candidate that the component has, and whether a ruling brought it back.
struct Doubted {
  domain::Doubt doubt = domain::Doubt::kNameContradicts;
  bool reopened = false;
};
using Candidates = std::map<domain::Pair, Doubted>;

class Relinking {
 public:
  explicit Relinking(Planning& planning)
      : planning_(planning), neighbourhood_(planning) {}

  absl::Status Run(std::span<const Uid> seeds) {
    if (auto status = neighbourhood_.Explore(seeds); !status.ok()) {
      return status;
    }
    const std::vector<std::vector<Uid>> components =
        neighbourhood_.Components();
    for (const std::vector<Uid>& component : components) {
      if (auto status = planning_.state.LoadItems(component); !status.ok()) {
        return status;
      }
      Settle(component);
    }
    return absl::OkStatus();
  }

 private:
  void Settle(const std::vector<Uid>& component) {
    Candidates candidates;
    if (component.size() == 1) {
      SetPersons({component});
    } else {
      std::vector<domain::LinkFeatures> features;
      features.reserve(component.size());
      for (const Uid uid : component) {
        features.push_back(neighbourhood_.Features(uid));
      }
      domain::Partitioned partitioned =
          domain::Partition({.records = features,
                             .scored = {},
                             .must = neighbourhood_.rulings().must(),
                             .cannot = neighbourhood_.rulings().cannot(),
                             .thresholds = {}});
      SetPersons(partitioned.persons);
      for (const domain::Candidate& candidate : partitioned.candidates) {
        candidates.emplace(candidate.pair, Doubted{.doubt = candidate.doubt});
      }
      AddReopened(component, candidates);
    }
    SetCandidates(component, candidates);
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

  void AddReopened(const std::vector<Uid>& component, Candidates& candidates) {
    for (const auto& [pair, ruling] : neighbourhood_.rulings().by_pair()) {
      if (!std::ranges::binary_search(component, pair.a) ||
          !std::ranges::binary_search(component, pair.b)) {
        continue;
      }
      if (Holds(*ruling, *planning_.Find(pair.a), *planning_.Find(pair.b),
                neighbourhood_.Features(pair.a),
                neighbourhood_.Features(pair.b))) {
        continue;
      }
      const bool same = ruling->stored.decision().kind() ==
                        waystation::v1::Decision::KIND_SAME;
      candidates[pair] = {.doubt = same ? domain::Doubt::kNameContradicts
                                        : domain::Doubt::kKeptApart,
                          .reopened = true};
    }
  }

  void SetCandidates(const std::vector<Uid>& component,
                     const Candidates& candidates) {
    for (const auto& [key, item] : planning_.state.items()) {
      if (key.kind == OpenItem::Kind::kCandidate &&
          (std::ranges::binary_search(component, key.a) ||
           std::ranges::binary_search(component, key.b)) &&
          !candidates.contains({key.a, key.b})) {
        planning_.change.items[key] = std::nullopt;
      }
    }
    for (const auto& [pair, doubted] : candidates) {
      OpenItem item = MakeItem(pair, doubted);
      const auto open = planning_.state.items().find(KeyOf(item));
      if (open != planning_.state.items().end()) {
        item.opened_time = open->second.opened_time;
        if (item == open->second) continue;
      }
      planning_.change.items[KeyOf(item)] = std::move(item);
    }
  }

  OpenItem MakeItem(const domain::Pair& pair, const Doubted& doubted) {
    const RecordPtr a = planning_.Find(pair.a);
    const RecordPtr b = planning_.Find(pair.b);
    OpenItem item{.kind = OpenItem::Kind::kCandidate,
                  .a = pair.a,
                  .b = pair.b,
                  .opened_time = planning_.now,
                  .reopened = doubted.reopened,
                  .agencies = {a->agency, b->agency},
                  .etag = CandidateEtag(planning_.core.hashes, *a, *b,
                                        neighbourhood_.rulings()),
                  .reason = NumberOfReason(domain::ReasonOf(doubted.doubt))};
    std::ranges::sort(item.agencies);
    item.agencies.erase(std::unique(item.agencies.begin(), item.agencies.end()),
                        item.agencies.end());
    return item;
  }

  Planning& planning_;
  Neighbourhood neighbourhood_;
};

}  // namespace

domain::AttributeSet LinkingAttributes() {
  return domain::BitOf(domain::kIdentifiers) | domain::BitOf(domain::kName) |
         domain::BitOf(domain::kSex) | domain::BitOf(domain::kBirthDate);
}

absl::Status Relink(Planning& planning, std::span<const Uid> seeds) {
  if (seeds.empty()) return absl::OkStatus();
  return Relinking(planning).Run(seeds);
}

}  // namespace waystation::hub
