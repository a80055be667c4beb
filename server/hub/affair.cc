// SPDX-License-Identifier: Apache-2.0
#include "server/hub/affair.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/domain/disclosure.h"

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

bool Names(const LoadedDecision& decision, std::span<const RecordPtr> records) {
  return std::ranges::any_of(decision.stored.uids(), [&](Uid uid) {
    return std::ranges::binary_search(records, uid, {}, &Record::uid);
  });
}

// Of what changed, and what opens the scope of own records; where that changed
// itself, another view may come with it.
domain::AttributeSet WantedClaims(domain::AttributeSet changed) {
  if ((changed & domain::kScopeAttributes) != 0) {
    return ~domain::AttributeSet{0};
  }
  return changed | domain::kScopeAttributes;
}

// The records of each person, all of them known.
template <typename MembersOf, typename Find>
std::vector<std::vector<RecordPtr>> RecordsOf(
    const std::vector<PersonId>& persons, MembersOf members_of, Find find) {
  std::vector<std::vector<RecordPtr>> records;
  records.reserve(persons.size());
  for (const PersonId person : persons) {
    std::vector<RecordPtr>& held = records.emplace_back();
    for (const Uid uid : members_of(person)) held.push_back(find(uid));
  }
  return records;
}

bool SameSets(const std::vector<std::vector<RecordPtr>>& before,
              const std::vector<std::vector<RecordPtr>>& after) {
  const auto same_uids = [](const auto& a, const auto& b) {
    return std::ranges::equal(a, b, {}, &Record::uid, &Record::uid);
  };
  return std::ranges::equal(before, after, same_uids);
}

// Of the values that the office set on one entry the latest, by number, is its
// claim.
void AddOfficeClaims(domain::AttributeSet wanted, PersonSide& side) {
  std::map<std::pair<uint32_t, std::string_view>,
           const store::v1::StoredDecision*>
      latest;
  for (const store::v1::StoredDecision* decision : side.decisions) {
    const auto bit = domain::BitOf(static_cast<int>(decision->attribute()));
    if (!decision->has_office() || (bit & wanted) == 0) continue;
    const store::v1::StoredDecision*& held =
        latest[{decision->attribute(), decision->entry_key()}];
    if (held == nullptr ||
        held->decision().number() < decision->decision().number()) {
      held = decision;
    }
  }
  for (const auto& [entry, decision] : latest) {
    domain::RecordView& view = side.views.emplace_back();
    view.record = &decision->office();
    view.ruling = decision;
  }
}

}  // namespace

std::unique_ptr<PersonSide> MakeSide(const Snapshot& registry,
                                     std::vector<RecordPtr> records,
                                     std::span<const DecisionPtr> decisions,
                                     domain::AttributeSet wanted) {
  auto side = std::make_unique<PersonSide>();
  side->records = std::move(records);
  for (const RecordPtr& record : side->records) {
    side->members.push_back(record->uid);
    side->views.push_back(ViewOf(registry, *record));
  }
  side->person = side->members.empty() ? 0 : side->members.front();
  for (const DecisionPtr& decision : decisions) {
    if (decision->IsValueDecision() && Names(*decision, side->records)) {
      side->decisions.push_back(&decision->stored);
    }
  }
  AddOfficeClaims(wanted, *side);
  side->claims = domain::PersonClaims(side->views, wanted);
  side->wanted = wanted;
  return side;
}

std::vector<Affair> AffairsOf(const Planning& planning,
                              std::span<const Uid> touched) {
  const std::vector<DecisionPtr> decisions_before = planning.DecisionsBefore();
  const std::vector<DecisionPtr> decisions_after = planning.DecisionsAfter();
  absl::flat_hash_set<Uid> seen;
  std::vector<Affair> affairs;
  affairs.reserve(touched.size());
  for (const Uid uid : touched) {
    if (seen.contains(uid)) continue;
    Gathering gathering(planning);
    gathering.From(uid);
    auto before = RecordsOf(
        gathering.before(),
        [&](PersonId person) { return planning.state.Members(person); },
        [&](Uid member) { return planning.state.Find(member); });
    auto after = RecordsOf(
        gathering.after(),
        [&](PersonId person) { return planning.Members(person); },
        [&](Uid member) { return planning.Find(member); });
    for (const auto& records : before) {
      for (const RecordPtr& record : records) seen.insert(record->uid);
    }
    Affair& affair = affairs.emplace_back();
    for (const auto& records : after) {
      for (const RecordPtr& record : records) {
        seen.insert(record->uid);
        const auto changed = planning.change.records.find(record->uid);
        if (changed == planning.change.records.end()) continue;
        affair.changed.push_back(&changed->second);
        affair.attributes |= changed->second.changed;
      }
    }
    affair.moved = !SameSets(before, after);
    // Under other rules, or on another day, anything may stand otherwise.
    if (affair.moved || !planning.outlooks_before.empty()) {
      affair.attributes = ~domain::AttributeSet{0};
    }
    for (const auto& entry : planning.change.decisions) {
      const auto& decision = entry.second;
      if (!decision.after->IsValueDecision()) continue;
      if (std::ranges::any_of(after, [&](const auto& records) {
            return Names(*decision.after, records);
          })) {
        affair.attributes |=
            domain::BitOf(static_cast<int>(decision.after->stored.attribute()));
      }
    }
    const domain::AttributeSet wanted = WantedClaims(affair.attributes);
    for (auto& records : before) {
      affair.before.push_back(MakeSide(*planning.registry, std::move(records),
                                       decisions_before, wanted));
    }
    for (auto& records : after) {
      affair.after.push_back(MakeSide(*planning.registry, std::move(records),
                                      decisions_after, wanted));
    }
  }
  return affairs;
}

}  // namespace waystation::hub
