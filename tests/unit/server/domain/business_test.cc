// SPDX-License-Identifier: Apache-2.0
#include "server/domain/business.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Answer = v1::PredicateAnswer;

// Published examples (D3.11, D3.12).
constexpr char kEnterprise[] = "91350100M000100Y43";
constexpr char kOther[] = "91110000600037341L";
constexpr char kRegistered[] = "110108000000016";

TEST(BusinessNumber, IsReadAsRecordsHoldIt) {
  const struct {
    const char* given;
    const char* read;  // nullptr: none
  } cases[] = {
      {kEnterprise, kEnterprise},
      {" 9135 0100 m000100y43", kEnterprise},
      {kRegistered, kRegistered},
      {"91350100M000100Y44", nullptr},  // another check character
      {"110108000000017", nullptr},
      {"", nullptr},
      {"无", nullptr},
      {"苏州恒润电子有限公司", nullptr},
      {"000000000000000000", nullptr},
  };
  for (const auto& [given, read] : cases) {
    SCOPED_TRACE(given);
    const auto number = ReadBusinessNumber(given);
    ASSERT_EQ(number.has_value(), read != nullptr);
    if (read != nullptr) {
      EXPECT_EQ(*number, read);
    }
  }
}

std::string Runs(std::string_view number, std::string_view state) {
  return "business { number: '" + std::string(number) +
         "' role: ROLE_OPERATOR state: STATE_" + std::string(state) + " }";
}
std::string Works(std::string_view uscc, std::string_view more = "") {
  return "employment { uscc: '" + std::string(uscc) + "' " + std::string(more) +
         "} ";
}
std::string Insured(std::string_view state) {
  return "social_insurance { schemes { scheme: SCHEME_MEDICAL_EMPLOYEE state: "
         "STATE_" +
         std::string(state) + " } }";
}

TEST(BusinessTies, AreOfSoundNumbers) {
  Records records;
  const Uid uid =
      records.Add("commerce.320500", "JY-1",
                  Runs(kOther, "OPEN") + Runs(kEnterprise, "CLOSED") +
                      Runs("91350100M000100Y44", "OPEN") + Works(kEnterprise));
  EXPECT_THAT(BusinessTies(records.At(uid)),
              ElementsAre(BusinessTie{kEmployment, kEnterprise},
                          BusinessTie{kBusiness, kOther},
                          BusinessTie{kBusiness, kEnterprise}));
  records.Retract(uid, 2, {"business", "employment"});
  EXPECT_THAT(BusinessTies(records.At(uid)), IsEmpty());
}

// An agreement that lets labor ask commerce, and commerce ask labor.
Permissions Granted(std::string_view recipient_sector) {
  v1::Agreement agreement;
  agreement.set_recipient_sector(std::string(recipient_sector));
  agreement.set_scope(v1::SCOPE_OWN_RECORDS);
  agreement.mutable_valid_from()->set_year(2020);
  agreement.mutable_valid_from()->set_month(1);
  agreement.mutable_valid_from()->set_day(1);
  *agreement.mutable_valid_until() = agreement.valid_from();
  agreement.mutable_valid_until()->set_year(2030);
  const auto grant = [&](const char* from, const char* attribute,
                         const char* predicate) {
    v1::Grant& grant = *agreement.add_grants();
    grant.set_source_sector(from);
    grant.set_attribute(attribute);
    grant.set_form(v1::FORM_PREDICATE);
    grant.set_predicate(predicate);
  };
  for (const char* from : {"public_security", "health", "labor", "commerce"}) {
    grant(from, "business", "business_open");
    grant(from, "social_insurance", "employer_insured");
  }
  const Recipient recipient{std::string(recipient_sector) + ".320500",
                            std::string(recipient_sector)};
  return Permissions({&agreement, 1}, recipient, kToday);
}

// Each record somebody's own.
Answer::Answer Ask(const char* predicate, const Permissions& permissions,
                   const Records& records,
                   std::string_view number = kEnterprise) {
  std::deque<PersonClaims> persons;
  std::vector<Insider> insiders;
  for (const RecordView& view : records.Views()) {
    persons.emplace_back(std::span(&view, 1));
    insiders.push_back({.claims = &persons.back(), .decisions = {}});
  }
  return AnswerAboutBusiness(*FindBusinessPredicate(predicate), number,
                             insiders, permissions, RuleBook(), kToday);
}

constexpr char kEarlier[] = "times { recorded_time { seconds: 1770000000 } }";
constexpr char kLater[] = "times { recorded_time { seconds: 1772400000 } }";

TEST(BusinessOpen, IsWhatTheLatestRecordSays) {
  const Permissions granted = Granted("labor");
  const struct {
    const char* name;
    std::vector<std::pair<std::string, std::string>> said;
    Answer::Answer answer;
  } cases[] = {
      {"nobody", {}, Answer::ANSWER_UNSPECIFIED},
      {"open", {{Runs(kEnterprise, "OPEN"), kEarlier}}, Answer::ANSWER_YES},
      {"closed", {{Runs(kEnterprise, "CLOSED"), kEarlier}}, Answer::ANSWER_NO},
      {"another one",
       {{Runs(kOther, "OPEN"), kEarlier}},
       Answer::ANSWER_UNSPECIFIED},
      {"state not said",
       {{Runs(kEnterprise, "UNSPECIFIED"), kEarlier}},
       Answer::ANSWER_UNSPECIFIED},
      {"closed since",
       {{Runs(kEnterprise, "OPEN"), kEarlier},
        {Runs(kEnterprise, "CLOSED"), kLater}},
       Answer::ANSWER_NO},
      {"closed since, the other way round",
       {{Runs(kEnterprise, "CLOSED"), kLater},
        {Runs(kEnterprise, "OPEN"), kEarlier}},
       Answer::ANSWER_NO},
      {"two of one time",
       {{Runs(kEnterprise, "CLOSED"), kEarlier},
        {Runs(kEnterprise, "OPEN"), kEarlier},
        {Runs(kEnterprise, "OPEN"), kEarlier}},
       Answer::ANSWER_UNSPECIFIED},
      {"two of one time, and one that is later",
       {{Runs(kEnterprise, "CLOSED"), kEarlier},
        {Runs(kEnterprise, "OPEN"), kEarlier},
        {Runs(kEnterprise, "OPEN"), kLater}},
       Answer::ANSWER_YES},
  };
  for (const auto& [name, said, answer] : cases) {
    SCOPED_TRACE(name);
    Records records;
    for (const auto& [claims, times] : said) {
      records.Add("commerce.320500",
                  "JY-" + std::to_string(records.Views().size()), claims,
                  times);
    }
    EXPECT_EQ(Ask("business_open", granted, records), answer);
  }
}

// What an agreement cannot grant is not asked, whoever claims it.
TEST(BusinessOpen, IsAskedOfCommerceAlone) {
  Records records;
  records.Add("labor.341200", "LD-1", Runs(kEnterprise, "OPEN"), kLater);
  records.Add("health.320500", "H-1", Runs(kEnterprise, "OPEN"), kLater);
  EXPECT_EQ(Ask("business_open", Granted("labor"), records),
            Answer::ANSWER_UNSPECIFIED);
  records.Add("commerce.320500", "JY-1", Runs(kEnterprise, "CLOSED"), kEarlier);
  EXPECT_EQ(Ask("business_open", Granted("labor"), records), Answer::ANSWER_NO);
  for (const char* recipient : {"public_security", "health", "education"}) {
    EXPECT_EQ(Ask("business_open", Granted(recipient), records),
              Answer::ANSWER_UNSPECIFIED)
        << recipient;
    EXPECT_FALSE(Granted(recipient).MayAsk(kBusiness, "business_open"));
  }
  EXPECT_TRUE(Granted("labor").MayAsk(kBusiness, "business_open"));
  EXPECT_FALSE(Granted("labor").MayAsk(kBusiness, "employer_insured"));
}

TEST(EmployerInsured, IsWhetherSomebodyWhoWorksThereIs) {
  const Permissions granted = Granted("commerce");
  const struct {
    const char* name;
    std::vector<std::string> said;
    Answer::Answer answer;
  } cases[] = {
      {"nobody", {}, Answer::ANSWER_UNSPECIFIED},
      {"insured",
       {Works(kEnterprise) + Insured("INSURED")},
       Answer::ANSWER_YES},
      {"suspended",
       {Works(kEnterprise) + Insured("SUSPENDED")},
       Answer::ANSWER_NO},
      {"insured by another one",
       {Works(kOther) + Insured("INSURED")},
       Answer::ANSWER_UNSPECIFIED},
      {"nothing known of insurance",
       {Works(kEnterprise)},
       Answer::ANSWER_UNSPECIFIED},
      {"left long ago",
       {Works(kEnterprise, "until { year: 2025 month: 12 day: 31 }") +
        Insured("INSURED")},
       Answer::ANSWER_UNSPECIFIED},
      {"leaves today",
       {Works(kEnterprise, "until { year: 2026 month: 3 day: 10 }") +
        Insured("INSURED")},
       Answer::ANSWER_YES},
      {"one of two",
       {Works(kEnterprise) + Insured("ENDED"),
        Works(kEnterprise) + Insured("INSURED")},
       Answer::ANSWER_YES},
      {"one of two, the other way round",
       {Works(kEnterprise) + Insured("INSURED"),
        Works(kEnterprise) + Insured("ENDED")},
       Answer::ANSWER_YES},
  };
  for (const auto& [name, said, answer] : cases) {
    SCOPED_TRACE(name);
    Records records;
    for (const std::string& claims : said) {
      records.Add("labor.320500",
                  "LD-" + std::to_string(records.Views().size()), claims);
    }
    EXPECT_EQ(Ask("employer_insured", granted, records), answer);
  }
  // Of an employer labor is asked, and nobody else.
  Records others;
  others.Add("commerce.341200", "JY-1",
             Works(kEnterprise) + Insured("INSURED"));
  EXPECT_EQ(Ask("employer_insured", granted, others),
            Answer::ANSWER_UNSPECIFIED);
}

}  // namespace
}  // namespace waystation::domain
