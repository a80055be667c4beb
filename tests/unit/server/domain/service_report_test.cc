// SPDX-License-Identifier: Apache-2.0
#include "server/domain/service_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Request = v1::GetServiceReportRequest;

v1::ServiceTally Tally(std::uint64_t offered, std::uint64_t delivered,
                       std::uint64_t declined) {
  v1::ServiceTally tally;
  tally.set_offered(offered);
  tally.set_delivered(delivered);
  tally.set_declined(declined);
  return tally;
}

void AddCount(v1::ServiceMonth& month, const std::string& service,
              const std::string& division, const v1::ServiceTally& locals,
              const v1::ServiceTally& migrants) {
  v1::ServiceCount& count = *month.add_counts();
  count.set_service(service);
  count.set_division(division);
  *count.mutable_locals() = locals;
  *count.mutable_migrants() = migrants;
}

void AddCards(v1::ServiceMonth& month, const std::string& division,
              std::uint64_t holders) {
  v1::CardCount& cards = *month.add_cards();
  cards.set_division(division);
  cards.set_holders(holders);
}

constexpr Month kOctober{.index = 2026 * 12 + 9};
constexpr Month kNovember{.index = 2026 * 12 + 10};

TEST(CountServices, SumsByWhatIsAsked) {
  v1::ServiceMonth suzhou, nanjing;
  AddCount(suzhou, "training.welding", "320505", Tally(50, 40, 10),
           Tally(30, 20, 10));
  AddCount(suzhou, "training.sewing", "320508", Tally(100, 90, 0),
           Tally(0, 0, 0));
  AddCount(nanjing, "training.welding", "320102", Tally(11, 11, 0),
           Tally(12, 12, 0));
  const CountedMonth months[] = {{"labor.320500", kOctober, &suzhou},
                                 {"labor.320100", kNovember, &nanjing}};
  v1::GetServiceReportResponse report;
  ASSERT_TRUE(CountServices(
      months,
      {.groups = {Request::GROUP_CLASS, Request::GROUP_CITY}, .least = 10},
      report));
  ASSERT_THAT(report.rows(), SizeIs(2));
  EXPECT_THAT(report.rows(0).values(), ElementsAre("training", "3201"));
  EXPECT_THAT(report.rows(1).values(), ElementsAre("training", "3205"));
  EXPECT_EQ(report.rows(1).locals().offered(), 150);
  EXPECT_EQ(report.rows(1).locals().delivered(), 130);
  EXPECT_EQ(report.rows(1).locals().declined(), 10);
  EXPECT_EQ(report.rows(1).migrants().delivered(), 20);
  EXPECT_EQ(report.rows(1).locals().delivered_left_out(), 0);
  report.Clear();
  ASSERT_TRUE(CountServices(
      months, {.groups = {Request::GROUP_MONTH}, .service = "training.welding"},
      report));
  EXPECT_THAT(report.rows(0).values(), ElementsAre("2026-10"));
  EXPECT_EQ(report.rows(0).locals().delivered(), 40);
}

TEST(CountServices, LeavesSmallNumbersAndWhatTellsThemOut) {
  v1::ServiceMonth month;
  AddCount(month, "training.welding", "320505", Tally(50, 45, 5),
           Tally(9, 0, 9));
  const CountedMonth months[] = {{"labor.320500", kOctober, &month}};
  v1::GetServiceReportResponse report;
  ASSERT_TRUE(CountServices(months, {.least = 10}, report));
  const v1::ServiceSums& locals = report.rows(0).locals();
  // 50 and 45 together would tell of the 5.
  EXPECT_EQ(locals.offered(), 0);
  EXPECT_EQ(locals.offered_left_out(), 1);
  EXPECT_EQ(locals.delivered(), 45);
  EXPECT_EQ(locals.declined(), 0);
  EXPECT_EQ(locals.declined_left_out(), 1);
  const v1::ServiceSums& migrants = report.rows(0).migrants();
  EXPECT_EQ(migrants.offered_left_out(), 1);
  // That nobody was served is no person.
  EXPECT_EQ(migrants.delivered_left_out(), 0);
  report.Clear();
  ASSERT_TRUE(CountServices(months, {}, report));
  EXPECT_EQ(report.rows(0).locals().declined(), 5);
  EXPECT_EQ(report.rows(0).locals().offered_left_out(), 0);
}

TEST(CountServices, TellsOfHealthToNobodyElse) {
  v1::ServiceMonth month;
  AddCount(month, "health.contraceptives", "320505", Tally(50, 50, 0),
           Tally(50, 50, 0));
  const CountedMonth months[] = {{"health.320500", kOctober, &month}};
  v1::GetServiceReportResponse report;
  ASSERT_TRUE(
      CountServices(months, {.groups = {Request::GROUP_PROVIDER}}, report));
  EXPECT_THAT(report.rows(), SizeIs(0));
  ASSERT_TRUE(CountServices(months, {.with_health = true}, report));
  EXPECT_THAT(report.rows(), SizeIs(1));
}

TEST(CountServices, TakesTheNewestMonthOfCards) {
  v1::ServiceMonth older, newer, other;
  AddCards(older, "320505", 100);
  AddCards(older, "320508", 50);
  AddCards(newer, "320505", 120);
  AddCards(other, "320505", 7);
  const CountedMonth months[] = {{"health.320500", kNovember, &newer},
                                 {"health.320500", kOctober, &older},
                                 {"civil_affairs.3205", kOctober, &other}};
  v1::GetServiceReportResponse report;
  ASSERT_TRUE(CountServices(
      months, {.groups = {Request::GROUP_CITY}, .least = 10}, report));
  ASSERT_THAT(report.cards(), SizeIs(1));
  EXPECT_EQ(report.cards(0).holders(), 170);
  EXPECT_EQ(report.cards(0).left_out(), 1);
  EXPECT_EQ(report.cards(0).oldest_month(), "2026-10");
  EXPECT_EQ(report.cards(0).newest_month(), "2026-11");
}

// Whatever is asked, a small number could be any other small number: no answer
// depends on which it is. So no way of asking tells it, nor any arithmetic.
RC_GTEST_PROP(CountServices, NoAnswerDependsOnASmallNumber, ()) {
  const std::vector<std::string> services = {"training.a", "business.b"};
  const std::vector<std::string> counties = {"320505", "320508", "320102"};
  const auto number = [] {
    return *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 12),
                           rc::gen::inRange<std::uint64_t>(10, 200));
  };
  const auto small = [] { return *rc::gen::inRange<std::uint64_t>(1, 10); };
  // The same but for small numbers, and for offers beside them.
  const auto like = [&](const v1::ServiceTally& tally) {
    const auto is_small = [](std::uint64_t n) { return n > 0 && n < 10; };
    v1::ServiceTally other = tally;
    if (is_small(tally.delivered())) other.set_delivered(small());
    if (is_small(tally.declined())) other.set_declined(small());
    if (is_small(tally.offered())) {
      other.set_offered(small());
    } else if (tally.offered() > 0 &&
               (is_small(tally.delivered()) || is_small(tally.declined()))) {
      other.set_offered(1 + number());
    }
    return other;
  };
  std::vector<v1::ServiceMonth> first(4), second(4);
  std::vector<CountedMonth> a, b;
  for (int i = 0; i < 4; ++i) {
    const auto n = static_cast<std::size_t>(i);
    for (const std::string& service : services) {
      for (const std::string& county : counties) {
        const auto locals = Tally(number(), number(), number());
        const auto migrants = Tally(number(), number(), number());
        AddCount(first[n], service, county, locals, migrants);
        AddCount(second[n], service, county, like(locals), like(migrants));
      }
    }
    const char* const provider = i % 2 == 0 ? "labor.3205" : "commerce.3205";
    const Month month{.index = kOctober.index + i / 2};
    a.push_back({provider, month, &first[n]});
    b.push_back({provider, month, &second[n]});
  }
  ServiceReportTerms terms{.least = 10};
  for (int group = 1; group <= 7; ++group) {
    if (*rc::gen::arbitrary<bool>()) {
      terms.groups.push_back(static_cast<Request::Group>(group));
    }
  }
  v1::GetServiceReportResponse of_a, of_b;
  RC_ASSERT(CountServices(a, terms, of_a));
  RC_ASSERT(CountServices(b, terms, of_b));
  RC_ASSERT(of_a.SerializeAsString() == of_b.SerializeAsString());
}

TEST(ServiceConventions, SayAllInBothLanguages) {
  for (const v1::NoticeConvention& convention : ServiceConventions()) {
    EXPECT_FALSE(convention.chinese().empty()) << convention.figure();
    EXPECT_FALSE(convention.english().empty()) << convention.figure();
  }
}

}  // namespace
}  // namespace waystation::domain
