// SPDX-License-Identifier: Apache-2.0
// Who asks for more than its agreement allows is refused, in a way that tells
// nothing else, and for no longer than it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using testing::SizeIs;

constexpr auto kPurpose = v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER;
const std::string kSpent = "BUDGET_SPENT";

class BudgetsTest : public testing::Test {
 protected:
  BudgetsTest() {
    for (int i = 0; i < 6; ++i) {
      const std::string number = DemoNumber("341202", "19900307", i + 1);
      const std::string key = "K" + std::to_string(i);
      test_.Submit(kLaborSuzhou, Say(key, 1).Core(number, "王芳", 1990, 3, 7));
      test_.Submit(
          kLaborFuyang,
          Say(key, 1).Core(number, "王芳", 1990, 3, 7).Works("阜阳电子厂"));
    }
  }

  // Puts the next version of labor's agreement in force.
  void Allow(const v1::Budget& budget) {
    const auto listed = test_.hub().ListAgreements(OperatorCaller(), {});
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::AgreementStatus& status : listed->agreements()) {
      if (status.agreement().recipient_sector() != "labor") continue;
      v1::Agreement agreement = status.agreement();
      agreement.set_version(agreement.version() + 1);
      *agreement.mutable_budget() = budget;
      ASSERT_EQ(test_.Apply(agreement), absl::OkStatus());
    }
  }
  void AllowCalls(int calls) {
    v1::Budget budget;
    budget.set_calls_per_minute(calls);
    Allow(budget);
  }
  void AllowPersons(int persons) {
    v1::Budget budget;
    budget.set_persons_per_day(persons);
    Allow(budget);
  }

  // The reason for which it is refused; empty if it is answered.
  std::string Get(const std::string& key,
                  std::string_view agency = kLaborSuzhou) {
    last_ = test_.GetPerson(agency, key, kPurpose).status();
    return errors::ReasonOf(last_);
  }

  TestHub test_;
  absl::Status last_;
};

TEST_F(BudgetsTest, CallsComeBackWithTheNextMinute) {
  AllowCalls(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get("K0"), "");
  EXPECT_EQ(Get("K0"), kSpent);
  EXPECT_GT(errors::RetryAfter(last_), absl::ZeroDuration());
  EXPECT_LE(errors::RetryAfter(last_), absl::Minutes(1));
  // A record that is not there is answered alike.
  EXPECT_EQ(Get("nobody"), kSpent);
  // Others have budgets of their own.
  EXPECT_EQ(Get("K0", kLaborFuyang), "");
  v1::MatchClaimRequest match;
  match.set_record_key("K0");
  match.set_purpose(kPurpose);
  match.set_attribute("name");
  match.mutable_offered()->mutable_name()->set_full("王芳");
  EXPECT_EQ(errors::ReasonOf(Await<v1::MatchClaimResponse>([&](auto done) {
                               test_.hub().MatchClaim(
                                   AgencyCaller(kLaborSuzhou), match,
                                   std::move(done));
                             }).status()),
            kSpent);
  EXPECT_EQ(errors::ReasonOf([&] {
              v1::PullRequest pull;
              pull.set_purpose(kPurpose);
              return Await<v1::PullResponse>([&](auto done) {
                       test_.hub().Pull(AgencyCaller(kLaborSuzhou), pull,
                                        std::move(done));
                     })
                  .status();
            }()),
            kSpent);
  v1::AskAboutBusinessRequest ask;
  ask.set_number("91350100M000100Y43");
  ask.set_predicate("business_open");
  ask.set_purpose(kPurpose);
  EXPECT_EQ(
      errors::ReasonOf(Await<v1::AskAboutBusinessResponse>([&](auto done) {
                         test_.hub().AskAboutBusiness(
                             AgencyCaller(kLaborSuzhou), ask, std::move(done));
                       }).status()),
      kSpent);
  EXPECT_EQ(Get("K0"), kSpent);
  test_.Advance(errors::RetryAfter(last_));
  EXPECT_EQ(Get("K0"), "");
}

TEST_F(BudgetsTest, PersonsComeBackWithTheNextDay) {
  AllowPersons(2);
  EXPECT_EQ(Get("K0"), "");
  EXPECT_EQ(Get("K1"), "");
  EXPECT_EQ(Get("K0"), "") << "again is no other person";
  EXPECT_EQ(Get("K2"), kSpent);
  EXPECT_EQ(Get("nobody"), kSpent) << "or it would tell who is there";
  EXPECT_EQ(Get("K1"), "");
  EXPECT_EQ(Get("K2"), kSpent);
  EXPECT_GT(errors::RetryAfter(last_), absl::ZeroDuration());
  EXPECT_LE(errors::RetryAfter(last_), absl::Hours(24));
  test_.Advance(errors::RetryAfter(last_));
  EXPECT_EQ(Get("K2"), "");
  EXPECT_EQ(Get("K3"), "");
  EXPECT_EQ(Get("K0"), kSpent);
}

TEST_F(BudgetsTest, ARestartForgetsNobody) {
  AllowPersons(2);
  EXPECT_EQ(Get("K0"), "");
  EXPECT_EQ(Get("K1"), "");
  test_.Restart();
  EXPECT_EQ(Get("K2"), kSpent);
  EXPECT_EQ(Get("K0"), "");
  test_.Advance(absl::Hours(24));
  test_.Restart();
  EXPECT_EQ(Get("K2"), "");
}

TEST_F(BudgetsTest, ARefusalWhereAPersonWasFoundHasALeafOfItsOwn) {
  AllowPersons(1);
  EXPECT_EQ(Get("K0"), "");
  const auto refused = [&] {
    std::vector<v1::AuditEvent> found;
    for (const v1::LoggedEvent& logged : test_.Events()) {
      if (logged.event().reason() == kSpent) found.push_back(logged.event());
    }
    return found;
  };
  EXPECT_EQ(Get("K1"), kSpent);
  ASSERT_THAT(refused(), SizeIs(1));
  EXPECT_EQ(refused()[0].kind(), v1::AuditEvent::KIND_REFUSED);
  EXPECT_EQ(refused()[0].agency(), kLaborSuzhou);
  EXPECT_FALSE(refused()[0].details_root().empty());
  EXPECT_EQ(Get("nobody"), kSpent);
  EXPECT_THAT(refused(), SizeIs(1)) << "counted with others of the minute";
}

TEST_F(BudgetsTest, APageEndsWithTheBudget) {
  AllowPersons(4);
  const auto first = test_.Pull(kLaborSuzhou);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->entries(), testing::Not(testing::IsEmpty()));
  EXPECT_LE(first->entries_size(), 4);
  EXPECT_FALSE(first->at_end());
  // To the last person, and no further.
  int told = first->entries_size();
  std::string token = first->last_token();
  for (;;) {
    const auto page = test_.Pull(kLaborSuzhou, token);
    if (!page.ok()) {
      EXPECT_EQ(errors::ReasonOf(page.status()), kSpent);
      break;
    }
    ASSERT_FALSE(page->entries().empty()) << "nobody was refused";
    told += page->entries_size();
    token = page->last_token();
  }
  EXPECT_EQ(told, 4);
  EXPECT_EQ(test_.hub().GetStatistics().refusals, 1U) << "counted as others";
  test_.Advance(absl::Hours(24));
  const auto rest = test_.Pull(kLaborSuzhou, token);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->entries_size(), 2);
}

TEST_F(BudgetsTest, PagesAreAsLongAsTheAgreementSays) {
  v1::Budget budget;
  budget.set_page_size(2);
  Allow(budget);
  const auto page = test_.Pull(kLaborSuzhou, "", 100);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LE(page->entries_size(), 2);
  EXPECT_FALSE(page->at_end());
}

}  // namespace
}  // namespace waystation::hub
