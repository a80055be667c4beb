// SPDX-License-Identifier: Apache-2.0
#include "server/domain/disclosure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "google/protobuf/text_format.h"
#include "proto/agreement/ceiling.h"
#include "server/domain/business.h"
#include "server/domain/meaning.h"
#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kHere = "public_security.320500";
constexpr std::string_view kOrigin = "public_security.341200";
constexpr std::string_view kLaborHere = "labor.320500";
constexpr std::string_view kLaborOrigin = "labor.341200";
constexpr std::string_view kClinic = "health.320500";
constexpr std::string_view kMarket = "commerce.320500";

// Number, name and birth date: what opens the scope of own records.
std::string Core(std::string_view more = "") {
  return NumberText(DemoNumber("19900307", 42)) +
         "name{full:'张伟'} birth_date{date{year:1990 month:3 day:7}} " +
         std::string(more);
}

std::string SectorOf(std::string_view agency) {
  return std::string(agency.substr(0, agency.find('.')));
}

// An agreement for each pair of sectors that lets through all that the ceiling
// allows, and claims to let through everything else too.
std::vector<v1::Agreement> EverythingForEverybody() {
  std::vector<v1::Agreement> agreements;
  const std::string_view sectors[] = {"public_security", "health", "labor",
                                      "commerce", "education"};
  for (const std::string_view to : sectors) {
    v1::Agreement& agreement = agreements.emplace_back();
    agreement.set_recipient_sector(std::string(to));
    agreement.set_scope(v1::SCOPE_OWN_RECORDS);
    agreement.mutable_valid_from()->set_year(2020);
    agreement.mutable_valid_from()->set_month(1);
    agreement.mutable_valid_from()->set_day(1);
    *agreement.mutable_valid_until() = agreement.valid_from();
    agreement.mutable_valid_until()->set_year(2030);
    for (const std::string_view from : sectors) {
      for (const AttributeInfo& attribute : Attributes()) {
        const auto grant = [&](v1::Form form, int digits,
                               const std::string& predicate) {
          v1::Grant& grant = *agreement.add_grants();
          grant.set_source_sector(std::string(from));
          grant.set_attribute(attribute.name);
          grant.set_form(form);
          grant.set_partial_digits(digits);
          grant.set_predicate(predicate);
        };
        grant(v1::FORM_VALUE, 0, "");
        for (const int digits : {0, 2, 4, 6, 9}) {
          grant(v1::FORM_PARTIAL, digits, "");
        }
        grant(v1::FORM_MATCH, 0, "");
        grant(v1::FORM_EXISTS, 0, "");
        for (const PredicateInfo& predicate : attribute.predicates) {
          grant(v1::FORM_PREDICATE, 0, predicate.name);
        }
      }
    }
  }
  return agreements;
}

// One agency that looks at the persons of a test.
class Onlooker {
 public:
  Onlooker(
      std::string_view agency, std::vector<Uid> own,
      const std::vector<v1::Agreement>& agreements = EverythingForEverybody())
      : recipient_{std::string(agency), SectorOf(agency)},
        permissions_(agreements, recipient_, kToday, std::nullopt,
                     v1::SCOPE_OWN_RECORDS, CeilingWith("education")),
        own_(std::move(own)) {}

  Viewer AsViewer() const {
    return {
        .recipient = &recipient_, .permissions = &permissions_, .own = own_};
  }
  v1::PersonView View(const Records& records, Decisions decisions = {}) const {
    return domain::View(
        AsViewer(), records.Claims(),
        {.rules = &rules_, .decisions = decisions, .as_of = kToday});
  }
  // What it is told of between two states, of all attributes.
  Told Learns(const Records& before, const Records& after,
              std::vector<Uid> submitted = {}, AttributeSet said = 0) const {
    const PersonClaims claims_before = before.Claims();
    const PersonClaims claims_after = after.Claims();
    const Context context{.rules = &rules_, .decisions = {}, .as_of = kToday};
    return Compare({&claims_before, AsViewer(), context},
                   {&claims_after, AsViewer(), context}, ~AttributeSet{0},
                   submitted, said);
  }
  // "attribute value value ...", as it may see the values that disagree.
  std::vector<std::string> Conflicts(const Records& records) const {
    const PersonClaims claims = records.Claims();
    std::vector<std::string> list;
    for (const SeenConflicts& seen :
         ConflictsIn(AsViewer(), claims,
                     {.rules = &rules_, .decisions = {}, .as_of = kToday},
                     ~AttributeSet{0})) {
      for (const Resolution& entry : seen.entries) {
        std::string& line =
            list.emplace_back(GetAttribute(seen.attribute).name);
        for (const Group& group : entry.groups) {
          line += " " + entry.claims[group.shows].value->ShortDebugString();
        }
      }
    }
    return list;
  }
  v1::MatchClaimResponse::Answer Match(const Records& records,
                                       std::string_view attribute,
                                       std::string_view offered) const {
    return domain::Match(AsViewer(), records.Claims(),
                         {.rules = &rules_, .decisions = {}, .as_of = kToday},
                         *FindAttribute(attribute), PersonOf(offered));
  }

 private:
  const Recipient recipient_;
  const Permissions permissions_;
  const std::vector<Uid> own_;
  const RuleBook rules_;
};

// "attribute form status source" of each attribute.
std::vector<std::string> Describe(const v1::PersonView& view) {
  std::vector<std::string> list;
  for (const v1::AttributeView& attribute : view.attributes()) {
    list.push_back(attribute.attribute() + " " +
                   v1::Form_Name(attribute.form()).substr(5) + " " +
                   v1::Status_Name(attribute.status()).substr(7) + " " +
                   attribute.source_agency());
  }
  return list;
}

// The first case of the matrix (D5.3): an address given to a clinic or an
// employer never reaches the police, nor does the fact that something changed.
TEST(Disclosure, NeverTellsPoliceWhatAClinicOrAnEmployerKnows) {
  Records before;
  before.Add(kHere, "p", Core("residence{division:'320505'}"));
  before.Add(kOrigin, "o", Core());
  before.Add(kClinic, "c", Core("residence{division:'320505'}"));
  before.Add(kLaborHere, "l", Core("residence{division:'320505'}"));
  Records after = before;
  const std::string_view newer =
      "residence{division:'320509010' address:'松陵路1号'} "
      "contact{phones:'13912345678'}";
  const std::string_view since =
      "times{valid_from{year:2026 month:3 day:1} "
      "recorded_time{seconds:1773100000}}";
  after.Update(3, 2, newer, since);
  after.Update(4, 2, newer, since);

  for (const Onlooker& police :
       {Onlooker(kHere, {1}), Onlooker(kOrigin, {2})}) {
    EXPECT_EQ(police.Learns(before, after), Told());
    EXPECT_EQ(police.View(before).SerializeAsString(),
              police.View(after).SerializeAsString());
    for (const auto offered : {newer, std::string_view("residence{}")}) {
      EXPECT_EQ(police.Match(after, "residence",
                             offered.substr(0, offered.find("contact"))),
                v1::MatchClaimResponse::ANSWER_UNSPECIFIED);
    }
  }
}

TEST(Disclosure, TellsTheOriginThatAResidenceBegan) {
  Records before;
  before.Add(kOrigin, "o", Core());
  before.Add(kHere, "p", Core());
  Records after = before;
  after.Update(2, 2,
               "residence{division:'320505010003' address:'东环路1号' "
               "since{year:2026 month:3 day:1}}");
  const Onlooker origin(kOrigin, {1});
  EXPECT_EQ(origin.Learns(before, after),
            (Told{.changed = BitOf(6), .withdrawn = 0}));
  const v1::PersonView view = origin.View(after);
  EXPECT_EQ(view.person().residence().division(), "320505");
  EXPECT_EQ(view.person().residence().address(), "");
  EXPECT_EQ(view.person().residence().since().day(), 1);
  EXPECT_THAT(Describe(view),
              ElementsAre("identifiers VALUE AGREED public_security.341200",
                          "name VALUE AGREED public_security.320500",
                          "birth_date VALUE AGREED public_security.320500",
                          "residence PARTIAL AGREED public_security.320500"));
  EXPECT_THAT(view.record_keys(), ElementsAre("o"));
  // Nothing finer is told of a claim that is known in part.
  const v1::AttributeView& residence = view.attributes(3);
  EXPECT_FALSE(residence.has_recorded_time());
  EXPECT_FALSE(residence.has_valid_from());
  EXPECT_EQ(residence.grade(), v1::GRADE_UNSPECIFIED);

  // Within the county nothing changed for it; beyond it did.
  Records moved = after;
  moved.Update(2, 3,
               "residence{division:'320505020001' address:'西环路2号' "
               "since{year:2026 month:3 day:1}}");
  EXPECT_EQ(origin.Learns(after, moved), Told());
  EXPECT_EQ(origin.View(after).SerializeAsString(),
            origin.View(moved).SerializeAsString());
  moved.Update(2, 4, "residence{division:'320509'}");
  EXPECT_EQ(origin.Learns(after, moved).changed, BitOf(6));
  moved.Retract(2, 5, {"residence"});
  EXPECT_EQ(origin.Learns(after, moved),
            (Told{.changed = BitOf(6), .withdrawn = BitOf(6)}));
}

// A claim of which the cut leaves nothing is not there.
TEST(Disclosure, ShowsNothingOfWhatIsCutAway) {
  Records before;
  before.Add(kOrigin, "o", Core());
  before.Add(kHere, "p", Core());
  Records after = before;
  after.Update(2, 2, "residence{address:'东环路1号'}");
  const Onlooker origin(kOrigin, {1});
  EXPECT_EQ(origin.Learns(before, after), Told());
  EXPECT_EQ(origin.View(before).SerializeAsString(),
            origin.View(after).SerializeAsString());
}

// The same value put off to a later day is gone until then.
TEST(Disclosure, TellsThatAClaimWaits) {
  Records before;
  before.Add(kOrigin, "o", Core());
  before.Add(kHere, "p", Core("residence{division:'320505'}"));
  Records after = before;
  after.Update(2, 2, "residence{division:'320505'}",
               "times{valid_from{year:2026 month:4 day:1}}");
  EXPECT_EQ(Onlooker(kOrigin, {1}).Learns(before, after),
            (Told{.changed = BitOf(6), .withdrawn = BitOf(6)}));
}

TEST(Disclosure, ShowsAConflictOnlyOfWhatIsCovered) {
  Records records;
  records.Add(kLaborHere, "l", Core());
  records.Add(kClinic, "c", Core("contact{phones:'13912345678'}"));
  const Onlooker labor(kLaborHere, {1});
  Records after = records;
  after.Update(2, 2, "birth_date{date{year:1991}}");
  EXPECT_EQ(labor.Learns(records, after), Told());
  EXPECT_EQ(labor.View(after).attributes(2).status(), v1::STATUS_AGREED);

  // Two police dates: both may be known, so their conflict may.
  after.Add(kHere, "p", Core());
  after.Add(kOrigin, "o", "birth_date{date{year:1990 month:3 day:8}}");
  EXPECT_EQ(labor.Learns(records, after).changed, BitOf(kBirthDate));
  const v1::PersonView view = labor.View(after);
  EXPECT_EQ(view.attributes(2).status(), v1::STATUS_CONFLICT);
  EXPECT_EQ(view.attributes(2).reason(), "RULES_EXHAUSTED");
  EXPECT_EQ(labor.Conflicts(records), std::vector<std::string>());
  EXPECT_EQ(labor.Conflicts(after).size(), 1U);
  // A clinic is told the same of the police, a market nothing.
  EXPECT_EQ(Onlooker(kClinic, {2}).Conflicts(after).size(), 1U);
  after.Add(kMarket, "m", Core());
  EXPECT_EQ(Onlooker(kMarket, {5}).Conflicts(after).size(), 0U);
}

// Places that differ in what is cut off do not disagree.
TEST(Disclosure, FindsConflictsInWhatIsLeftOfValues) {
  Records records;
  records.Add(kHere, "a",
              Core("residence{division:'320505010' since{year:2022}}"));
  records.Add(kOrigin, "b",
              Core("residence{division:'320505011' since{year:2022}}"));
  const Onlooker labor(kLaborHere, {3});
  records.Add(kLaborHere, "l", Core());
  EXPECT_EQ(labor.Conflicts(records), std::vector<std::string>());
  records.Update(2, 2, "residence{division:'320506011' since{year:2022}}");
  const std::vector<std::string> conflicts = labor.Conflicts(records);
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_NE(conflicts[0].find("\"320505\""), std::string::npos);
  EXPECT_NE(conflicts[0].find("\"320506\""), std::string::npos);
}

TEST(Disclosure, CountsOnlyForThoseWhoHoldNumberNameAndBirthDate) {
  const struct {
    std::string_view name;
    std::string own;
    bool in_scope;
  } cases[] = {
      {"all three", Core(), true},
      {"no number", "name{full:'张伟'} birth_date{date{year:1990}}", false},
      {"no name",
       NumberText(DemoNumber("19900307", 42)) + "birth_date{date{year:1990}}",
       false},
      {"no birth date",
       NumberText(DemoNumber("19900307", 42)) + "name{full:'张伟'}", false},
      {"eighteen zeros",
       NumberText("000000000000000000") +
           "name{full:'张伟'} birth_date{date{year:1990}}",
       false},
  };
  for (const auto& [name, own, in_scope] : cases) {
    SCOPED_TRACE(name);
    Records records;
    records.Add(kLaborHere, "l", own);
    records.Add(kLaborOrigin, "m", Core("employment{employer:'厂'}"));
    const Onlooker labor(kLaborHere, {1});
    EXPECT_EQ(InScope(labor.AsViewer(), records.Claims()), in_scope);
    EXPECT_EQ(labor.View(records).person().has_employment(), in_scope);
  }
}

// Two records of one agency that only others' records join: it may not know.
TEST(Disclosure, HidesTheAgencysOtherRecords) {
  Records records;
  records.Add(kLaborHere, "l1", Core());
  records.Add(kLaborHere, "l2",
              "employment{employer:'厂'} contact{phones:'13912345678'}");
  records.Add(kHere, "p", Core());
  const Onlooker first(kLaborHere, {1});
  const v1::PersonView view = first.View(records);
  EXPECT_FALSE(view.person().has_employment());
  EXPECT_THAT(view.record_keys(), ElementsAre("l1"));
  // As one group it sees both.
  EXPECT_TRUE(
      Onlooker(kLaborHere, {1, 2}).View(records).person().has_employment());
  Records after = records;
  after.Update(2, 2, "employment{employer:'店'}");
  EXPECT_EQ(first.Learns(records, after), Told());
}

TEST(Disclosure, TellsTheSubmitterOnlyWhatIsNotAsItSaid) {
  Records before;
  before.Add(kLaborHere, "l", Core());
  before.Add(kHere, "p", Core());
  const Onlooker labor(kLaborHere, {1});
  const auto told = [&](std::string_view claims) {
    Records after = before;
    after.Update(1, 2, claims);
    AttributeSet said = 0;
    for (const AttributeInfo& attribute : Attributes()) {
      if (EntryCount(attribute, PersonOf(claims)) > 0) said |= attribute.bit();
    }
    return labor.Learns(before, after, {1}, said).changed;
  };
  EXPECT_EQ(told("contact{phones:'13912345678'}"), 0U);
  EXPECT_EQ(told("name{full:'张伟'}"), 0U);
  // The police's date stands against its own.
  EXPECT_EQ(told("birth_date{date{year:1991}}"), BitOf(kBirthDate));
  // It says less than what stands.
  EXPECT_EQ(told("birth_date{date{year:1990}}"), BitOf(kBirthDate));

  // Of its first record of a person it learns what others say.
  Records after = before;
  after.Add(kLaborOrigin, "m", Core("employment{employer:'厂'}"));
  const Onlooker origin(kLaborOrigin, {3});
  EXPECT_EQ(origin.Learns(Records(), after, {3}, ~AttributeSet{0}).changed, 0U);
  after.Update(1, 2, "social_insurance{region:'320505'}");
  EXPECT_EQ(origin.Learns(Records(), after, {3}, ~AttributeSet{0}).changed,
            BitOf(FindAttribute("social_insurance")->number));
  // What it takes back itself it knows.
  Records back = after;
  back.Retract(3, 2, {"employment"});
  EXPECT_EQ(origin.Learns(after, back, {3}, BitOf(11)), Told());
  // The other labor agency does not.
  EXPECT_EQ(labor.Learns(after, back),
            (Told{.changed = BitOf(11), .withdrawn = BitOf(11)}));
}

// --- decisions ---

class Rulings : public ::testing::Test {
 protected:
  // The office rules on the birth date for the claim of one agency.
  void Decide(std::string_view agency) {
    const RuleBook rules;
    const PersonClaims claims = records_.Claims();
    const Resolution now =
        Resolve(rules.Of(kBirthDate), claims.Of(kBirthDate), {}, kToday).at(0);
    decision_.mutable_decision()->set_number(1);
    for (const Group& group : now.groups) {
      if (now.claims[group.shows].agency == agency) {
        PinDecision(GetAttribute(kBirthDate), now, group.shows, &decision_);
      }
    }
  }

  v1::AttributeView BirthDate(const Onlooker& onlooker) const {
    const store::StoredDecision* const decisions[] = {&decision_};
    const v1::PersonView view = onlooker.View(records_, decisions);
    for (const v1::AttributeView& attribute : view.attributes()) {
      if (attribute.attribute() == "birth_date") return attribute;
    }
    return {};
  }

  Records records_;
  store::StoredDecision decision_;
};

TEST_F(Rulings, CountWhereTheChoiceMayBeKnown) {
  records_.Add(kHere, "p", Core());
  records_.Add(kOrigin, "o", "birth_date{date{year:1990 month:3 day:8}}");
  records_.Add(kLaborHere, "l", Core());
  records_.Add(kMarket, "m", Core());
  Decide(kOrigin);
  const v1::AttributeView labor = BirthDate(Onlooker(kLaborHere, {3}));
  EXPECT_EQ(labor.status(), v1::STATUS_DECIDED);
  EXPECT_EQ(labor.source_agency(), kOrigin);
  // Commerce may only match: its own claim is all it sees.
  const v1::AttributeView market = BirthDate(Onlooker(kMarket, {4}));
  EXPECT_EQ(market.status(), v1::STATUS_AGREED);
  EXPECT_EQ(market.reason(), "ONLY_CLAIM");
}

TEST_F(Rulings, LeaveNoTraceWhereTheChoiceMayNotBeKnown) {
  records_.Add(kLaborHere, "l", Core());
  records_.Add(kLaborOrigin, "o", "birth_date{date{year:1990 month:3 day:8}}");
  records_.Add(kClinic, "c", "birth_date{date{year:1990 month:3 day:9}}");
  const Onlooker labor(kLaborHere, {1});
  const v1::AttributeView before = BirthDate(labor);
  EXPECT_EQ(before.status(), v1::STATUS_CONFLICT);
  Decide(kClinic);
  EXPECT_EQ(BirthDate(labor).SerializeAsString(), before.SerializeAsString());
}

// A residence is chosen in full; who sees counties sees the county decided.
TEST_F(Rulings, CountUnderTheCut) {
  records_.Add(kHere, "p", Core("residence{division:'320505010'}"));
  records_.Add("public_security.320100", "n",
               Core("residence{division:'320106002'}"));
  records_.Add(kOrigin, "o", Core());
  const RuleBook rules;
  const AttributeInfo& residence = GetAttribute(6);
  const PersonClaims claims = records_.Claims();
  const Resolution now = Resolve(rules.Of(6), claims.Of(6), {}, kToday).at(0);
  ASSERT_THAT(now.groups, SizeIs(2));
  decision_.mutable_decision()->set_number(1);
  PinDecision(residence, now, now.groups[1].shows, &decision_);
  const store::StoredDecision* const decisions[] = {&decision_};
  const v1::PersonView view = Onlooker(kOrigin, {3}).View(records_, decisions);
  EXPECT_EQ(view.attributes(3).attribute(), "residence");
  EXPECT_EQ(view.attributes(3).status(), v1::STATUS_DECIDED);
  EXPECT_EQ(view.person().residence().division(), "320505");
}

// --- questions ---

TEST(Match, AnswersOnWhatOthersSay) {
  Records records;
  records.Add(kMarket, "m", Core("sex{value:SEX_MALE}"));
  records.Add(kHere, "p",
              Core("sex{value:SEX_FEMALE} residence{division:'320505'}"));
  const Onlooker market(kMarket, {1});
  const auto match = v1::MatchClaimResponse::ANSWER_MATCH;
  const auto differs = v1::MatchClaimResponse::ANSWER_DIFFERS;
  const auto unknown = v1::MatchClaimResponse::ANSWER_UNSPECIFIED;
  const struct {
    std::string_view attribute, offered;
    v1::MatchClaimResponse::Answer want;
  } cases[] = {
      {"sex", "sex{value:SEX_FEMALE}", match},
      {"sex", "sex{value:SEX_MALE}", differs},  // its own claim is no answer
      {"birth_date", "birth_date{date{year:1990 month:3 day:7}}", match},
      {"birth_date", "birth_date{date{year:1990}}", match},
      {"birth_date", "birth_date{date{year:1991}}", differs},
      {"name", "name{full:'张▀'}", match},
      {"name", "name{full:'李静'}", differs},
      {"name", "", unknown},
      {"residence", "residence{division:'320505'}", unknown},
      {"identifiers", "identifiers{kind:KIND_CITIZEN_NUMBER number:'1'}",
       unknown},
  };
  for (const auto& [attribute, offered, want] : cases) {
    EXPECT_EQ(market.Match(records, attribute, offered), want) << offered;
  }
  // The police know no more than the year.
  records.Update(2, 2, "birth_date{date{year:1990}}");
  EXPECT_EQ(market.Match(records, "birth_date",
                         "birth_date{date{year:1990 month:3 day:7}}"),
            unknown);
  // In a conflict only what all sides say.
  records.Add(kOrigin, "o", "birth_date{date{year:1991}}");
  EXPECT_EQ(market.Match(records, "birth_date", "birth_date{date{year:1990}}"),
            unknown);
  EXPECT_EQ(market.Match(records, "birth_date", "birth_date{date{year:1980}}"),
            differs);
  // Out of scope nothing is answered.
  records.Retract(1, 2, {"name"});
  EXPECT_EQ(market.Match(records, "sex", "sex{value:SEX_FEMALE}"), unknown);
}

TEST(Exists, TellsWhetherOthersClaimAnything) {
  const auto existing = [](std::string_view viewer, std::string_view teller,
                           std::string_view claim) {
    Records records;
    records.Add(viewer, "v", Core());
    records.Add(teller, "t", "services{code:'training.x' provider:'p'}");
    records.Update(2, 2, std::string(claim));
    const v1::PersonView view = Onlooker(viewer, {1}).View(records);
    return std::vector<std::string>(view.existing().begin(),
                                    view.existing().end());
  };
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(existing(kLaborHere, kHere, "sex{value:SEX_FEMALE}"),
              ElementsAre("sex"));
  EXPECT_THAT(existing(kMarket, kHere, "sex{value:SEX_FEMALE}"),
              ElementsAre("sex"));
  // Not what is cut or asked by a predicate alone, nor what may not be known.
  EXPECT_THAT(existing(kLaborHere, kHere, "residence{division:'320505'}"),
              IsEmpty());
  EXPECT_THAT(existing(kLaborHere, kHere, "residence_permit{number:'1'}"),
              IsEmpty());
  EXPECT_THAT(existing(kHere, kClinic, "residence{division:'320505'}"),
              IsEmpty());
  EXPECT_THAT(existing(kLaborHere, kClinic, "sex{value:SEX_FEMALE}"),
              IsEmpty());
}

TEST(Predicate, AnswersByTheDay) {
  const auto yes = v1::PredicateAnswer::ANSWER_YES;
  const auto no = v1::PredicateAnswer::ANSWER_NO;
  // A claim that answers nothing looks like none.
  const struct {
    std::string_view agency, viewer, claim;
    std::map<std::string, v1::PredicateAnswer::Answer> want;
  } cases[] = {
      {kHere,
       kLaborHere,
       "residence_permit{number:'1' valid_until{year:2026 month:3 day:10}}",
       {{"permit_valid", yes}}},
      {kHere,
       kLaborHere,
       "residence_permit{number:'1' valid_until{year:2026 month:3 day:9}}",
       {{"permit_valid", no}}},
      {kHere,
       kLaborHere,
       "residence_permit{number:'1' valid_from{year:2026 month:3 day:11} "
       "valid_until{year:2027}}",
       {{"permit_valid", no}}},
      {kHere, kLaborHere, "residence_permit{number:'1'}", {}},
      {kHere, kLaborHere, "", {}},
      {kLaborHere,
       kClinic,
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_ENDED} schemes{scheme:SCHEME_WORK_INJURY "
       "state:STATE_INSURED}}",
       {{"insured", yes}}},
      {kLaborHere,
       kClinic,
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_SUSPENDED}}",
       {{"insured", no}}},
      {kLaborHere, kClinic, "social_insurance{region:'320505'}", {}},
      {kLaborHere,
       kMarket,
       "social_insurance{schemes{scheme:SCHEME_PENSION_EMPLOYEE "
       "state:STATE_INSURED}}",
       {}},
  };
  for (const auto& [agency, viewer, claim, want] : cases) {
    SCOPED_TRACE(claim);
    Records records;
    records.Add(viewer, "v", Core());
    records.Add(agency, "a", Core(claim));
    const v1::PersonView view = Onlooker(viewer, {1}).View(records);
    std::map<std::string, v1::PredicateAnswer::Answer> got;
    for (const auto& answer : view.predicates()) {
      got[answer.predicate()] = answer.answer();
    }
    EXPECT_EQ(got, want);
    EXPECT_FALSE(view.person().has_residence_permit());
    EXPECT_FALSE(view.person().has_social_insurance());
    // A question causes no mailbox entry.
    Records before;
    before.Add(viewer, "v", Core());
    before.Add(agency, "a", Core());
    EXPECT_EQ(Onlooker(viewer, {1}).Learns(before, records), Told());
  }
}

// --- the matrix ---

// Two values of each attribute.
const std::map<std::string, std::pair<std::string, std::string>>& Values() {
  static const std::map<std::string, std::pair<std::string, std::string>>
      values{
          {"identifiers",
           {NumberText(DemoNumber("19900307", 42)),
            NumberText(DemoNumber("19900307", 62))}},
          {"name", {"name{full:'张伟'}", "name{full:'张玮'}"}},
          {"sex", {"sex{value:1}", "sex{value:2}"}},
          {"birth_date",
           {"birth_date{date{year:1990 month:3 day:7}}",
            "birth_date{date{year:1990 month:3 day:8}}"}},
          {"household_registration",
           {"household_registration{division:'341202'}",
            "household_registration{division:'341203'}"}},
          {"residence",
           {"residence{division:'320505'}", "residence{division:'320509'}"}},
          {"residence_permit",
           {"residence_permit{valid_until{year:2027}}",
            "residence_permit{valid_until{year:2025}}"}},
          {"movement",
           {"movement{left_origin{year:2024}}",
            "movement{left_origin{year:2025}}"}},
          {"education",
           {"education{level{value:'21' list:'GB4658:2006'}}",
            "education{level{value:'31' list:'GB4658:2006'}}"}},
          {"contact",
           {"contact{phones:'13912345678'}", "contact{phones:'13912345679'}"}},
          {"employment",
           {"employment{employer:'x'}", "employment{employer:'y'}"}},
          {"social_insurance",
           {"social_insurance{schemes{scheme:1 state:1}}",
            "social_insurance{schemes{scheme:1 state:3}}"}},
          {"training", {"training{course:'A'}", "training{course:'B'}"}},
          {"business",
           {"business{number:'110108000000016' role:1 state:1}",
            "business{number:'110108000000016' role:1 state:2}"}},
          {"certificates",
           {"certificates{kind:3 number:'1'}",
            "certificates{kind:3 number:'2'}"}},
          {"service_card",
           {"service_card{number:'1'}", "service_card{number:'2'}"}},
          {"services",
           {"services{code:'training.welding' provider:'p'}",
            "services{code:'training.sewing' provider:'p'}"}},
      };
  return values;
}

// Whether something may be known of a person; questions about a business are
// business_test.cc's.
bool IsCeilingOpen(std::string_view from, std::string_view to,
                   std::string_view attribute) {
  const auto row = [](std::string_view sector) {
    return sector == "education" ? agreement::kOtherSector : sector;
  };
  return std::ranges::any_of(
      agreement::CompiledRows(), [&](const agreement::CeilingRow& one) {
        return one.from == row(from) && one.to == row(to) &&
               one.attribute == attribute &&
               FindBusinessPredicate(one.predicate) == nullptr;
      });
}

TEST(Matrix, HasAValueForEachAttribute) {
  EXPECT_EQ(Values().size(), Attributes().size());
  for (const AttributeInfo& attribute : Attributes()) {
    EXPECT_TRUE(Values().contains(attribute.name)) << attribute.name;
  }
}

// For every source sector, recipient sector and attribute: what the ceiling
// does not name leaves no trace in any form, even under agreements that grant
// it; what it names is there.
TEST(Matrix, OfEverySectorAndAttribute) {
  const std::string_view sectors[] = {"public_security", "health", "labor",
                                      "commerce", "education"};
  for (const std::string_view from : sectors) {
    for (const std::string_view to : sectors) {
      const std::string source = std::string(from) + ".341200";
      const std::string viewer = std::string(to) + ".320500";
      const Onlooker onlooker(viewer, {1});
      for (const auto& [attribute, values] : Values()) {
        SCOPED_TRACE(std::string(from) + " -> " + std::string(to) + " " +
                     attribute);
        Records absent;
        absent.Add(viewer, "v", Core());
        absent.Add(source, "s", "services{code:'training.x' provider:'p'}");
        Records present = absent;
        present.Update(2, 2, values.first);
        Records changed = absent;
        changed.Update(2, 2, values.second);

        const auto answers = [&](const Records& records) {
          std::string all = onlooker.View(records).SerializeAsString();
          for (const auto& offered : {values.first, values.second}) {
            all += std::to_string(onlooker.Match(records, attribute, offered));
          }
          return all;
        };
        const bool leaks = answers(absent) != answers(present) ||
                           answers(present) != answers(changed);
        const bool tells = onlooker.Learns(absent, present).changed != 0 ||
                           onlooker.Learns(present, changed).changed != 0 ||
                           onlooker.Learns(present, absent).changed != 0;
        const bool open = IsCeilingOpen(from, to, attribute);
        EXPECT_EQ(leaks, open);
        EXPECT_TRUE(open || !tells);
      }
    }
  }
}

// However the claims of a sector that may not be known change, the recipient's
// view does not.
RC_GTEST_PROP(Matrix, WhatMayNotBeKnownChangesNothing, ()) {
  const std::string_view sectors[] = {"public_security", "health", "labor",
                                      "commerce", "education"};
  const std::string from(*rc::gen::elementOf(
      std::vector<std::string>(std::begin(sectors), std::end(sectors))));
  const std::string to(*rc::gen::elementOf(
      std::vector<std::string>(std::begin(sectors), std::end(sectors))));
  const std::string viewer = to + ".320500";
  Records before;
  before.Add(
      viewer, "v",
      Core(Values().at("residence").first + Values().at("contact").first));
  before.Add("public_security.341200", "p", Core());
  before.Add(from + ".320100", "s", Core());
  Records after = before;
  std::uint64_t revision = 2;
  for (const auto& [attribute, values] : Values()) {
    if (IsCeilingOpen(from, to, attribute) || *rc::gen::inRange(0, 3) == 0) {
      continue;
    }
    after.Update(
        3, revision++, *rc::gen::element(values.first, values.second),
        *rc::gen::element<std::string>("", "times{valid_from{year:2026}}",
                                       "evidence:EVIDENCE_DOCUMENT_CHIP"));
  }
  // Numbers link; what a link brings is another test's matter.
  const Onlooker onlooker(viewer, {1});
  RC_ASSERT(onlooker.View(before).SerializeAsString() ==
            onlooker.View(after).SerializeAsString());
  RC_ASSERT(onlooker.Learns(before, after) == Told());
  RC_ASSERT(onlooker.Conflicts(before) == onlooker.Conflicts(after));
}

}  // namespace
}  // namespace waystation::domain
