// SPDX-License-Identifier: Apache-2.0
#include "server/hub/affair.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace waystation::hub {
namespace {

using storage::PersonId;
using storage::Uid;

// Persons before and after that share records, found from one record.
class Gathering {
 public:
  explicit Gathering(const Planning& planning) : planning_(planning) {}

  void From(Uid uid) {
    VisitBefore(planning_.state.PersonOf(uid));
    VisitAfter(planning_.PersonOf(uid));
  }

  const std::vector<PersonId>& before() const { return before_; }
  const std::vector<PersonId>& after() const { return after_; }

 private:
  void VisitBefore(PersonId person) {
    if (person == 0 || std::ranges::find(before_, person) != before_.end()) {
      return;
    }
    before_.push_back(person);
    for (const Uid uid : planning_.state.Members(person)) {
      VisitAfter(planning_.PersonOf(uid));
    }
  }
  void VisitAfter(PersonId person) {
    if (person == 0 || std::ranges::find(after_, person) != after_.end()) {
      return;
    }
    after_.push_back(person);
    for (const Uid uid : planning_.Members(person)) {
      VisitBefore(planning_.state.PersonOf(uid));
    }
  }

  const Planning& planning_;
  std::vector<PersonId> before_;
  std::vector<PersonId> after_;
};

bool Names(const LoadedDecision& decision, std::span<const Uid> members) {
  return std::ranges::any_of(decision.stored.uids(), [&](Uid uid) {
    return std::ranges::binary_search(members, uid);
  });
}

bool SameSets(const Affair& affair) {
  return std::ranges::equal(
      affair.before, affair.after, {},
      [](const auto& side) -> const std::vector<Uid>& { return side->members; },
      [](const auto& side) -> const std::vector<Uid>& {
        return side->members;
      });
}

}  // namespace

std::unique_ptr<PersonSide> MakeSide(const Snapshot& registry,
                                     std::vector<RecordPtr> records,
                                     std::span<const DecisionPtr> decisions) {
  auto side = std::make_unique<PersonSide>();
  side->records = std::move(records);
  for (const RecordPtr& record : side->records) {
    side->members.push_back(record->uid);
    side->views.push_back(ViewOf(registry, *record));
  }
  side->person = side->members.empty() ? 0 : side->members.front();
  side->claims = domain::PersonClaims(side->views);
  for (const DecisionPtr& decision : decisions) {
    if (decision->IsValueDecision() && Names(*decision, side->members)) {
      side->decisions.push_back(&decision->stored);
    }
  }
  return side;
}

std::vector<Affair> AffairsOf(const Planning& planning,
                              std::span<const Uid> touched) {
  const std::vector<DecisionPtr> decisions_before = planning.DecisionsBefore();
  const std::vector<DecisionPtr> decisions_after = planning.DecisionsAfter();
  absl::flat_hash_set<Uid> seen;
  std::vector<Affair> affairs;
  for (const Uid uid : touched) {
    if (seen.contains(uid)) continue;
    Gathering gathering(planning);
    gathering.From(uid);
    Affair& affair = affairs.emplace_back();
    for (const PersonId person : gathering.before()) {
      std::vector<RecordPtr> records;
      for (const Uid member : planning.state.Members(person)) {
        seen.insert(member);
        records.push_back(planning.state.Find(member));
      }
      affair.before.push_back(
          MakeSide(*planning.registry, std::move(records), decisions_before));
    }
    for (const PersonId person : gathering.after()) {
      std::vector<RecordPtr> records;
      for (const Uid member : planning.Members(person)) {
        seen.insert(member);
        records.push_back(planning.Find(member));
        const auto changed = planning.change.records.find(member);
        if (changed != planning.change.records.end()) {
          affair.changed.push_back(&changed->second);
          affair.attributes |= changed->second.changed;
        }
      }
      affair.after.push_back(
          MakeSide(*planning.registry, std::move(records), decisions_after));
    }
    affair.moved = !SameSets(affair);
    // Under other rules, or on another day, anything may stand otherwise.
    if (affair.moved || planning.outlook_before.has_value()) {
      affair.attributes = ~domain::AttributeSet{0};
    }
    for (const auto& [number, decision] : planning.change.decisions) {
      if (!decision.after->IsValueDecision()) continue;
      for (const auto& side : affair.after) {
        if (Names(*decision.after, side->members)) {
          affair.attributes |= domain::BitOf(
              static_cast<int>(decision.after->stored.attribute()));
        }
      }
    }
  }
  return affairs;
}

}  // namespace waystation::hub
