// SPDX-License-Identifier: Apache-2.0
// Questions about a business by its number, through a real hub.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Answer = v1::PredicateAnswer;

constexpr std::string_view kEnterprise = "91350100M000100Y43";
const std::string kNumber = DemoNumber("341202", "19790520", 41);

absl::StatusOr<v1::AskAboutBusinessResponse> Ask(
    TestHub& test, std::string_view agency,
    std::string_view number = kEnterprise,
    const std::string& predicate = "business_open") {
  v1::AskAboutBusinessRequest request;
  request.set_number(std::string(number));
  request.set_predicate(predicate);
  request.set_purpose(PurposeOf(agency));
  return Await<v1::AskAboutBusinessResponse>([&](auto done) {
    test.hub().AskAboutBusiness(AgencyCaller(agency), request, std::move(done));
  });
}

Answer::Answer Answered(TestHub& test, std::string_view agency,
                        std::string_view number = kEnterprise) {
  const auto response = Ask(test, agency, number);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->answer() : Answer::ANSWER_UNSPECIFIED;
}

Say Operator(uint64_t revision) {
  return Say("JY-1", revision).Core(kNumber, "季松岩", 1979, 5, 20);
}

TEST(Business, IsOpenUntilItCloses) {
  TestHub test;
  EXPECT_EQ(Answered(test, kLaborSuzhou), Answer::ANSWER_UNSPECIFIED);
  test.Submit(kCommerceSuzhou,
              Operator(1).Runs(kEnterprise, v1::Business::STATE_OPEN));
  EXPECT_EQ(Answered(test, kLaborSuzhou), Answer::ANSWER_YES);
  EXPECT_EQ(Answered(test, kLaborSuzhou, " 91350100m000100y43"),
            Answer::ANSWER_YES);
  EXPECT_EQ(Answered(test, kLaborSuzhou, "91110000600037341L"),
            Answer::ANSWER_UNSPECIFIED);
  test.Submit(kCommerceSuzhou,
              Say("JY-1", 2).Runs(kEnterprise, v1::Business::STATE_CLOSED));
  EXPECT_EQ(Answered(test, kLaborSuzhou), Answer::ANSWER_NO);
  test.Restart();
  EXPECT_EQ(Answered(test, kLaborSuzhou), Answer::ANSWER_NO);
  test.Submit(kCommerceSuzhou, Say("JY-1", 3).TakeBack("business"));
  EXPECT_EQ(Answered(test, kLaborSuzhou), Answer::ANSWER_UNSPECIFIED);
}

// The index holds who names what number, not who did once.
TEST(Business, IndexFollowsTheRecord) {
  TestHub test;
  const auto rows = [&] {
    const std::vector<Say> nothing;
    size_t held = 0;
    for (const std::string_view number :
         {kEnterprise, std::string_view("91110000600037341L")}) {
      held += Answered(test, kLaborSuzhou, number) == Answer::ANSWER_YES;
    }
    return held;
  };
  test.Submit(kCommerceSuzhou,
              Operator(1)
                  .Runs(kEnterprise, v1::Business::STATE_OPEN)
                  .Runs("91110000600037341L", v1::Business::STATE_OPEN));
  EXPECT_EQ(rows(), 2u);
  test.Submit(kCommerceSuzhou, Say("JY-1", 2).Runs("91110000600037341L",
                                                   v1::Business::STATE_OPEN));
  EXPECT_EQ(rows(), 1u);
  test.Submit(
      kCommerceSuzhou,
      Say("JY-1", 3).Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR));
  EXPECT_EQ(rows(), 0u);
  EXPECT_THAT(test.hub().CheckStore()->findings(), IsEmpty());
}

// Two records that name one business are not linked by it.
TEST(Business, LinksNobody) {
  TestHub test;
  test.Submit(kCommerceSuzhou,
              Say("JY-1", 1)
                  .Name("季松岩")
                  .Born(1979, 5, 20)
                  .Runs(kEnterprise, v1::Business::STATE_OPEN));
  test.Submit(kCommerceSuzhou,
              Say("JY-2", 1)
                  .Name("闻人澈")
                  .Born(1983, 2, 14)
                  .Runs(kEnterprise, v1::Business::STATE_OPEN));
  test.Submit(kLaborSuzhou, Say("LD-1", 1)
                                .Name("万俟云舟")
                                .Born(1991, 11, 3)
                                .Works("苏州恒润", kEnterprise));
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 3u);
}

TEST(Business, IsNobodysInAView) {
  TestHub test;
  test.Submit(kCommerceSuzhou,
              Operator(1).Runs(kEnterprise, v1::Business::STATE_OPEN));
  test.Submit(kLaborSuzhou,
              Say("LD-1", 1).Core(kNumber, "季松岩", 1979, 5, 20));
  const auto view = test.GetPerson(kLaborSuzhou, "LD-1",
                                   v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_THAT(view->view().predicates(), IsEmpty());
  EXPECT_FALSE(view->view().person().business_size() > 0);
  EXPECT_THAT(test.Pull(kLaborSuzhou)->entries(), IsEmpty())
      << "a predicate brings nothing to a mailbox";
}

// Who may not ask learns nothing, whether there is such a business or not.
TEST(Business, RefusalsAreAlike) {
  TestHub test;
  test.Submit(kCommerceSuzhou,
              Operator(1).Runs(kEnterprise, v1::Business::STATE_OPEN));
  for (const std::string_view agency :
       {kPoliceSuzhou, kHealthSuzhou, kCommerceSuzhou}) {
    const auto known = Ask(test, agency);
    const auto unknown = Ask(test, agency, "91110000600037341L");
    EXPECT_EQ(ReasonOf(known.status()), "NOT_AVAILABLE") << agency;
    EXPECT_EQ(known.status(), unknown.status());
  }
  // Not in the default set.
  EXPECT_EQ(
      ReasonOf(
          Ask(test, kCommerceSuzhou, kEnterprise, "employer_insured").status()),
      "NOT_AVAILABLE");
}

TEST(Business, SaysWhatIsWrongWithAQuestion) {
  TestHub test;
  EXPECT_EQ(ReasonOf(Ask(test, kLaborSuzhou, "91350100M000100Y44").status()),
            "INVALID_REQUEST");
  EXPECT_EQ(
      ReasonOf(Ask(test, kLaborSuzhou, kEnterprise, "permit_valid").status()),
      "INVALID_REQUEST")
      << "a question about a person";
  v1::AskAboutBusinessRequest request;
  request.set_number(std::string(kEnterprise));
  request.set_predicate("business_open");
  const auto without_purpose =
      Await<v1::AskAboutBusinessResponse>([&](auto done) {
        test.hub().AskAboutBusiness(AgencyCaller(kLaborSuzhou), request,
                                    std::move(done));
      });
  EXPECT_EQ(ReasonOf(without_purpose.status()), "PURPOSE_MISSING");
  const auto auditor = Await<v1::AskAboutBusinessResponse>([&](auto done) {
    test.hub().AskAboutBusiness(AuditorCaller(), request, std::move(done));
  });
  EXPECT_EQ(ReasonOf(auditor.status()), "WRONG_ROLE");
}

TEST(Business, EachAnswerIsInTheLog) {
  TestHub test;
  Answered(test, kLaborSuzhou);
  const auto events = test.Events();
  const v1::AuditEvent& event = events.back().event();
  EXPECT_EQ(event.kind(), v1::AuditEvent::KIND_READ);
  EXPECT_EQ(event.act(), "RegistryService.AskAboutBusiness");
  EXPECT_EQ(event.object(), "business_open");
  EXPECT_EQ(event.agency(), kLaborSuzhou);
  EXPECT_EQ(event.purpose(), v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  EXPECT_THAT(event.attributes(), ElementsAre("business"));
  EXPECT_THAT(event.ShortDebugString(),
              Not(HasSubstr(std::string(kEnterprise))))
      << "a sole proprietor's number is a person's";
}

TEST(Business, NumbersStandNowhereInClear) {
  TestHub test;
  test.Submit(kCommerceSuzhou,
              Operator(1).Runs(kEnterprise, v1::Business::STATE_OPEN));
  Answered(test, kLaborSuzhou);
  test.Stop();
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(test.folder())) {
    if (!file.is_regular_file()) continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(bytes.find(kEnterprise), bytes.npos) << file.path();
  }
}

// With an agreement of its own commerce may ask whether an employer insures.
TEST(Business, EmployerInsured) {
  TestHub test;
  v1::Agreement agreement;
  agreement.set_id("commerce-employers");
  agreement.set_version(1);
  agreement.set_recipient_sector("commerce");
  agreement.set_purpose(v1::PURPOSE_BUSINESS_SERVICE);
  agreement.mutable_legal_basis()->set_statute("社会保险法");
  agreement.mutable_legal_basis()->set_article("art. 57");
  agreement.set_impact_assessment("TEST-PIA-2");
  agreement.set_scope(v1::SCOPE_OWN_RECORDS);
  for (v1::Date* day :
       {agreement.mutable_valid_from(), agreement.mutable_valid_until()}) {
    day->set_year(2024);
    day->set_month(1);
    day->set_day(1);
  }
  agreement.mutable_valid_until()->set_year(2034);
  agreement.set_retention_days(365);
  v1::Grant& grant = *agreement.add_grants();
  grant.set_source_sector("labor");
  grant.set_attribute("social_insurance");
  grant.set_form(v1::FORM_PREDICATE);
  grant.set_predicate("employer_insured");
  ASSERT_EQ(test.Apply(agreement), absl::OkStatus());

  const auto ask = [&] {
    return Ask(test, kCommerceSuzhou, kEnterprise, "employer_insured")
        ->answer();
  };
  EXPECT_EQ(ask(), Answer::ANSWER_UNSPECIFIED);
  // More workers than are asked at once, the last of whom is insured.
  std::vector<Say> workers;
  for (int i = 0; i < 60; ++i) {
    workers.push_back(Say("LD-" + std::to_string(100 + i), 1)
                          .Works("苏州恒润", kEnterprise)
                          .Insured(i == 59 ? v1::SocialInsurance::STATE_INSURED
                                           : v1::SocialInsurance::STATE_ENDED));
  }
  ASSERT_TRUE(test.Submit(kLaborSuzhou, workers).ok());
  EXPECT_EQ(ask(), Answer::ANSWER_YES);
  test.Submit(kLaborSuzhou, Say("LD-159", 2).TakeBack("employment"));
  EXPECT_EQ(ask(), Answer::ANSWER_NO);
  // Of those who are asked last nothing is known: what others said stands.
  std::vector<Say> silent;
  for (int i = 50; i < 59; ++i) {
    silent.push_back(
        Say("LD-" + std::to_string(100 + i), 2).TakeBack("social_insurance"));
  }
  ASSERT_TRUE(test.Submit(kLaborSuzhou, silent).ok());
  EXPECT_EQ(ask(), Answer::ANSWER_NO);
}

}  // namespace
}  // namespace waystation::hub
