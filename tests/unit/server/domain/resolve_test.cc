// SPDX-License-Identifier: Apache-2.0
#include "server/domain/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "google/protobuf/text_format.h"
#include "server/domain/meaning.h"
#include "tests/unit/server/domain/fixtures.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Said {
  std::string_view agency;
  std::string_view value;
  // Times and evidence of the update.
  std::string_view more = "";
};

struct Outcome {
  v1::Status status = v1::STATUS_UNSPECIFIED;
  Why why = Why::kOnlyClaim;
  std::string agency;
  bool operator==(const Outcome&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << v1::Status_Name(outcome.status) << ' '
               << ReasonOf(outcome.why) << ' ' << outcome.agency;
  }
};

Outcome OutcomeOf(const Resolution& resolution) {
  return {resolution.status, resolution.why,
          std::string(resolution.standing().agency)};
}

// Records with one claim each, in the order given.
Records Speak(const std::vector<Said>& all) {
  Records records;
  int key = 0;
  for (const Said& said : all) {
    records.Add(said.agency, "k" + std::to_string(++key), said.value,
                said.more);
  }
  return records;
}

std::vector<Resolution> ResolveAll(const RuleBook& rules,
                                   const PersonClaims& claims,
                                   std::string_view attribute,
                                   Decisions decisions = {},
                                   codes::Date as_of = kToday) {
  const AttributeNumber number = FindAttribute(attribute)->number;
  return Resolve(rules.Of(number), claims.Of(number), decisions, as_of);
}

constexpr std::string_view kPolice = "public_security.320500";
constexpr std::string_view kOrigin = "public_security.341200";
constexpr std::string_view kLaborHere = "labor.320500";
constexpr std::string_view kClinic = "health.320500";

constexpr std::string_view kMarch7 =
    "birth_date{date{year:1990 month:3 day:7}}";
constexpr std::string_view kMarch8 =
    "birth_date{date{year:1990 month:3 day:8}}";
constexpr std::string_view kMarch = "birth_date{date{year:1990 month:3}}";

// The rules that stand beside the attributes.
TEST(Resolve, ByTheDefaultRules) {
  const struct {
    std::string_view name, attribute;
    std::vector<Said> claims;
    Outcome want;
  } cases[] = {
      {"one alone",
       "birth_date",
       {{kLaborHere, kMarch7}},
       {v1::STATUS_AGREED, Why::kOnlyClaim, "labor.320500"}},
      {"two agree: the owner's stands",
       "birth_date",
       {{kLaborHere, kMarch7}, {kPolice, kMarch7}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "public_security.320500"}},
      {"two police dates are a conflict",
       "birth_date",
       {{kPolice, kMarch7}, {kOrigin, kMarch8}},
       {v1::STATUS_CONFLICT, Why::kRulesExhausted, "public_security.320500"}},
      {"police against labor",
       "birth_date",
       {{kLaborHere, kMarch7}, {kPolice, kMarch8}},
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "public_security.320500"}},
      {"a chip against a declaration",
       "birth_date",
       {{kLaborHere, kMarch7, "evidence: EVIDENCE_DOCUMENT_CHIP"},
        {kPolice, kMarch8, "evidence: EVIDENCE_DECLARED"}},
       {v1::STATUS_RESOLVED, Why::kBetterEvidence, "labor.320500"}},
      {"an impossible date has the worse grade",
       "birth_date",
       {{kLaborHere, kMarch7},
        {kPolice, "birth_date{date{year:1990 month:2 day:30}}"}},
       {v1::STATUS_RESOLVED, Why::kBetterEvidence, "labor.320500"}},
      {"a placeholder contradicts nobody",
       "birth_date",
       {{kLaborHere, kMarch7},
        {kPolice, "birth_date{date{year:1900 month:1 day:1}}"}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "labor.320500"}},
      {"the finer date agrees with the coarser",
       "birth_date",
       {{kPolice, kMarch}, {kLaborHere, kMarch7}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "labor.320500"}},
      {"police's month backs labor's day against a clinic's",
       "birth_date",
       {{kPolice, kMarch},
        {kLaborHere, kMarch7},
        {kClinic, "birth_date{date{year:1991}}"}},
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "labor.320500"}},
      {"a month backs both days and settles nothing",
       "birth_date",
       {{kPolice, kMarch}, {kLaborHere, kMarch7}, {kClinic, kMarch8}},
       {v1::STATUS_CONFLICT, Why::kRulesExhausted, "health.320500"}},
      {"names: two agencies against one",
       "name",
       {{kLaborHere, "name{full:'张玮'}"},
        {kClinic, "name{full:'张伟'}"},
        {"commerce.320500", "name{full:'张伟'}"}},
       {v1::STATUS_RESOLVED, Why::kMoreSources, "commerce.320500"}},
      {"a character completes what could not be stored",
       "name",
       {{kPolice, "name{full:'张▀'}"}, {kLaborHere, "name{full:'张䶮'}"}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "labor.320500"}},
      {"residence: who moved later",
       "residence",
       {{kPolice, "residence{division:'341202'}",
         "times{valid_from{year:2020 month:5 day:1}}"},
        {kClinic, "residence{division:'320505'}",
         "times{valid_from{year:2025 month:2 day:1}}"}},
       {v1::STATUS_RESOLVED, Why::kLaterValidTime, "health.320500"}},
      {"residence: times that may be the same fall through",
       "residence",
       {{kPolice, "residence{division:'341202'}",
         "times{valid_from{year:2025}}"},
        {kClinic, "residence{division:'320505'}",
         "times{valid_from{year:2025 month:2 day:1}}"}},
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "public_security.320500"}},
      {"residence: an unknown time neither wins nor loses",
       "residence",
       {{kPolice, "residence{division:'341202'}"},
        {kClinic, "residence{division:'320505'}",
         "times{valid_from{year:2025 month:2 day:1}}"}},
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "public_security.320500"}},
      {"residence: entered later, all else equal",
       "residence",
       {{kPolice, "residence{division:'341202'}",
         "times{recorded_time{seconds:1700000000}}"},
        {kOrigin, "residence{division:'320505'}",
         "times{recorded_time{seconds:1600000000}}"}},
       {v1::STATUS_RESOLVED, Why::kLaterRecordedTime,
        "public_security.320500"}},
      {"residence: finer division agrees",
       "residence",
       {{kClinic, "residence{division:'320505'}"},
        {kPolice, "residence{division:'320505010'}"}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "public_security.320500"}},
      {"residence: each says something the other does not",
       "residence",
       {{kClinic, "residence{division:'320505' address:'东环路1号'}"},
        {kPolice, "residence{division:'320505010'}"}},
       {v1::STATUS_AGREED, Why::kClaimsAgree, "public_security.320500"}},
      {"contact: the newer of two",
       "contact",
       {{kLaborHere, "contact{phones:'13912345678'}",
         "times{recorded_time{seconds:1600000000}}"},
        {kClinic, "contact{phones:'13912345679'}",
         "times{recorded_time{seconds:1700000000}}"}},
       {v1::STATUS_RESOLVED, Why::kLaterRecordedTime, "health.320500"}},
  };
  const RuleBook rules;
  for (const auto& [name, attribute, claims, want] : cases) {
    SCOPED_TRACE(name);
    const Records records = Speak(claims);
    const PersonClaims all = records.Claims();
    const auto resolutions = ResolveAll(rules, all, attribute);
    ASSERT_THAT(resolutions, SizeIs(1));
    EXPECT_EQ(OutcomeOf(resolutions[0]), want);
  }
}

TEST(Resolve, KeepsTheValuesOfAConflictSideBySide) {
  const Records records = Speak({{kPolice, kMarch7},
                                 {kOrigin, kMarch8},
                                 {kLaborHere, kMarch8},
                                 {kClinic, kMarch}});
  const PersonClaims claims = records.Claims();
  const RuleBook rules;
  const auto resolutions = ResolveAll(rules, claims, "birth_date");
  const Resolution& entry = resolutions.at(0);
  ASSERT_THAT(entry.groups, SizeIs(2));
  EXPECT_TRUE(entry.is_conflict());
  for (const Group& group : entry.groups) {
    // The clinic's month backs both.
    EXPECT_THAT(group.supporters, SizeIs(group.members.size() + 1));
  }
  EXPECT_EQ(entry.groups[0].members.size() + entry.groups[1].members.size(),
            3U);
}

TEST(Resolve, TakesTheEntryOfASetAsTheUnit) {
  Records records;
  records.Add(kLaborHere, "a",
              "training{course:'A' title:'焊工'} training{course:'B'}");
  records.Add("labor.341200", "b",
              "training{course:'A' title:'电工'} training{course:'C'}");
  const PersonClaims claims = records.Claims();
  const RuleBook rules;
  const auto resolutions = ResolveAll(rules, claims, "training");
  ASSERT_THAT(resolutions, SizeIs(3));
  EXPECT_EQ(resolutions[0].entry_key, "A");
  EXPECT_TRUE(resolutions[0].is_conflict());
  EXPECT_FALSE(resolutions[1].is_conflict());
  EXPECT_EQ(resolutions[2].entry_key, "C");
  EXPECT_EQ(resolutions[2].standing().agency, "labor.341200");
}

TEST(Resolve, LetsAFutureClaimWait) {
  const Records records =
      Speak({{kPolice, "residence{division:'341202'}",
              "times{valid_from{year:2020 month:1 day:1}}"},
             {kOrigin, "residence{division:'320505'}",
              "times{valid_from{year:2026 month:4 day:1}}"}});
  const PersonClaims claims = records.Claims();
  const RuleBook rules;
  const auto division = [&](codes::Date day) {
    const auto resolutions = ResolveAll(rules, claims, "residence", {}, day);
    return static_cast<const v1::Residence*>(resolutions[0].standing().value)
        ->division();
  };
  using std::chrono::April;
  using std::chrono::March;
  EXPECT_EQ(division(kToday), "341202");
  EXPECT_EQ(division(std::chrono::year{2026} / March / 31), "341202");
  EXPECT_EQ(division(std::chrono::year{2026} / April / 1), "320505");
  EXPECT_EQ(NextChange(claims.Of(6), kToday),
            codes::Date(std::chrono::year{2026} / April / 1));
  EXPECT_EQ(NextChange(claims.Of(6), std::chrono::year{2026} / April / 1),
            std::nullopt);
  // All of it lies ahead: nothing stands.
  EXPECT_THAT(ResolveAll(rules, claims, "residence", {},
                         std::chrono::year{2019} / April / 1),
              IsEmpty());
}

config::v1::Rules RulesOf(std::string_view text) {
  config::v1::Rules rules;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(std::string(text), &rules));
  EXPECT_THAT(CheckRules(rules), IsEmpty());
  return rules;
}

TEST(Resolve, ContestsAnOwnerThatIsLongOutOfDate) {
  const RuleBook rules(RulesOf(R"pb(
    version: "t"
    resolution {
      attribute: "residence"
      criteria: CRITERION_AUTHORITY
      criteria: CRITERION_LATER_VALID_TIME
      contests { criterion: CRITERION_LATER_VALID_TIME days: 180 }
    }
  )pb"));
  const struct {
    std::string_view since;
    Outcome want;
  } cases[] = {
      {"times{valid_from{year:2025 month:6 day:1}}",
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "public_security.320500"}},
      {"times{valid_from{year:2025 month:6 day:30}}",
       {v1::STATUS_CONFLICT, Why::kResultContested, "public_security.320500"}},
      // It may have been in January as well.
      {"times{valid_from{year:2025}}",
       {v1::STATUS_RESOLVED, Why::kHigherAuthority, "public_security.320500"}},
  };
  for (const auto& [since, want] : cases) {
    SCOPED_TRACE(since);
    const Records records =
        Speak({{kPolice, "residence{division:'341202'}",
                "times{valid_from{year:2025 month:1 day:1}}"},
               {kClinic, "residence{division:'320505'}", since}});
    const PersonClaims claims = records.Claims();
    EXPECT_EQ(OutcomeOf(ResolveAll(rules, claims, "residence")[0]), want);
  }
}

// --- decisions ---

class Decided : public ::testing::Test {
 protected:
  Decided() {
    records_.Add(kPolice, "a", kMarch7);
    records_.Add(kOrigin, "b", kMarch8);
  }

  Resolution Now(Ruling ruling = Ruling::kWhole) {
    claims_ = records_.Claims();
    std::vector<const store::StoredDecision*> decisions;
    for (const auto& decision : decisions_) decisions.push_back(&decision);
    return Resolve(rules_.Of(kBirthDate), claims_.Of(kBirthDate), decisions,
                   kToday, ruling)[0];
  }

  // Rules for the group of one agency.
  void Decide(std::string_view agency) {
    const Resolution now = Now();
    for (const Group& group : now.groups) {
      if (now.claims[group.shows].agency != agency) continue;
      store::StoredDecision& decision = decisions_.emplace_back();
      decision.mutable_decision()->set_number(decisions_.size());
      PinDecision(GetAttribute(kBirthDate), now, group.shows, &decision);
      return;
    }
    FAIL() << agency;
  }

  const RuleBook rules_;
  Records records_;
  PersonClaims claims_;
  std::vector<store::StoredDecision> decisions_;
};

TEST_F(Decided, ByTheOffice) {
  Decide(kOrigin);
  const Resolution now = Now();
  EXPECT_EQ(OutcomeOf(now),
            (Outcome{v1::STATUS_DECIDED, Why::kDecided, std::string(kOrigin)}));
  EXPECT_EQ(now.ruled_by, 1U);
  EXPECT_THAT(now.groups, SizeIs(2));
  EXPECT_THAT(decisions_[0].uids(), ElementsAre(2));
}

TEST_F(Decided, KeepsDecisionWhenEqualClaimArrives) {
  Decide(kOrigin);
  records_.Add(kClinic, "c", kMarch8);
  records_.Add(kLaborHere, "d", kMarch7);
  records_.Add("commerce.320500", "e", kMarch);  // says less, and nothing new
  EXPECT_EQ(Now().status, v1::STATUS_DECIDED);
}

TEST_F(Decided, ReopensForWhatIsNew) {
  Decide(kOrigin);
  records_.Add(kClinic, "c", "birth_date{date{year:1991}}");
  const Resolution now = Now();
  EXPECT_EQ(now.status, v1::STATUS_CONFLICT);
  EXPECT_EQ(now.why, Why::kReopened);
  EXPECT_THAT(now.reopened, ElementsAre(1));
  EXPECT_EQ(now.ruled_by, 0U);
  for (const Group& group : now.groups) {
    EXPECT_EQ(group.is_new, now.claims[group.shows].agency == kClinic);
  }
  // A further ruling settles it again.
  Decide(kPolice);
  EXPECT_EQ(Now().ruled_by, 2U);
  // And without it, what stood before stands again.
  decisions_.pop_back();
  EXPECT_EQ(Now().why, Why::kReopened);
}

TEST_F(Decided, ReopensWhenTheChosenClaimIsGone) {
  Decide(kOrigin);
  records_.Update(2, 2, "birth_date{date{year:1992}}");
  const Resolution now = Now();
  EXPECT_EQ(now.why, Why::kReopened);
}

TEST_F(Decided, IsNotNeededWhenAllAgree) {
  Decide(kOrigin);
  records_.Update(1, 2, kMarch8);
  EXPECT_EQ(Now().status, v1::STATUS_AGREED);
  records_.Update(1, 3, kMarch7);
  EXPECT_EQ(Now().status, v1::STATUS_DECIDED);
}

TEST_F(Decided, OverrulesWhatARuleWouldSettle) {
  Decide(kOrigin);
  // The rule would now prefer the other by its evidence.
  records_.Update(1, 2, kMarch7, "evidence: EVIDENCE_DOCUMENT_CHIP");
  EXPECT_EQ(OutcomeOf(Now()),
            (Outcome{v1::STATUS_DECIDED, Why::kDecided, std::string(kOrigin)}));
}

TEST_F(Decided, ReopensWhenTheChoiceSplits) {
  records_.Update(2, 2, "birth_date{date{year:1991}}");
  Decide(kOrigin);
  records_.Update(2, 3, "birth_date{date{year:1991 month:1}}");
  EXPECT_EQ(Now().status, v1::STATUS_DECIDED);
  records_.Add(kClinic, "c", "birth_date{date{year:1991 month:2}}");
  EXPECT_EQ(Now().why, Why::kReopened);
}

// A recipient that may not see the chosen claim sees no trace of the ruling.
TEST_F(Decided, DoesNotExistForThoseWhoMayNotKnowTheChoice) {
  Decide(kOrigin);
  records_.Update(2, 2, "birth_date{date{year:1992}}");
  EXPECT_EQ(Now(Ruling::kWhole).why, Why::kReopened);
  const Resolution covered = Now(Ruling::kCovered);
  EXPECT_EQ(covered.why, Why::kRulesExhausted);
  EXPECT_THAT(covered.reopened, IsEmpty());
}

// --- properties ---

const std::vector<Said>& Pool() {
  static const std::vector<Said> pool = [] {
    std::vector<Said> all;
    for (const auto agency : {kPolice, kOrigin, kLaborHere, kClinic}) {
      for (const auto value :
           {"residence{division:'320505'}", "residence{division:'320505010'}",
            "residence{division:'320500' address:'东环路1号'}",
            "residence{division:'341202'}",
            "residence{division:'320505' address:'东环路1号'}"}) {
        for (const auto more : {"", "times{valid_from{year:2025}}",
                                "times{valid_from{year:2025 month:3 day:1}}",
                                "times{valid_from{year:2027}}",
                                "times{recorded_time{seconds:1700000000}}",
                                "evidence:EVIDENCE_DECLARED"}) {
          all.push_back({agency, value, more});
        }
      }
    }
    return all;
  }();
  return pool;
}

struct Case {
  Records records;
  PersonClaims claims;
  std::vector<store::StoredDecision> decisions;
};

// Up to six claims, and decisions that saw some of them.
void AnyCase(Case& any) {
  const auto count = *rc::gen::inRange(1, 7);
  for (int i = 0; i < count; ++i) {
    const Said said = *rc::gen::elementOf(Pool());
    any.records.Add(said.agency, "k" + std::to_string(i), said.value,
                    said.more);
  }
  any.claims = any.records.Claims();
  const RuleBook rules;
  const auto all = any.claims.Of(6);
  const auto decided = *rc::gen::inRange(0, 3);
  for (int i = 0; i < decided; ++i) {
    const auto seen = *rc::gen::inRange<std::size_t>(1, all.size() + 1);
    const auto partly = Resolve(rules.Of(6), all.first(seen), {}, kToday);
    if (partly.empty()) continue;
    const auto& group = *rc::gen::elementOf(partly[0].groups);
    store::StoredDecision& decision = any.decisions.emplace_back();
    decision.mutable_decision()->set_number(any.decisions.size());
    PinDecision(GetAttribute(6), partly[0], group.shows, &decision);
  }
}

std::string Describe(const std::vector<Resolution>& resolutions) {
  std::string text;
  for (const Resolution& entry : resolutions) {
    text += entry.entry_key + " " + v1::Status_Name(entry.status) + " " +
            std::string(ReasonOf(entry.why)) + " " +
            std::to_string(entry.ruled_by);
    for (const auto number : entry.reopened) {
      text += " ~" + std::to_string(number);
    }
    for (const Group& group : entry.groups) {
      text += " |";
      for (const auto* list : {&group.members, &group.supporters}) {
        std::vector<std::string> keys;
        for (const auto i : *list) {
          keys.emplace_back(entry.claims[i].record_key);
        }
        std::ranges::sort(keys);
        for (const auto& key : keys) text += " " + key;
        text += ";";
      }
      text += std::string(entry.claims[group.shows].record_key);
    }
  }
  return text;
}

RC_GTEST_PROP(Resolve, IgnoresOrderAndRepetition, ()) {
  Case any;
  AnyCase(any);
  const RuleBook rules;
  const auto ruling = *rc::gen::element(Ruling::kWhole, Ruling::kCovered);
  std::vector<const store::StoredDecision*> decisions;
  for (const auto& decision : any.decisions) decisions.push_back(&decision);
  const auto once =
      Resolve(rules.Of(6), any.claims.Of(6), decisions, kToday, ruling);

  const auto span = any.claims.Of(6);
  std::vector<Claim> again(span.begin(), span.end());
  again.insert(again.end(), span.begin(), span.end());
  decisions.insert(decisions.end(), decisions.begin(), decisions.end());
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::ranges::shuffle(again, random);
  std::ranges::shuffle(decisions, random);
  RC_ASSERT(Describe(Resolve(rules.Of(6), again, decisions, kToday, ruling)) ==
            Describe(once));
}

RC_GTEST_PROP(Resolve, GroupsAreTheFinestValues, ()) {
  Case any;
  AnyCase(any);
  const RuleBook rules;
  const AttributeInfo& attribute = GetAttribute(6);
  for (const Resolution& entry :
       Resolve(rules.Of(6), any.claims.Of(6), {}, kToday)) {
    bool compatible = true;
    for (const Group& a : entry.groups) {
      for (const auto i : a.supporters) {
        RC_ASSERT(Refines(attribute, *entry.claims[a.shows].value,
                          *entry.claims[i].value));
      }
      for (const Group& b : entry.groups) {
        if (&a == &b) continue;
        const auto& x = *entry.claims[a.shows].value;
        const auto& y = *entry.claims[b.shows].value;
        RC_ASSERT(!Refines(attribute, x, y));
        compatible = compatible && Compatible(attribute, x, y);
      }
    }
    // Every claim that counts backs some group; what is compatible agrees.
    for (std::uint32_t i = 0; i < entry.claims.size(); ++i) {
      RC_ASSERT(std::ranges::any_of(entry.groups, [&](const Group& group) {
        return std::ranges::find(group.supporters, i) != group.supporters.end();
      }));
    }
    RC_ASSERT((entry.status == v1::STATUS_AGREED) == compatible);
  }
}

}  // namespace
}  // namespace waystation::domain
