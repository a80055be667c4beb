// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/hub/stock.h"

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <span>
#include <sstream>
#include <vector>

#include "google/protobuf/message.h"
#include "proto/errors/reason.h"
#include "server/domain/apply.h"
#include "server/domain/blocking.h"
#include "server/domain/dates.h"
#include "server/domain/disclosure.h"
#include "server/domain/linking.h"
#include "server/domain/resolve.h"
#include "server/hub/affair.h"
#include "server/hub/edge.h"
#include "server/hub/own_groups.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/record.h"
#include "server/hub/vector.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::Uid;

// Everything, unsealed.
class Reader {
 public:
  explicit Reader(TestHub& test)
      : test_(test),
        random_([](void* out, size_t size) {
          RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(size));
        }),
        sealer_(test.keys(), random_),
        registry_(test.keys().handle_key(), {}) {
    EXPECT_TRUE(registry_.Load(test.store()).ok());
    for (const auto& [id, agency] : registry_.Get()->agencies()) {
      const auto rows = test.store().ListRecords(agency.number, 0, 100'000);
      EXPECT_TRUE(rows.ok());
      for (const storage::RecordRow& row : *rows) {
        auto record = OpenRecord(sealer_, row);
        EXPECT_TRUE(record.ok()) << record.status();
        records_[row.uid] = *record;
      }
    }
    const auto decisions = test.store().ListDecisions(0, 100'000);
    EXPECT_TRUE(decisions.ok());
    for (const storage::DecisionRow& row : *decisions) {
      if (row.active) decisions_.push_back(*OpenDecision(sealer_, row));
    }
  }

  RecordName NameOf(Uid uid) const {
    const store::v1::StoredRecord& record = records_.at(uid)->stored;
    return record.agency() + "/" + record.record_key();
  }

  std::set<std::set<Uid>> Persons() const {
    std::map<storage::PersonId, std::set<Uid>> persons;
    for (const auto& [uid, record] : records_) {
      const auto person = test_.store().PersonsOf({&uid, 1});
      EXPECT_TRUE(person.ok() && person->front().has_value());
      persons[*person->front()].insert(uid);
    }
    std::set<std::set<Uid>> result;
    for (const auto& [person, members] : persons) {
      EXPECT_EQ(person, *members.begin()) << "named by its smallest uid";
      result.insert(members);
    }
    return result;
  }

  std::vector<domain::LinkFeatures> Features(
      const domain::Linking& linking) const {
    std::vector<domain::LinkFeatures> features;
    for (const auto& [uid, record] : records_) {
      features.push_back(domain::FeaturesOf(ViewOf(*registry_.Get(), *record),
                                            linking.block_list));
    }
    return features;
  }

  // Every record against every other that shares a block with it, unless that
  // has too many.
  std::vector<domain::Edge> Edges(const domain::Linking& linking) const {
    std::map<domain::BlockingKey, std::vector<Uid>> blocks;
    std::map<Uid, domain::MatchVector> vectors;
    for (const auto& [uid, record] : records_) {
      vectors[uid] = domain::MatchVectorOf(record->stored, linking.block_list);
      const auto held = OpenVector(uid, record->data_key, record->vector);
      EXPECT_TRUE(held.ok()) << held.status();
      EXPECT_EQ(*held, vectors[uid]) << "record " << uid;
      for (const auto& key : domain::BlockingKeys(vectors[uid])) {
        blocks[key].push_back(uid);
      }
    }
    std::set<domain::Pair> pairs;
    for (const auto& [key, members] : blocks) {
      if (members.size() > linking.block_cap) continue;
      for (const Uid a : members) {
        for (const Uid b : members) {
          if (a < b) pairs.insert({a, b});
        }
      }
    }
    std::vector<domain::Edge> edges;
    for (const domain::Pair& pair : pairs) {
      const domain::Weighed weighed =
          domain::Weigh(vectors[pair.a], vectors[pair.b], linking.weights);
      if (weighed.shares_number() || weighed.score < linking.thresholds.lower) {
        continue;
      }
      edges.push_back({.a = pair.a,
                       .b = pair.b,
                       .score = weighed.score,
                       .kind = domain::Edge::Kind::kScored});
    }
    return edges;
  }

  std::vector<domain::Edge> StoredEdges() const {
    const auto rows = test_.store().ListEdges({}, 1'000'000);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<domain::Edge> edges;
    for (const storage::EdgeRow& row : *rows) {
      const auto edge = OpenEdge(row, records_.at(row.b)->data_key);
      EXPECT_TRUE(edge.ok()) << edge.status();
      edges.push_back({.a = row.a,
                       .b = row.b,
                       .score = edge->score(),
                       .kind = domain::Edge::Kind::kScored});
    }
    return edges;
  }

  std::unique_ptr<PersonSide> Side(const std::set<Uid>& members) const {
    std::vector<RecordPtr> records;
    records.reserve(members.size());
    for (const Uid uid : members) records.push_back(records_.at(uid));
    return MakeSide(*registry_.Get(), std::move(records), decisions_);
  }

  // Of the person as the store has it.
  std::set<Uid> OwnGroup(Uid uid) const {
    for (const std::set<Uid>& members : Persons()) {
      if (!members.contains(uid)) continue;
      const AgencyEntry* agency =
          registry_.Get()->Find(records_.at(uid)->agency);
      const auto group = OwnGroupWith(uid, *agency, Side(members)->records,
                                      PairRulings(decisions_));
      EXPECT_EQ(group.front(), uid) << "named by its smallest record";
      return {group.begin(), group.end()};
    }
    return {};
  }

  std::string AgencyName(storage::AgencyNumber number) const {
    return registry_.Get()->Find(number)->id();
  }

  const Snapshot& registry() const { return *registry_.Get(); }
  const std::map<Uid, RecordPtr>& records() const { return records_; }
  const std::vector<DecisionPtr>& decisions() const { return decisions_; }

  // The first record by name.
  RecordName FirstOf(const std::set<Uid>& members) const {
    RecordName first;
    for (const Uid uid : members) {
      const RecordName name = NameOf(uid);
      if (first.empty() || name < first) first = name;
    }
    return first;
  }

 private:
  TestHub& test_;
  RandomPool random_;
  Sealer sealer_;
  Registry registry_;
  std::map<Uid, RecordPtr> records_;
  std::vector<DecisionPtr> decisions_;
};

void AddRecordsAndPersons(const Reader& reader,
                          const std::set<std::set<Uid>>& persons,
                          const std::vector<domain::Edge>& edges,
                          const domain::RuleBook& rules, codes::Date today,
                          Stock& stock) {
  for (const domain::Edge& edge : edges) {
    const auto names =
        std::minmax({reader.NameOf(edge.a), reader.NameOf(edge.b)});
    stock.edges[names] = edge.score;
  }
  for (const auto& [uid, record] : reader.records()) {
    store::v1::StoredRecord copy = record->stored;
    // When a revision came in is the one thing that order decides.
    copy.clear_received_time();
    // Where each update is kept as it was sent goes by arrival too.
    copy.clear_kept();
    for (store::v1::StoredClaim& claim : *copy.mutable_claims()) {
      claim.clear_received_time();
    }
    stock.records[reader.NameOf(uid)] = copy.DebugString();
  }
  for (const std::set<Uid>& members : persons) {
    std::set<RecordName> names;
    for (const Uid uid : members) names.insert(reader.NameOf(uid));
    stock.persons.insert(names);
    const auto side = reader.Side(members);
    domain::ForEachAttribute(side->claims.attributes(), [&](int number) {
      for (const domain::Resolution& resolution :
           domain::Resolve(rules.Of(number), side->claims.Of(number),
                           side->decisions, today)) {
        stock.canonical[{*names.begin(), domain::GetAttribute(number).name,
                         resolution.entry_key}] =
            std::to_string(resolution.status) + " " +
            std::string(domain::ReasonOf(resolution.why)) + " " +
            resolution.standing().full->ShortDebugString();
      }
    });
  }
}

std::string Words(const RecordName& person, int attribute,
                  const std::set<std::string>& agencies,
                  std::string_view reason, bool reopened) {
  std::string words = person + " " + domain::GetAttribute(attribute).name;
  for (const std::string& agency : agencies) words += " " + agency;
  return words + " " + std::string(reason) + (reopened ? " reopened" : "");
}

std::string PairWords(RecordName a, RecordName b, std::string_view reason,
                      bool reopened) {
  if (b < a) std::swap(a, b);
  return a + " " + b + " " + std::string(reason) +
         (reopened ? " reopened" : "");
}

std::string OwnWords(const std::string& agency, const RecordName& first,
                     std::string_view attribute, std::string_view reason) {
  return agency + " " + first + " " + std::string(attribute) + " " +
         std::string(reason);
}

// What each agency is shown of one person: the very view that it may read.
void AddOwnConflicts(const Reader& reader, const std::set<Uid>& members,
                     const domain::RuleBook& rules, codes::Date today,
                     Stock& stock) {
  const auto side = reader.Side(members);
  for (const auto& [id, agency] : reader.registry().agencies()) {
    const auto access = reader.registry().AccessOf(agency, today);
    for (const std::vector<Uid>& own :
         OwnGroupsOf(agency, side->records, PairRulings(reader.decisions()))) {
      const v1::PersonView view = domain::View(
          {.recipient = &agency.recipient,
           .permissions = &access->permissions,
           .own = own},
          side->claims,
          {.rules = &rules, .decisions = side->decisions, .as_of = today});
      for (const v1::AttributeView& shown : view.attributes()) {
        if (shown.status() != v1::STATUS_CONFLICT) continue;
        // A record that contradicts itself is not asked about.
        const auto* attribute = domain::FindAttribute(shown.attribute());
        const bool is_seen_of_others =
            (access->permissions.Visible() & attribute->bit()) != 0;
        const bool several =
            std::ranges::count_if(own, [&](Uid uid) {
              return domain::FindClaim(reader.records().at(uid)->stored,
                                       attribute->number) != nullptr;
            }) > 1;
        if (!is_seen_of_others && !several) continue;
        stock.own_conflicts.insert(
            OwnWords(id, reader.FirstOf({own.begin(), own.end()}),
                     shown.attribute(), shown.reason()));
      }
    }
  }
}

template <typename Set>
void Compare(const char* what, const Set& a, const Set& b, std::ostream& out) {
  for (const auto& x : a) {
    if (b.count(x) != a.count(x))
      out << "only first: " << what << " " << x << "\n";
  }
  for (const auto& x : b) {
    if (a.count(x) != b.count(x))
      out << "only second: " << what << " " << x << "\n";
  }
}

}  // namespace

std::string Difference(const Stock& a, const Stock& b) {
  std::ostringstream out;
  for (const auto& [name, claims] : a.records) {
    const auto other = b.records.find(name);
    if (other == b.records.end()) {
      out << "only first: " << name << "\n";
    } else if (other->second != claims) {
      out << name << ":\n" << claims << "against\n" << other->second;
    }
  }
  const auto words = [](const std::set<std::set<RecordName>>& persons) {
    std::set<std::string> result;
    for (const std::set<RecordName>& members : persons) {
      std::string line;
      for (const RecordName& name : members) line += name + " ";
      result.insert(line);
    }
    return result;
  };
  Compare("person", words(a.persons), words(b.persons), out);
  Compare("conflict", a.conflicts, b.conflicts, out);
  Compare("candidate", a.candidates, b.candidates, out);
  Compare("own candidate", a.own_candidates, b.own_candidates, out);
  Compare("own conflict", a.own_conflicts, b.own_conflicts, out);
  const auto edge_words = [](const auto& edges) {
    std::set<std::string> result;
    for (const auto& [names, score] : edges) {
      result.insert(names.first + " " + names.second + " " +
                    std::to_string(score));
    }
    return result;
  };
  Compare("edge", edge_words(a.edges), edge_words(b.edges), out);
  for (const auto& [key, value] : a.canonical) {
    const auto other = b.canonical.find(key);
    if (other == b.canonical.end() || other->second != value) {
      out << std::get<0>(key) << " " << std::get<1>(key) << ": " << value
          << " against "
          << (other == b.canonical.end() ? "nothing" : other->second) << "\n";
    }
  }
  return out.str();
}

Stock StockOf(TestHub& test) {
  const Reader reader(test);
  const std::set<std::set<Uid>> persons = reader.Persons();
  Stock stock;
  AddRecordsAndPersons(reader, persons, reader.StoredEdges(), test.rules(),
                       domain::DayOf(absl::ToUnixMicros(test.Now())), stock);
  const auto items = [&](OpenItem::Kind kind) {
    const auto found = test.store().ListOpenItems(kind, std::nullopt, 100'000);
    EXPECT_TRUE(found.ok());
    return *found;
  };
  for (const OpenItem& item : items(OpenItem::Kind::kConflict)) {
    const auto person =
        std::ranges::find_if(persons, [&](const std::set<Uid>& members) {
          return *members.begin() == item.a;
        });
    EXPECT_NE(person, persons.end()) << "a conflict of nobody";
    if (person == persons.end()) continue;
    std::set<std::string> agencies;
    for (const auto number : item.agencies) {
      agencies.insert(reader.AgencyName(number));
    }
    stock.conflicts.insert(
        Words(reader.FirstOf(*person), static_cast<int>(item.attribute),
              agencies, errors::FindReason(item.reason)->name, item.reopened));
  }
  for (const OpenItem& item : items(OpenItem::Kind::kCandidate)) {
    if (errors::FindReason(item.reason)->name == "WITHDRAWN") continue;
    stock.candidates.insert(
        PairWords(reader.NameOf(item.a), reader.NameOf(item.b),
                  errors::FindReason(item.reason)->name, item.reopened));
  }
  for (const OpenItem& item : items(OpenItem::Kind::kOwnCandidate)) {
    stock.own_candidates.insert(
        PairWords(reader.NameOf(item.a), reader.NameOf(item.b),
                  errors::FindReason(item.reason)->name, item.reopened));
  }
  for (const OpenItem& item : items(OpenItem::Kind::kOwnConflict)) {
    const std::string agency =
        reader.AgencyName(reader.records().at(item.a)->agency);
    EXPECT_EQ(item.agencies.size(), 1U);
    EXPECT_EQ(reader.AgencyName(item.agencies.front()), agency);
    stock.own_conflicts.insert(
        OwnWords(agency, reader.FirstOf(reader.OwnGroup(item.a)),
                 domain::GetAttribute(static_cast<int>(item.attribute)).name,
                 errors::FindReason(item.reason)->name));
  }
  return stock;
}

std::map<std::string, std::vector<std::string>> MailboxesOf(TestHub& test) {
  const Reader reader(test);
  std::map<std::string, std::vector<std::string>> mailboxes;
  for (const auto& [id, agency] : reader.registry().agencies()) {
    const auto rows = test.store().ReadMailbox(agency.number, 0, 100'000);
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const storage::MailboxRow& row : *rows) {
      mailboxes[id].push_back(reader.NameOf(row.uid) + " " +
                              std::to_string(row.attributes) + " " +
                              std::to_string(static_cast<int>(row.kind)));
    }
  }
  return mailboxes;
}

Stock ComputedAtOnce(TestHub& test) {
  const Reader reader(test);
  const codes::Date today = domain::DayOf(absl::ToUnixMicros(test.Now()));
  const PairRulings rulings(reader.decisions());
  const domain::RuleBook rules = test.rules();
  const std::vector<domain::LinkFeatures> features =
      reader.Features(rules.linking());
  const std::vector<domain::Edge> edges = reader.Edges(rules.linking());
  const domain::Partitioned partitioned =
      domain::Partition({.records = features,
                         .scored = edges,
                         .must = rulings.must(),
                         .cannot = rulings.cannot(),
                         .thresholds = rules.linking().thresholds});
  std::set<std::set<Uid>> persons;
  for (const std::vector<Uid>& members : partitioned.persons) {
    persons.insert({members.begin(), members.end()});
  }
  Stock stock;
  AddRecordsAndPersons(reader, persons, edges, rules, today, stock);
  for (const std::set<Uid>& members : persons) {
    AddOwnConflicts(reader, members, rules, today, stock);
    const auto side = reader.Side(members);
    domain::ForEachAttribute(side->claims.attributes(), [&](int number) {
      for (const domain::Resolution& resolution :
           domain::Resolve(rules.Of(number), side->claims.Of(number),
                           side->decisions, today)) {
        if (!resolution.is_conflict()) continue;
        std::set<std::string> agencies;
        for (const domain::Group& group : resolution.groups) {
          for (const uint32_t member : group.members) {
            const domain::Claim& claim = resolution.claims[member];
            if (claim.is_office()) continue;
            agencies.insert(std::string(claim.agency));
          }
        }
        stock.conflicts.insert(
            Words(reader.FirstOf(members), number, agencies,
                  domain::ReasonOf(resolution.why),
                  resolution.kept_open == 0 && !resolution.reopened.empty()));
      }
    });
  }
  const auto add_candidates = [&](std::span<const domain::LinkFeatures> asked,
                                  const domain::Partitioned& parts,
                                  std::multiset<std::string>& open) {
    std::set<Uid> uids;
    for (const domain::LinkFeatures& one : asked) uids.insert(one.uid);
    std::map<domain::Pair, std::pair<std::string, bool>> candidates;
    for (const domain::Candidate& candidate : parts.candidates) {
      candidates[candidate.pair] = {
          std::string(domain::ReasonOf(candidate.doubt)), false};
    }
    for (const auto& [pair, ruling] : rulings.by_pair()) {
      if (!uids.contains(pair.a) || !uids.contains(pair.b) ||
          Holds(Hashes(test.keys()), rules.linking(), *ruling,
                *reader.records().at(pair.a), *reader.records().at(pair.b))) {
        continue;
      }
      const bool same =
          ruling->stored.decision().kind() == v1::Decision::KIND_SAME;
      candidates[pair] = {same ? "NAME_CONTRADICTS" : "KEPT_APART", true};
    }
    for (const auto& [pair, why] : candidates) {
      open.insert(PairWords(reader.NameOf(pair.a), reader.NameOf(pair.b),
                            why.first, why.second));
    }
  };
  add_candidates(features, partitioned, stock.candidates);
  // As if there were no other agency.
  std::map<std::string, std::vector<domain::LinkFeatures>> by_agency;
  for (const domain::LinkFeatures& one : features) {
    by_agency[one.agency].push_back(one);
  }
  for (const auto& [agency, own] : by_agency) {
    add_candidates(own,
                   domain::Partition({.records = own,
                                      .scored = edges,
                                      .must = rulings.must(),
                                      .cannot = rulings.cannot(),
                                      .thresholds = rules.linking().thresholds,
                                      .cut = partitioned.over_limit}),
                   stock.own_candidates);
  }
  return stock;
}

}  // namespace waystation::hub
