// SPDX-License-Identifier: Apache-2.0
#include "server/hub/explain_work.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "proto/errors/error.h"
#include "server/hub/leaf_work.h"
#include "server/hub/neighbourhood.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using domain::PartitionTrace;
using storage::OpenItem;
using storage::Uid;
using Apart = PartitionTrace::Apart;
using Basis = PartitionTrace::Basis;

v1::LinkBasis BasisOf(Basis basis) {
  switch (basis) {
    case Basis::kRuling:
      return v1::LINK_BASIS_DECISION;
    case Basis::kNumber:
      return v1::LINK_BASIS_NUMBER;
    case Basis::kScore:
      return v1::LINK_BASIS_SCORE;
  }
  return v1::LINK_BASIS_UNSPECIFIED;
}

std::string_view NameOf(Apart apart) {
  switch (apart) {
    case Apart::kNothing:
      return "";
    case Apart::kRuling:
      return "DECISION";
    case Apart::kNames:
      return "NAMES";
    case Apart::kUniqueKeys:
      return "UNIQUE_KEYS";
    case Apart::kNumbers:
      return "NUMBERS";
  }
  return "";
}

// What a strong edge of that score rests on besides the number (link.h).
std::string_view AgreementOf(double score) {
  constexpr std::string_view kNames[] = {"",           "birth_date", "one_edit",
                                         "same_sound", "variant",    "exact"};
  const auto place = static_cast<size_t>(score);
  return place < std::size(kNames) ? kNames[place] : "";
}

}  // namespace

// Writes a trace down, as far as it concerns one person.
class ExplainWork::Telling {
 public:
  Telling(Planning& planning, const PairRulings& rulings,
          v1::ExplainPersonResponse& response)
      : planning_(planning), rulings_(rulings), response_(response) {}

  // `person` is ascending, `persons` are all of the neighbourhood.
  void Tell(const PartitionTrace& trace, const std::vector<Uid>& person,
            const std::vector<std::vector<Uid>>& persons) {
    for (const PartitionTrace::Step& step : trace.steps) {
      if (Holds(person, step.pair.a)) AddStep(step);
    }
    for (size_t i = 0; i < persons.size(); ++i) {
      for (const Uid uid : persons[i]) person_of_[uid] = i;
    }
    std::vector<const PartitionTrace::Aside*> asides;
    for (const PartitionTrace::Aside& aside : trace.asides) {
      if (Holds(person, aside.pair.a) != Holds(person, aside.pair.b)) {
        asides.push_back(&aside);
      }
    }
    std::ranges::stable_sort(asides, {}, [](const auto* aside) {
      return std::tuple(aside->doubt, -aside->score);
    });
    for (const PartitionTrace::Aside* aside : asides) AddAside(*aside, person);
  }

 private:
  static bool Holds(const std::vector<Uid>& person, Uid uid) {
    return std::ranges::binary_search(person, uid);
  }

  void SetReference(Uid uid, v1::RecordReference& shown) const {
    const RecordPtr record = planning_.Find(uid);
    shown.set_agency(record->stored.agency());
    shown.set_record_key(record->stored.record_key());
  }

  uint64_t RulingOn(const domain::Pair& pair) const {
    const auto found = rulings_.by_pair().find(pair);
    return found == rulings_.by_pair().end() ? 0 : found->second->number;
  }

  void AddStep(const PartitionTrace::Step& step) {
    v1::LinkStep& shown = *response_.add_steps();
    shown.set_basis(BasisOf(step.basis));
    SetReference(step.pair.a, *shown.mutable_record_a());
    SetReference(step.pair.b, *shown.mutable_record_b());
    shown.set_size(static_cast<uint32_t>(step.size));
    switch (step.basis) {
      case Basis::kRuling:
        shown.set_decision(RulingOn(step.pair));
        break;
      case Basis::kNumber:
        shown.set_agreement(std::string(AgreementOf(step.score)));
        break;
      case Basis::kScore:
        shown.set_score(step.score);
        break;
    }
  }

  void AddAside(const PartitionTrace::Aside& aside,
                const std::vector<Uid>& person) {
    v1::LinkAside& shown = *response_.add_asides();
    const bool first = Holds(person, aside.pair.a);
    SetReference(first ? aside.pair.a : aside.pair.b,
                 *shown.mutable_record_a());
    SetReference(first ? aside.pair.b : aside.pair.a,
                 *shown.mutable_record_b());
    shown.set_basis(BasisOf(aside.basis));
    shown.set_why(std::string(domain::ReasonOf(aside.doubt)));
    if (aside.basis == Basis::kScore) shown.set_score(aside.score);
    shown.set_apart(std::string(NameOf(aside.apart)));
    if (aside.apart == Apart::kRuling) {
      shown.set_decision(DifferentBetween(aside.pair));
    }
    if (aside.rival.has_value()) {
      SetReference(aside.rival->a, *shown.mutable_rival_a());
      SetReference(aside.rival->b, *shown.mutable_rival_b());
    }
    const storage::OpenItemKey key{.kind = OpenItem::Kind::kCandidate,
                                   .a = aside.pair.a,
                                   .b = aside.pair.b};
    if (planning_.state.items().contains(key)) {
      shown.set_candidate(planning_.core.subjects.Encode(key));
    }
  }

  // The first ruling DIFFERENT between the persons of the two.
  uint64_t DifferentBetween(const domain::Pair& pair) const {
    const size_t a = person_of_.at(pair.a);
    const size_t b = person_of_.at(pair.b);
    for (const domain::Pair& ruled : rulings_.cannot()) {
      const auto x = person_of_.find(ruled.a);
      const auto y = person_of_.find(ruled.b);
      if (x == person_of_.end() || y == person_of_.end()) continue;
      if ((x->second == a && y->second == b) ||
          (x->second == b && y->second == a)) {
        return RulingOn(ruled);
      }
    }
    return 0;
  }

  Planning& planning_;
  const PairRulings& rulings_;
  v1::ExplainPersonResponse& response_;
  std::map<Uid, size_t> person_of_;
};

absl::Status ExplainWork::Begin(Planning& planning) {
  response_.Clear();
  records_.clear();
  const Uid seeds[] = {record_};
  if (auto status = planning.LoadPersons(seeds); !status.ok()) return status;
  if (planning.state.PersonOf(record_) == 0) {
    return errors::Error("NOT_AVAILABLE");
  }
  Neighbourhood neighbourhood(planning);
  if (auto status = neighbourhood.Explore(seeds); !status.ok()) return status;
  for (const Neighbourhood::Component& component : neighbourhood.Components()) {
    if (!std::ranges::binary_search(component.records, record_)) continue;
    if (auto status = planning.state.LoadItems(component.records);
        !status.ok()) {
      return status;
    }
    std::vector<domain::LinkFeatures> features;
    features.reserve(component.records.size());
    for (const Uid uid : component.records) {
      features.push_back(neighbourhood.Features(uid));
    }
    const auto edges = neighbourhood.Edges(component.records);
    if (!edges.ok()) return edges.status();
    const domain::Thresholds& thresholds = planning.rules->linking().thresholds;
    response_.set_upper(thresholds.upper);
    response_.set_lower(thresholds.lower);
    response_.set_margin(thresholds.margin);
    PartitionTrace trace;
    const domain::Partitioned partitioned =
        domain::Partition({.records = features,
                           .scored = *edges,
                           .must = neighbourhood.rulings().must(),
                           .cannot = neighbourhood.rulings().cannot(),
                           .thresholds = thresholds,
                           .cut = component.cut},
                          &trace);
    const auto person =
        std::ranges::find_if(partitioned.persons, [&](const auto& members) {
          return std::ranges::binary_search(members, record_);
        });
    Telling(planning, neighbourhood.rulings(), response_)
        .Tell(trace, *person, partitioned.persons);
    for (const Uid uid : *person) records_.push_back(planning.Find(uid));
    response_.set_neighbourhood(static_cast<uint32_t>(features.size()));
    response_.set_over_limit(!partitioned.over_limit.empty());
  }
  std::vector<RecordPtr> shown = records_;
  std::ranges::sort(shown, {}, [](const RecordPtr& record) {
    return std::pair<std::string_view, std::string_view>(
        record->stored.agency(), record->stored.record_key());
  });
  for (const RecordPtr& record : shown) {
    v1::RecordReference& reference = *response_.add_records();
    reference.set_agency(record->stored.agency());
    reference.set_record_key(record->stored.record_key());
  }
  response_.set_rules_version(planning.rules->version());
  return absl::OkStatus();
}

absl::Status ExplainWork::Conclude(const Outcome& outcome) {
  OfficeLook look =
      LookAt(outcome.planning.core, caller_, "person.explain",
             std::to_string(response_.records_size()) + " records", reason_,
             domain::kComparedAttributes, records_);
  outcome.planning.AddLeaf(std::move(look.event), std::move(look.details));
  return absl::OkStatus();
}

}  // namespace waystation::hub
