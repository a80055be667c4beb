// SPDX-License-Identifier: Apache-2.0
// Rules as operators work with them: learnt from what is held, tried, put in
// force, and still in force after a restart.
#include "server/domain/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "server/domain/blocking.h"
#include "server/hub/hashes.h"
#include "server/hub/rules_in_force.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

const auto kUnwatched = [](const v1::RulesProgress&) { return true; };

v1::RulesStatus InForce(TestHub& test) {
  const auto rules = test.hub().GetRules(OperatorCaller());
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules->status();
}

absl::StatusOr<v1::ApplyRulesResponse> Apply(TestHub& test,
                                             const config::v1::Rules& rules,
                                             const std::string& etag,
                                             bool validate_only = false) {
  v1::ApplyRulesRequest request;
  *request.mutable_rules() = rules;
  request.set_etag(etag);
  request.set_validate_only(validate_only);
  return Await<v1::ApplyRulesResponse>([&](auto done) {
    test.hub().ApplyRules(OperatorCaller(), request, std::move(done));
  });
}

absl::StatusOr<v1::ApplyRulesResponse> Apply(TestHub& test,
                                             const config::v1::Rules& rules) {
  return Apply(test, rules, InForce(test).etag());
}

absl::StatusOr<v1::RulesEffect> Try(TestHub& test,
                                    const config::v1::Rules& rules,
                                    uint64_t most_records = 0) {
  v1::TryRulesRequest request;
  *request.mutable_rules() = rules;
  request.set_examples(100);
  request.set_most_records(most_records);
  return test.hub().TryRules(OperatorCaller(), request, kUnwatched);
}

// Until all records have been looked at under the rules in force.
void AwaitReview(TestHub& test) {
  while (test.hub().GetHubStatus()->records_to_review() != 0) {
    std::this_thread::yield();
  }
}

config::v1::Rules Named(const std::string& version) {
  config::v1::Rules rules;
  rules.set_version(version);
  return rules;
}

// The same name and birth date are not enough.
config::v1::Rules Strict() {
  config::v1::Rules rules = Named("strict");
  rules.mutable_linking()->mutable_thresholds()->set_upper(60);
  return rules;
}

// --- putting in force ---

TEST(ApplyRules, PutsThemInForceForWhatIsHeldAndWhatComes) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  ASSERT_EQ(test.hub().GetHubStatus()->persons(), 1u);
  const v1::RulesStatus before = InForce(test);
  EXPECT_EQ(before.version(), "default");
  EXPECT_FALSE(before.has_applied_time());

  const auto applied = Apply(test, Strict());
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->status().version(), "strict");
  EXPECT_EQ(applied->status().applied_by(), OperatorCaller().path);
  EXPECT_EQ(applied->status().etag(), InForce(test).etag());
  AwaitReview(test);
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 2u);
  EXPECT_EQ(test.hub().GetHubStatus()->rules_version(), "strict");
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 3u);

  const auto acts = ActsOf(test, "rules.apply");
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].actor(), OperatorCaller().path);
  EXPECT_EQ(acts[0].object(), "strict");
  EXPECT_EQ(acts[0].object_hash(), HashOf(Strict()));
  EXPECT_THAT(ActsOf(test, "rules.reviewed"), SizeIs(1));
  EXPECT_EQ(test.hub().CheckStore()->findings_size(), 0);
}

TEST(ApplyRules, StandOverTheConfiguredOnesAfterARestart) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  ASSERT_TRUE(Apply(test, Strict()).ok());
  EXPECT_EQ(InForce(test).passed_over_version(), "");
  test.Restart();
  EXPECT_EQ(InForce(test).version(), "strict");
  EXPECT_TRUE(InForce(test).has_applied_time());
  // A configuration that names others does not take the hub back silently.
  test.UseRules(Named("from the file"));
  test.Restart();
  EXPECT_EQ(InForce(test).version(), "strict");
  EXPECT_EQ(InForce(test).passed_over_version(), "from the file");
  EXPECT_EQ(test.hub().GetHubStatus()->passed_over_rules_version(),
            "from the file");
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 2u);
  // Once they are applied, nothing is passed over.
  ASSERT_TRUE(Apply(test, Named("from the file")).ok());
  EXPECT_EQ(InForce(test).passed_over_version(), "");
}

TEST(ApplyRules, ReviewGoesOnAfterARestart) {
  TestHub test;
  constexpr int kRecords = 1200;
  SubmitNamesakes(test, kRecords);
  ASSERT_TRUE(Apply(test, Strict()).ok());
  test.Restart();
  AwaitReview(test);
  uint32_t looked_at = 0;
  for (const v1::AuditEvent& event : ActsOf(test, "rules.review")) {
    looked_at += event.count();
  }
  EXPECT_EQ(looked_at, kRecords);
  test.UseRules(Strict());
  EXPECT_EQ(StockOf(test), ComputedAtOnce(test));
}

TEST(ApplyRules, RefusesWhatIsWrongAndChangesNothing) {
  TestHub test;
  const std::string etag = InForce(test).etag();
  const struct {
    std::string name;
    std::function<void(config::v1::Rules&)> spoil;
    std::string field;
  } cases[] = {
      {"no version", [](auto& rules) { rules.clear_version(); },
       "rules.version"},
      {"the defaults' version",
       [](auto& rules) { rules.set_version("default"); }, "rules.version"},
      {"a threshold above another",
       [](auto& rules) {
         rules.mutable_linking()->mutable_thresholds()->set_lower(70);
       },
       "rules.linking.thresholds.lower"},
      {"a comparator that does not exist",
       [](auto& rules) {
         auto& level = *rules.mutable_linking()->add_levels();
         level.set_field("name");
         level.set_level("exakt");
         level.set_m(0.5);
         level.set_u(0.5);
       },
       "rules.linking.levels[0].level"},
      {"an attribute that does not exist",
       [](auto& rules) {
         auto& rule = *rules.add_resolution();
         rule.set_attribute("fines");
         rule.add_criteria(v1::CRITERION_AUTHORITY);
       },
       "rules.resolution[0].attribute"},
  };
  for (const auto& [name, spoil, field] : cases) {
    SCOPED_TRACE(name);
    config::v1::Rules rules = Strict();
    spoil(rules);
    for (const absl::Status& status :
         {Apply(test, rules, etag).status(), Try(test, rules).status()}) {
      EXPECT_EQ(errors::ReasonOf(status), "RULES_INVALID");
      const auto violations = errors::ViolationsOf(status);
      ASSERT_FALSE(violations.empty());
      EXPECT_EQ(violations.front().field, field);
    }
  }
  EXPECT_EQ(errors::ReasonOf(Apply(test, Strict(), "").status()),
            "ETAG_MISSING");
  EXPECT_TRUE(Apply(test, Strict(), etag, /*validate_only=*/true).ok());
  EXPECT_EQ(InForce(test).etag(), etag);
  EXPECT_THAT(ActsOf(test, "rules.apply"), IsEmpty());
  EXPECT_THAT(ActsOf(test, "rules.try"), IsEmpty());
}

// Two who read the same rules and apply at once: one of them is told.
TEST(ApplyRules, OneOfTwoAtOnceIsTold) {
  TestHub test;
  const std::string etag = InForce(test).etag();
  std::vector<std::thread> operators;
  std::vector<absl::Status> results(2);
  for (size_t i = 0; i < 2; ++i) {
    operators.emplace_back([&, i] {
      config::v1::Rules rules = Strict();
      rules.set_version("of operator " + std::to_string(i));
      results[i] = Apply(test, rules, etag).status();
    });
  }
  for (std::thread& one : operators) one.join();
  ASSERT_NE(results[0].ok(), results[1].ok());
  const absl::Status& refused = results[0].ok() ? results[1] : results[0];
  EXPECT_EQ(errors::ReasonOf(refused), "CHANGED_MEANWHILE");
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(ActsOf(test, "rules.apply"), SizeIs(1));
  EXPECT_EQ(InForce(test).version(),
            results[0].ok() ? "of operator 0" : "of operator 1");
}

TEST(ApplyRules, AVersionMeansOneThing) {
  TestHub test;
  ASSERT_TRUE(Apply(test, Strict()).ok());
  config::v1::Rules other = Strict();
  other.mutable_linking()->mutable_thresholds()->set_upper(50);
  EXPECT_EQ(errors::ReasonOf(Apply(test, other).status()),
            "RULES_VERSION_USED");
  ASSERT_TRUE(Apply(test, Named("mild")).ok());
  EXPECT_EQ(errors::ReasonOf(Apply(test, other).status()),
            "RULES_VERSION_USED");
  // Going back to what it meant is no other thing; nor is writing out what it
  // left to the defaults.
  EXPECT_TRUE(Apply(test, domain::WrittenOut(Strict())).ok());
  EXPECT_TRUE(Apply(test, domain::WrittenOut(config::v1::Rules())).ok());
  EXPECT_EQ(InForce(test).version(), "default");
}

TEST(ApplyRules, ComeBackWithTheJournal) {
  TestHub test({.backups = true});
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  const auto backup = test.hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(backup.ok()) << backup.status();
  ASSERT_TRUE(Apply(test, Strict()).ok());
  AwaitReview(test);
  ASSERT_TRUE(test.TryRestore(backup->backup().name()).ok());
  EXPECT_EQ(InForce(test).version(), "strict");
  AwaitReview(test);
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 2u);
}

// What was told under rules that did not last is told again.
TEST(ApplyRules, WhoWasToldByRulesThatWereGivenUpIsToldAgain) {
  config::v1::Rules later = Named("later wins");
  auto& rule = *later.add_resolution();
  rule.set_attribute("birth_date");
  rule.add_criteria(v1::CRITERION_LATER_RECORDED_TIME);
  const config::v1::Rules earlier = Named("as ever");
  TestHub test({.rules = earlier});
  test.Submit(kPoliceFuyang, Say("A", 1)
                                 .Core(kNumber, "王芳", 1990, 3, 7)
                                 .Recorded(test.Now() - absl::Hours(48)));
  test.Submit(kPoliceSuzhou, Say("B", 1)
                                 .Core(kNumber, "王芳", 1990, 7, 3)
                                 .Recorded(test.Now() - absl::Hours(24)));
  // So many that the review goes on for some pages after this person's, which
  // is on the first.
  std::vector<Say> others;
  for (int i = 0; i < 250; ++i) {
    others.push_back(Say("R" + std::to_string(i), 1).Name("王芳"));
  }
  for (const std::string_view agency : {kPoliceFuyang, kPoliceSuzhou}) {
    ASSERT_TRUE(test.Submit(agency, others).ok());
  }
  std::string token;
  const auto is_told = [&] {
    const auto page = test.Pull(kPoliceFuyang, token);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page->last_token().empty()) token = page->last_token();
    return std::ranges::any_of(page->entries(), [](const auto& entry) {
      return std::ranges::count(entry.view().record_keys(), "A") == 1;
    });
  };
  (void)is_told();  // Of what others said.
  ASSERT_TRUE(Apply(test, later).ok());
  while (ActsOf(test, "rules.review").empty()) std::this_thread::yield();
  EXPECT_TRUE(is_told());
  ASSERT_TRUE(Apply(test, earlier).ok());
  AwaitReview(test);
  EXPECT_TRUE(is_told());
  EXPECT_EQ(Difference(StockOf(test), ComputedAtOnce(test)), "");
}

// A value that identifies nobody from now on leaves no row in the index.
TEST(ApplyRules, TakeBlockedValuesOutOfTheIndex) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("王芳").Phone("13805580001"));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("王芳").Phone("13805580001"));
  config::v1::Rules rules = Named("the gate's phone");
  auto& blocked = *rules.mutable_linking()->add_block_list();
  blocked.set_kind(config::v1::NobodysValue::KIND_PHONE);
  blocked.set_value("13805580001");
  blocked.set_reason("the gate of a factory");
  domain::MatchVector phone;
  phone.name = codes::ComparableName("王芳");
  phone.phones = {domain::ComparablePhone("13805580001")};
  std::vector<storage::KeyHash> keys;
  for (const domain::BlockingKey& key : domain::BlockingKeys(phone)) {
    if (key.block != domain::Block::kPhone) continue;
    keys.push_back(
        Hashes(test.keys()).Block(static_cast<uint32_t>(key.block), key.value));
  }
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_THAT(test.store().LookUpIdentifiers(keys)->front(), SizeIs(2));
  ASSERT_TRUE(Apply(test, rules).ok());
  AwaitReview(test);
  EXPECT_THAT(test.store().LookUpIdentifiers(keys)->front(), IsEmpty());
  test.UseRules(rules);
  EXPECT_EQ(StockOf(test), ComputedAtOnce(test));
  EXPECT_THAT(StockOf(test).edges, IsEmpty());
}

// The agencies are gone through one by one: what was one person with many is
// told apart before the many are looked at.
TEST(ApplyRules, DoNotCallFewTooManyForWhomTheyWereOneWith) {
  config::v1::Rules weak = Named("weak");
  weak.mutable_linking()->mutable_thresholds()->set_lower(4);
  weak.mutable_linking()->mutable_thresholds()->set_upper(10);
  TestHub test({.rules = weak});
  for (int i = 0; i < 9; ++i) {
    test.Submit(kHealthSuzhou, Say("A" + std::to_string(i), 1)
                                   .Name("王芳")
                                   .Born(1990, 3, 7)
                                   .Phone("1380558000" + std::to_string(i)));
  }
  // At her number, and born on another day: not her.
  test.Submit(kHealthSuzhou,
              Say("B1", 1).Name("王芳").Born(1991, 8, 20).Phone("13805580001"));
  for (const std::string_view key : {"S1", "S2"}) {
    test.Submit(kPoliceFuyang,
                Say(key, 1).Name("王方").Born(1990, 3, 7).Phone("13805589999"));
  }
  ASSERT_EQ(test.hub().GetHubStatus()->persons(), 2u);
  config::v1::Rules second = Named("second");
  config::v1::LinkThresholds& thresholds =
      *second.mutable_linking()->mutable_thresholds();
  thresholds.set_upper(60);
  thresholds.set_lower(30);
  thresholds.set_neighbourhood_limit(2);
  ASSERT_TRUE(Apply(test, second).ok());
  AwaitReview(test);
  test.UseRules(second);
  EXPECT_EQ(Difference(StockOf(test), ComputedAtOnce(test)), "");
}

// --- trying ---

const std::vector<std::string> kAgencies = {
    std::string(kPoliceFuyang), std::string(kPoliceSuzhou),
    std::string(kLaborFuyang), std::string(kLaborSuzhou),
    std::string(kHealthSuzhou)};

rc::Gen<config::v1::Rules> AnyRules(const std::string& version) {
  return rc::gen::exec([version] {
    config::v1::Rules rules = Named(version);
    config::v1::Linking& linking = *rules.mutable_linking();
    linking.set_block_cap(*rc::gen::element(2, 5, 64));
    linking.mutable_thresholds()->set_upper(*rc::gen::element(16, 24, 30));
    linking.mutable_thresholds()->set_lower(*rc::gen::element(4, 12));
    linking.mutable_thresholds()->set_margin(*rc::gen::element(0, 6));
    linking.mutable_thresholds()->set_neighbourhood_limit(
        *rc::gen::element(6, 512));
    linking.set_automatic(*rc::gen::inRange(0, 5) != 0);
    if (*rc::gen::inRange(0, 3) == 0) {
      auto& blocked = *linking.add_block_list();
      blocked.set_kind(config::v1::NobodysValue::KIND_PHONE);
      blocked.set_value("13805580001");
      blocked.set_reason("the gate of a factory");
    }
    if (*rc::gen::inRange(0, 2) == 0) {
      auto& rule = *rules.add_resolution();
      rule.set_attribute("birth_date");
      rule.add_criteria(v1::CRITERION_LATER_RECORDED_TIME);
    }
    return rules;
  });
}

// Few values, so that records meet.
rc::Gen<std::pair<std::string, Say>> AnyRecord(int number) {
  return rc::gen::exec([number] {
    Say say("K" + std::to_string(number), 1);
    say.Name(
           *rc::gen::element<std::string>("王芳", "王方", "赵铁柱", "欧阳建国"))
        .Born(1990, *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4))
        .Recorded(absl::FromUnixSeconds(1'700'000'000 + 86'400 * number));
    if (*rc::gen::inRange(0, 2) == 0) {
      say.Phone(*rc::gen::element<std::string>("13805580001", "13805580002"));
    }
    if (*rc::gen::inRange(0, 3) == 0) {
      say.Number(
          DemoNumber("341202", "19900307", 41 + 2 * *rc::gen::inRange(0, 3)));
    }
    return std::pair(*rc::gen::elementOf(kAgencies), say);
  });
}

std::string SectorOf(const RecordName& record) {
  return record.substr(0, record.find('.'));
}

using Sectors = std::pair<std::string, std::string>;
Sectors SectorsOf(const RecordName& a, const RecordName& b) {
  return std::minmax({SectorOf(a), SectorOf(b)});
}

std::set<std::pair<RecordName, RecordName>> PairsIn(const Stock& stock) {
  std::set<std::pair<RecordName, RecordName>> pairs;
  for (const std::set<RecordName>& person : stock.persons) {
    for (const RecordName& a : person) {
      for (const RecordName& b : person) {
        if (a < b) pairs.insert({a, b});
      }
    }
  }
  return pairs;
}

using LinkCounts = std::map<Sectors, std::pair<uint64_t, uint64_t>>;

LinkCounts LinksBetween(const Stock& before, const Stock& after) {
  const auto old_pairs = PairsIn(before);
  const auto new_pairs = PairsIn(after);
  LinkCounts counts;
  for (const auto& [a, b] : new_pairs) {
    if (!old_pairs.contains({a, b})) ++counts[SectorsOf(a, b)].first;
  }
  for (const auto& [a, b] : old_pairs) {
    if (!new_pairs.contains({a, b})) ++counts[SectorsOf(a, b)].second;
  }
  return counts;
}

using CandidateCounts =
    std::map<std::tuple<std::string, Sectors>, std::pair<uint64_t, uint64_t>>;

CandidateCounts CandidatesBetween(const Stock& before, const Stock& after) {
  const auto read = [](const Stock& stock) {
    std::set<std::tuple<RecordName, RecordName, std::string>> all;
    for (const std::string& words : stock.candidates) {
      std::istringstream in(words);
      RecordName a;
      RecordName b;
      std::string why;
      in >> a >> b >> why;
      all.insert({a, b, why});
    }
    return all;
  };
  const auto was = read(before);
  const auto is = read(after);
  CandidateCounts counts;
  for (const auto& one : is) {
    const auto& [a, b, why] = one;
    if (!was.contains(one)) ++counts[{why, SectorsOf(a, b)}].first;
  }
  for (const auto& one : was) {
    const auto& [a, b, why] = one;
    if (!is.contains(one)) ++counts[{why, SectorsOf(a, b)}].second;
  }
  return counts;
}

// Persons as they are, of whom another value stands than stood for one of their
// records.
std::map<std::string, uint64_t> ValuesBetween(const Stock& before,
                                              const Stock& after) {
  using Values = std::map<std::string, std::map<std::string, std::string>>;
  const auto values_of = [](const Stock& stock, const auto& person) {
    Values values;
    for (const auto& [key, words] : stock.canonical) {
      const auto& [first, attribute, entry] = key;
      if (first != *person.begin()) continue;
      // Behind status and reason.
      const size_t value = words.find(' ', words.find(' ') + 1);
      values[attribute][entry] = words.substr(value);
    }
    return values;
  };
  std::map<std::string, uint64_t> counts;
  for (const auto& person : after.persons) {
    const Values now = values_of(after, person);
    std::set<std::string> changed;
    for (const auto& was : before.persons) {
      if (std::ranges::none_of(person, [&](const RecordName& record) {
            return was.contains(record);
          })) {
        continue;
      }
      Values then = values_of(before, was);
      for (const auto& [attribute, entries] : now) {
        if (then[attribute] != entries) changed.insert(attribute);
      }
    }
    for (const std::string& attribute : changed) ++counts[attribute];
  }
  return counts;
}

RC_GTEST_PROP(TryRules, SaysWhatApplyThenDoes, ()) {
  const config::v1::Rules first = *AnyRules("first");
  const config::v1::Rules second = *AnyRules("second");
  TestHub test({.rules = first});
  std::vector<std::pair<std::string, Say>> records;
  const int count = *rc::gen::inRange(2, 40);
  for (int i = 0; i < count; ++i) records.push_back(*AnyRecord(i));
  for (const auto& [agency, say] : records) test.Submit(agency, say);
  for (int i = 0; i < 2; ++i) {
    const auto list = test.hub().ListCandidates(OfficeCaller(), {});
    if (list->candidates().empty()) break;
    const v1::Candidate& candidate =
        list->candidates(*rc::gen::inRange(0, list->candidates_size()));
    v1::DecideRequest ruling;
    ruling.set_subject(candidate.id());
    ruling.set_etag(candidate.etag());
    ruling.set_kind(*rc::gen::element(v1::Decision::KIND_SAME,
                                      v1::Decision::KIND_DIFFERENT));
    ruling.set_reason("both came to the counter");
    (void)test.Decide(ruling);
  }
  const Stock before = StockOf(test);
  const auto mail_before = MailboxesOf(test);

  const auto effect = Try(test, second);
  RC_ASSERT(effect.ok());
  // Nothing was changed by it, nor told.
  RC_ASSERT(StockOf(test) == before);
  RC_ASSERT(MailboxesOf(test) == mail_before);
  RC_ASSERT(test.Events().back().event().act() == "rules.try");

  RC_ASSERT(Apply(test, second).ok());
  AwaitReview(test);
  test.UseRules(second);
  const Stock after = StockOf(test);
  RC_ASSERT(Difference(after, ComputedAtOnce(test)) == "");

  RC_ASSERT(effect->records() == records.size());
  RC_ASSERT(effect->persons() == before.persons.size());
  RC_ASSERT(effect->persons_after() == after.persons.size());
  LinkCounts links;
  for (const auto& one : effect->links()) {
    links[{one.sector_a(), one.sector_b()}] = {one.joined(), one.parted()};
  }
  RC_ASSERT(links == LinksBetween(before, after));
  CandidateCounts candidates;
  for (const auto& one : effect->candidates()) {
    // What had been one person is not a matter of records and rules alone.
    if (one.why() == "WITHDRAWN") continue;
    candidates[{one.why(), {one.sector_a(), one.sector_b()}}] = {one.opened(),
                                                                 one.closed()};
  }
  RC_ASSERT(candidates == CandidatesBetween(before, after));
  std::map<std::string, uint64_t> values;
  for (const auto& one : effect->values()) {
    if (one.changed() != 0) values[one.attribute()] = one.changed();
  }
  RC_ASSERT(values == ValuesBetween(before, after));
  RC_ASSERT(effect->conflicts_open() == before.conflicts.size());
  RC_ASSERT(effect->conflicts_open_after() == after.conflicts.size());
  // Once they are in force, trying them changes nothing.
  const auto again = Try(test, second);
  RC_ASSERT(again.ok());
  RC_ASSERT(again->links_size() == 0);
  RC_ASSERT(again->values_size() == 0);
}

TEST(TryRules, GivesExamplesByKeyAndLooksAtSomeOnly) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Name("欧阳建国").Born(1990, 3, 7));
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("赵铁柱").Born(1980, 1, 2));
  const auto effect = Try(test, Strict());
  ASSERT_TRUE(effect.ok()) << effect.status();
  EXPECT_EQ(effect->version(), "strict");
  EXPECT_EQ(effect->version_in_force(), "default");
  ASSERT_THAT(effect->links(), SizeIs(1));
  EXPECT_EQ(effect->links(0).sector_a(), "labor");
  EXPECT_EQ(effect->links(0).sector_b(), "public_security");
  EXPECT_EQ(effect->links(0).parted(), 1u);
  ASSERT_THAT(effect->candidates(), SizeIs(1));
  EXPECT_EQ(effect->candidates(0).why(), "SCORE_BETWEEN_THRESHOLDS");
  EXPECT_EQ(effect->candidates_open_after(), 1u);
  ASSERT_THAT(effect->examples(), SizeIs(2));
  EXPECT_EQ(effect->examples(0).kind(), v1::RulesEffect::Example::KIND_PARTED);
  EXPECT_EQ(effect->examples(0).record_a().record_key(), "A1");
  EXPECT_EQ(effect->examples(0).record_b().record_key(), "S1");
  EXPECT_EQ(effect->records_held(), 3u);

  const auto one = Try(test, Strict(), 1);
  ASSERT_TRUE(one.ok()) << one.status();
  // Agencies go by name: the clinic's record, with which nothing hangs
  // together.
  EXPECT_EQ(one->records(), 1u);
  EXPECT_THAT(one->links(), IsEmpty());
  EXPECT_THAT(ActsOf(test, "rules.try"), SizeIs(2));
}

TEST(TryRules, EndsWhenNobodyWaits) {
  TestHub test;
  std::vector<Say> updates;
  for (int i = 0; i < 200; ++i) {
    updates.push_back(Say("R" + std::to_string(i), 1).Name("王芳"));
  }
  ASSERT_TRUE(test.Submit(kPoliceFuyang, updates).ok());
  v1::TryRulesRequest request;
  *request.mutable_rules() = Strict();
  const auto effect =
      test.hub().TryRules(OperatorCaller(), request,
                          [](const v1::RulesProgress&) { return false; });
  EXPECT_EQ(errors::ReasonOf(effect.status()), "CANCELLED");
  EXPECT_THAT(ActsOf(test, "rules.try"), IsEmpty());
  // The place is free again.
  EXPECT_TRUE(Try(test, Strict()).ok());
}

// --- learning ---

// Three records each of many people, of which one in ten has something else.
void Populate(TestHub& test, int people) {
  const std::string kGiven[] = {"建国", "秀英", "铁柱", "小明", "丽华", "志强"};
  const std::string kSurnames[] = {"王", "李", "赵", "欧阳", "陈", "周", "吴"};
  for (const std::string_view agency :
       {kPoliceFuyang, kLaborSuzhou, kHealthSuzhou}) {
    for (int begin = 0; begin < people; begin += 200) {
      std::vector<Say> updates;
      for (int i = begin; i < std::min(people, begin + 200); ++i) {
        const int shift = agency == kHealthSuzhou && i % 10 == 0 ? 1 : 0;
        const int year = 1950 + i % 50;
        const int month = 1 + (i / 3 + shift) % 12;
        const int day = 1 + i / 7 % 28;
        Say say("R" + std::to_string(i), 1);
        say.Name(kSurnames[i % 7] + kGiven[i / 11 % 6])
            .Born(year, month, day)
            .Sex(i % 2 == 0 ? v1::SEX_MALE : v1::SEX_FEMALE)
            .Phone("138" + std::to_string(10'000'000 + i * 7919));
        if (agency != kHealthSuzhou) {
          say.Number(DemoNumber(
              "341202",
              std::to_string(year * 10'000 + (1 + i / 3 % 12) * 100 + day),
              1 + i % 900));
        }
        updates.push_back(say);
      }
      ASSERT_TRUE(test.Submit(agency, updates).ok());
    }
  }
}

TEST(TrainRules, LearnWeightsThatCanBeApplied) {
  TestHub test;
  Populate(test, 600);
  v1::TrainRulesRequest request;
  request.set_version("learnt");
  std::set<v1::RulesProgress::Phase> phases;
  const auto trained = test.hub().TrainRules(
      OperatorCaller(), request, [&](const v1::RulesProgress& progress) {
        phases.insert(progress.phase());
        return true;
      });
  ASSERT_TRUE(trained.ok()) << trained.status();
  EXPECT_EQ(trained->records(), 1800u);
  EXPECT_EQ(trained->records_held(), 1800u);
  EXPECT_GT(trained->random_pairs(), 1'000'000u);
  EXPECT_GT(trained->match_share(), 0);
  EXPECT_LE(trained->false_links(), 0.0002);
  EXPECT_THAT(phases, Contains(v1::RulesProgress::PHASE_READING));
  EXPECT_THAT(phases, Contains(v1::RulesProgress::PHASE_FITTING));
  // Complete: it says of itself what it says with the defaults added.
  EXPECT_EQ(trained->rules().SerializeAsString(),
            domain::WrittenOut(trained->rules()).SerializeAsString());
  EXPECT_THAT(domain::CheckRules(trained->rules()), IsEmpty());
  // No value of anybody is in it.
  EXPECT_THAT(trained->rules().linking().names(), IsEmpty());
  const auto& levels = trained->rules().linking().levels();
  const auto phone =
      std::ranges::find_if(levels, [](const config::v1::LevelWeight& level) {
        return level.field() == "phone" && level.level() == "same";
      });
  ASSERT_NE(phone, levels.end());
  // All of one person's records have one phone here, and nobody else has it.
  EXPECT_GT(phone->m(), 0.9);
  EXPECT_LT(phone->u(), 0.01);
  // The same records teach the same.
  const auto again =
      test.hub().TrainRules(OperatorCaller(), request, kUnwatched);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->rules().SerializeAsString(),
            trained->rules().SerializeAsString());
  const auto acts = ActsOf(test, "rules.train");
  ASSERT_THAT(acts, SizeIs(2));
  EXPECT_EQ(acts[0].count(), 1800u);
  ASSERT_TRUE(Apply(test, trained->rules()).ok());
  AwaitReview(test);
  // One clinic's record in ten has another birth date: a clerk is asked.
  EXPECT_GE(test.hub().GetHubStatus()->persons(), 600u);
  EXPECT_LE(test.hub().GetHubStatus()->persons(), 660u);
}

TEST(TrainRules, RefuseWhereThereIsTooLittleToLearnFrom) {
  TestHub test;
  EXPECT_EQ(
      errors::ReasonOf(
          test.hub().TrainRules(OperatorCaller(), {}, kUnwatched).status()),
      "TOO_LITTLE_TO_LEARN");
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(
      errors::ReasonOf(
          test.hub().TrainRules(OperatorCaller(), {}, kUnwatched).status()),
      "TOO_LITTLE_TO_LEARN");
  v1::TrainRulesRequest request;
  request.set_false_links(1.5);
  EXPECT_EQ(
      errors::ReasonOf(test.hub()
                           .TrainRules(OperatorCaller(), request, kUnwatched)
                           .status()),
      "INVALID_REQUEST");
  EXPECT_THAT(ActsOf(test, "rules.train"), IsEmpty());
}

TEST(TrainRules, DrawsIfThereAreMoreAndEndsWhenNobodyWaits) {
  TestHub test;
  Populate(test, 600);
  v1::TrainRulesRequest request;
  request.set_most_records(900);
  const auto drawn =
      test.hub().TrainRules(OperatorCaller(), request, kUnwatched);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  // The draw is by chance of each record: six deviations of it.
  EXPECT_NEAR(static_cast<double>(drawn->records()), 900, 6 * 21.3);
  for (const v1::RulesProgress::Phase phase :
       {v1::RulesProgress::PHASE_READING, v1::RulesProgress::PHASE_COMPARING,
        v1::RulesProgress::PHASE_FITTING}) {
    const auto ended = test.hub().TrainRules(
        OperatorCaller(), request, [&](const v1::RulesProgress& progress) {
          return progress.phase() != phase;
        });
    EXPECT_EQ(errors::ReasonOf(ended.status()), "CANCELLED");
  }
  EXPECT_THAT(ActsOf(test, "rules.train"), SizeIs(1));
}

// --- how a person came together ---

absl::StatusOr<v1::ExplainPersonResponse> How(TestHub& test,
                                              std::string_view agency,
                                              const std::string& key,
                                              const std::string& handle = {}) {
  v1::ExplainPersonRequest request;
  request.set_agency(std::string(agency));
  if (handle.empty()) {
    request.set_record_key(key);
  } else {
    request.set_handle(handle);
  }
  return Await<v1::ExplainPersonResponse>([&](auto done) {
    test.hub().ExplainPerson(OfficeCaller(), request, std::move(done));
  });
}

TEST(ExplainPerson, TellsStepsInTheirOrder) {
  TestHub test;
  const auto first = test.Submit(
      kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kHealthSuzhou,
              Say("H1", 1).Name("王芳").Born(1990, 3, 7).Phone("13805580001"));
  test.Submit(kLaborSuzhou, Say("S1", 2).Phone("13805580001"));
  const auto how = How(test, kLaborSuzhou, "S1");
  ASSERT_TRUE(how.ok()) << how.status();
  ASSERT_THAT(how->records(), SizeIs(3));
  ASSERT_THAT(how->steps(), SizeIs(2));
  EXPECT_EQ(how->steps(0).basis(), v1::LINK_BASIS_NUMBER);
  EXPECT_EQ(how->steps(0).agreement(), "exact");
  EXPECT_EQ(how->steps(0).size(), 2u);
  EXPECT_EQ(how->steps(1).basis(), v1::LINK_BASIS_SCORE);
  EXPECT_GE(how->steps(1).score(), how->upper());
  EXPECT_EQ(how->steps(1).size(), 3u);
  EXPECT_THAT(how->asides(), IsEmpty());
  EXPECT_EQ(how->rules_version(), "default");
  const auto last = test.Events().back();
  EXPECT_EQ(last.event().act(), "person.explain");
  EXPECT_EQ(last.event().kind(), v1::AuditEvent::KIND_OFFICE_READ);
  EXPECT_EQ(last.event().count(), 3u);
  // By any of its records, and by a handle.
  EXPECT_EQ(How(test, kHealthSuzhou, "H1")->steps_size(), 2);
  EXPECT_EQ(How(test, kPoliceFuyang, "", first.handle())->steps_size(), 2);
  EXPECT_EQ(errors::ReasonOf(How(test, kPoliceFuyang, "A9").status()),
            "NOT_AVAILABLE");
  EXPECT_EQ(
      errors::ReasonOf(How(test, kLaborSuzhou, "", first.handle()).status()),
      "NOT_AVAILABLE");
  EXPECT_EQ(errors::ReasonOf(How(test, kLaborSuzhou, "").status()),
            "FIELD_MISSING");
}

TEST(ExplainPerson, TellsWhatWasLeftAsideAndWhy) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  auto how = How(test, kPoliceFuyang, "A1");
  ASSERT_TRUE(how.ok()) << how.status();
  EXPECT_THAT(how->steps(), IsEmpty());
  ASSERT_THAT(how->asides(), SizeIs(1));
  EXPECT_EQ(how->asides(0).basis(), v1::LINK_BASIS_NUMBER);
  EXPECT_EQ(how->asides(0).why(), "NAME_CONTRADICTS");
  EXPECT_EQ(how->asides(0).record_a().record_key(), "A1");
  EXPECT_EQ(how->asides(0).record_b().record_key(), "S1");
  const auto list = test.hub().ListCandidates(OfficeCaller(), {});
  ASSERT_THAT(list->candidates(), SizeIs(1));
  EXPECT_EQ(how->asides(0).candidate(), list->candidates(0).id());

  v1::DecideRequest ruling;
  ruling.set_subject(list->candidates(0).id());
  ruling.set_etag(list->candidates(0).etag());
  ruling.set_kind(v1::Decision::KIND_SAME);
  ruling.set_reason("she married and took his name");
  ASSERT_TRUE(test.Decide(ruling).ok());
  how = How(test, kPoliceFuyang, "A1");
  ASSERT_THAT(how->steps(), SizeIs(1));
  EXPECT_EQ(how->steps(0).basis(), v1::LINK_BASIS_DECISION);
  EXPECT_EQ(how->steps(0).decision(), 1u);
  EXPECT_THAT(how->asides(), IsEmpty());
}

TEST(ExplainPerson, NamesTheRivalAndTheRuling) {
  TestHub test;
  // Two of one name, birth date and phone whose numbers differ, and a record
  // that may be either's.
  test.Submit(
      kPoliceFuyang,
      Say("A1", 1).Core(kNumber, "欧阳建国", 1990, 3, 7).Phone("13805580001"));
  test.Submit(kPoliceFuyang, Say("A2", 1)
                                 .Core(DemoNumber("341202", "19900307", 43),
                                       "欧阳建国", 1990, 3, 7)
                                 .Phone("13805580001"));
  test.Submit(kHealthSuzhou, Say("H1", 1).Name("欧阳建国").Born(1990, 3, 7));
  const auto how = How(test, kHealthSuzhou, "H1");
  ASSERT_TRUE(how.ok()) << how.status();
  ASSERT_THAT(how->records(), SizeIs(1));
  ASSERT_THAT(how->asides(), SizeIs(2));
  for (const v1::LinkAside& aside : how->asides()) {
    EXPECT_EQ(aside.basis(), v1::LINK_BASIS_SCORE);
    EXPECT_EQ(aside.why(), "AGREES_WITH_SEVERAL");
    EXPECT_EQ(aside.record_a().record_key(), "H1");
    const std::string other =
        aside.record_b().record_key() == "A1" ? "A2" : "A1";
    EXPECT_THAT((std::vector<std::string>{aside.rival_a().record_key(),
                                          aside.rival_b().record_key()}),
                Contains(other));
  }
  const auto twin = How(test, kPoliceFuyang, "A1");
  ASSERT_TRUE(twin.ok());
  const bool kept_apart =
      std::ranges::any_of(twin->asides(), [](const v1::LinkAside& aside) {
        return aside.why() == "KEPT_APART" && aside.apart() == "NUMBERS";
      });
  EXPECT_TRUE(kept_apart);
}

}  // namespace
}  // namespace waystation::hub
