// SPDX-License-Identifier: Apache-2.0
// Guarantee 2 over the whole domain: the same updates and decisions, in any
// order and repetition, give the same persons, candidates, canonical records,
// conflicts and views, whatever uids the order of arrival gave out.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "server/domain/agreement.h"
#include "server/domain/disclosure.h"
#include "server/domain/link.h"
#include "server/domain/meaning.h"
#include "server/domain/resolve.h"
#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

struct Sent {
  std::string agency;
  v1::Update update;
};

// A ruling that two records are one person or are not.
struct PairRuling {
  std::string a;
  std::string b;
  bool same = false;
};

std::string SectorOf(std::string_view agency) {
  return std::string(agency.substr(0, agency.find('.')));
}

v1::Agreement LetThrough(std::string_view to,
                         std::initializer_list<std::string_view> from) {
  v1::Agreement agreement;
  agreement.set_recipient_sector(std::string(to));
  agreement.set_scope(v1::SCOPE_OWN_RECORDS);
  for (auto* date :
       {agreement.mutable_valid_from(), agreement.mutable_valid_until()}) {
    date->set_month(1);
    date->set_day(1);
  }
  agreement.mutable_valid_from()->set_year(2020);
  agreement.mutable_valid_until()->set_year(2030);
  for (const std::string_view source : from) {
    for (const AttributeInfo& attribute : Attributes()) {
      for (const v1::Form form : {v1::FORM_VALUE, v1::FORM_PARTIAL}) {
        v1::Grant& grant = *agreement.add_grants();
        grant.set_source_sector(std::string(source));
        grant.set_attribute(attribute.name);
        grant.set_form(form);
        if (form == v1::FORM_PARTIAL && attribute.name != "movement") {
          grant.set_partial_digits(6);
        }
      }
    }
  }
  return agreement;
}

// A hub without storage: records by agency and key, uids in order of arrival.
class World {
 public:
  void Take(const Sent& sent) {
    const std::string key = sent.agency + "/" + sent.update.record_key();
    auto [place, is_new] = held_.try_emplace(key);
    Held& held = place->second;
    if (is_new) {
      held.uid = held_.size();
      held.sector = SectorOf(sent.agency);
      held.record.set_agency(sent.agency);
      held.record.set_record_key(sent.update.record_key());
    }
    Apply(MustRead(sent.update), held.record);
  }

  // Everything that anybody can learn, in words without uids.
  std::string Describe(const std::vector<PairRuling>& pairs,
                       Decisions decisions) const {
    std::vector<LinkFeatures> features;
    for (const auto& [key, held] : held_) features.push_back(FeaturesOf(held));
    std::vector<Pair> must;
    std::vector<Pair> cannot;
    for (const PairRuling& ruling : pairs) {
      if (!held_.contains(ruling.a) || !held_.contains(ruling.b)) continue;
      (ruling.same ? must : cannot)
          .push_back(Pair::Of(held_.at(ruling.a).uid, held_.at(ruling.b).uid));
    }
    const Partitioned partitioned =
        Partition({.records = features, .must = must, .cannot = cannot});
    std::set<std::string> lines;
    for (const Candidate& candidate : partitioned.candidates) {
      lines.insert("candidate " + Pairing(candidate.pair) + " " +
                   std::string(ReasonOf(candidate.doubt)));
    }
    for (const auto& person : partitioned.persons) {
      lines.insert(DescribePerson(person, must, cannot, decisions));
    }
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, held] : held_) keys.push_back(key);
    return keys;
  }

  // Rules on one of the conflicts for one of its sides, if there is any.
  std::optional<store::StoredDecision> AnyDecision(std::size_t which) const {
    std::vector<store::StoredDecision> all;
    std::vector<LinkFeatures> features;
    for (const auto& [key, held] : held_) features.push_back(FeaturesOf(held));
    const RuleBook rules;
    for (const auto& person : Partition({.records = features}).persons) {
      const auto views = ViewsOf(person);
      const PersonClaims claims(views);
      ForEachAttribute(claims.attributes(), [&](AttributeNumber number) {
        for (const Resolution& entry :
             Resolve(rules.Of(number), claims.Of(number), {}, kToday)) {
          if (!entry.is_conflict()) continue;
          for (const Group& group : entry.groups) {
            store::StoredDecision& decision = all.emplace_back();
            decision.mutable_decision()->set_number(1);
            PinDecision(GetAttribute(number), entry, group.shows, &decision);
            decision.clear_uids();
          }
        }
      });
    }
    if (all.empty()) return std::nullopt;
    std::ranges::sort(all, {}, [](const store::StoredDecision& decision) {
      return decision.SerializeAsString();
    });
    return all[which % all.size()];
  }

 private:
  struct Held {
    Uid uid = 0;
    std::string sector;
    store::StoredRecord record;
  };

  static RecordView ViewOf(const Held& held) {
    return {.uid = held.uid, .sector = held.sector, .record = &held.record};
  }
  static LinkFeatures FeaturesOf(const Held& held) {
    return domain::FeaturesOf(ViewOf(held));
  }

  std::string KeyOf(Uid uid) const {
    for (const auto& [key, held] : held_) {
      if (held.uid == uid) return key;
    }
    return "?";
  }
  std::string Pairing(const Pair& pair) const {
    std::string a = KeyOf(pair.a);
    std::string b = KeyOf(pair.b);
    if (b < a) std::swap(a, b);
    return a + " " + b;
  }
  std::vector<RecordView> ViewsOf(const std::vector<Uid>& person) const {
    std::vector<RecordView> views;
    for (const auto& [key, held] : held_) {
      if (std::ranges::find(person, held.uid) != person.end()) {
        views.push_back(ViewOf(held));
      }
    }
    std::ranges::sort(views, {}, &RecordView::uid);
    return views;
  }

  std::string DescribePerson(const std::vector<Uid>& person,
                             const std::vector<Pair>& must,
                             const std::vector<Pair>& cannot,
                             Decisions decisions) const {
    const auto views = ViewsOf(person);
    const PersonClaims claims(views);
    const RuleBook rules;
    std::string text = "person";
    for (const RecordView& record : claims.records()) {
      text += " " + record.record->agency() + "/" + record.record->record_key();
    }
    ForEachAttribute(claims.attributes(), [&](AttributeNumber number) {
      for (const Resolution& entry :
           Resolve(rules.Of(number), claims.Of(number), decisions, kToday)) {
        text += "\n  " + GetAttribute(number).name + " " + entry.entry_key +
                " " + v1::Status_Name(entry.status) + " " +
                std::string(ReasonOf(entry.why)) + " " +
                entry.standing().value->ShortDebugString() + " of " +
                std::string(entry.standing().record_key);
      }
    });
    std::map<std::string, std::vector<LinkFeatures>> own;
    for (const RecordView& view : views) {
      own[view.record->agency()].push_back(domain::FeaturesOf(view));
    }
    static const std::vector<v1::Agreement> agreements = {
        LetThrough("public_security", {"public_security"}),
        LetThrough("labor", {"public_security", "labor"})};
    for (const auto& [agency, features] : own) {
      const Recipient recipient{agency, SectorOf(agency)};
      const Permissions permissions(agreements, recipient, kToday);
      std::set<std::string> seen;
      for (const auto& group : OwnGroups(features, {}, must, cannot, {})) {
        const Viewer viewer{&recipient, &permissions, group};
        seen.insert(
            View(viewer, claims,
                 {.rules = &rules, .decisions = decisions, .as_of = kToday})
                .ShortDebugString());
      }
      for (const std::string& view : seen) text += "\n  " + agency + " " + view;
    }
    return text;
  }

  std::map<std::string, Held> held_;
};

// Updates of a few agencies about a few people who are easily confused.
std::vector<Sent> AnyUpdates() {
  const std::vector<std::string> numbers = {DemoNumber("19900307", 42),
                                            DemoNumber("19900307", 62)};
  std::vector<Sent> all;
  const auto records = *rc::gen::inRange(2, 7);
  for (int record = 0; record < records; ++record) {
    const std::string agency = *rc::gen::element<std::string>(
        "public_security.320500", "public_security.341200", "labor.320500",
        "labor.341200", "health.320500");
    const auto revisions = *rc::gen::inRange<std::uint64_t>(1, 4);
    for (std::uint64_t revision = 1; revision <= revisions; ++revision) {
      std::string claims = NumberText(*rc::gen::elementOf(numbers));
      claims += *rc::gen::element<std::string>("name{full:'王小明'}",
                                               "name{full:'王晓明'}",
                                               "name{full:'李静'}", "");
      claims += *rc::gen::element<std::string>(
          "birth_date{date{year:1990 month:3 day:7}}",
          "birth_date{date{year:1990 month:3 day:8}}",
          "birth_date{date{year:1990}}", "");
      claims += *rc::gen::element<std::string>(
          "residence{division:'320505010'}", "residence{division:'320505'}",
          "residence{division:'341202' address:'西湖镇'}", "");
      claims += *rc::gen::element<std::string>(
          "training{course:'A'} training{course:'B' title:'焊工'}",
          "training{course:'B' title:'电工'}", "");
      Sent& sent = all.emplace_back();
      sent.agency = agency;
      sent.update = UpdateOf("k" + std::to_string(record), revision, claims);
      if (*rc::gen::inRange(0, 3) == 0) {
        sent.update.mutable_mask()->add_paths("residence");
        sent.update.mutable_claims()->clear_residence();
      }
      if (*rc::gen::arbitrary<bool>()) {
        sent.update.mutable_times()->mutable_recorded_time()->set_seconds(
            1'600'000'000 + *rc::gen::inRange(0, 3));
      }
      sent.update.set_evidence(
          *rc::gen::element(v1::EVIDENCE_UNSPECIFIED, v1::EVIDENCE_DECLARED));
    }
  }
  return all;
}

RC_GTEST_PROP(Domain, IsFreeOfOrder, ()) {
  const std::vector<Sent> updates = AnyUpdates();
  World straight;
  for (const Sent& sent : updates) straight.Take(sent);

  std::vector<Sent> shuffled = updates;
  shuffled.insert(shuffled.end(), updates.begin(), updates.end());
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::ranges::shuffle(shuffled, random);
  World other;
  for (const Sent& sent : shuffled) other.Take(sent);

  std::vector<PairRuling> pairs;
  const auto keys = straight.Keys();
  for (auto n = *rc::gen::inRange(0, 3); n > 0 && keys.size() > 1; --n) {
    PairRuling ruling{*rc::gen::elementOf(keys), *rc::gen::elementOf(keys),
                      *rc::gen::arbitrary<bool>()};
    if (ruling.a != ruling.b) pairs.push_back(ruling);
  }
  const auto decision =
      straight.AnyDecision(*rc::gen::inRange<std::size_t>(0, 100));
  std::vector<const store::StoredDecision*> decisions;
  if (decision) decisions.push_back(&*decision);

  RC_ASSERT(other.Describe(pairs, decisions) ==
            straight.Describe(pairs, decisions));
  // Undone, all of it is as if nobody had ruled.
  RC_ASSERT(other.Describe({}, {}) == straight.Describe({}, {}));
}

}  // namespace
}  // namespace waystation::domain
