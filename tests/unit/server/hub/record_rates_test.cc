// SPDX-License-Identifier: Apache-2.0
// How complete and sound records are, and who knows of people that moved,
// through the hub: what is counted for whom, and what is left out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Request = v1::GetRecordRatesRequest;
using Response = v1::GetRecordRatesResponse;

std::string NumberOf(int i) { return DemoNumber("341202", "19900307", i); }

class RecordRates : public testing::Test {
 protected:
  // A person of Fuyang who lives in Suzhou, as `agency` has them.
  void SubmitMoved(std::string_view agency, int i) {
    test_.Submit(agency,
                 Say(absl::StrCat("M", i), 1)
                     .Core(NumberOf(i), absl::StrCat("王", "芳", i), 1990, 3, 7)
                     .Sex(i % 2 == 0 ? v1::SEX_FEMALE : v1::SEX_MALE)
                     .Registered("341202")
                     .Lives("320508"));
  }

  Response Count(const Caller& caller, std::vector<Request::Group> groups = {},
                 bool with_sides = false) {
    const auto counted =
        test_.hub().GetRecordRates(caller, Asked(groups, with_sides));
    EXPECT_TRUE(counted.ok()) << counted.status();
    return counted.ok() ? *counted : Response();
  }
  std::string Refusal(const Caller& caller,
                      const std::vector<Request::Group>& groups,
                      bool with_sides) {
    const auto counted =
        test_.hub().GetRecordRates(caller, Asked(groups, with_sides));
    EXPECT_FALSE(counted.ok());
    const auto violations = errors::ViolationsOf(counted.status());
    return ReasonOf(counted.status()) +
           (violations.empty() ? "" : " " + violations[0].field);
  }
  static std::vector<std::string> Rows(const Response& response) {
    std::vector<std::string> rows;
    for (const v1::RecordRatesRow& row : response.rows()) {
      rows.push_back(
          absl::StrJoin(row.values(), " ") + ": " +
          (row.suppressed() ? "-" : std::to_string(row.counts().records())));
    }
    return rows;
  }
  static Request Asked(const std::vector<Request::Group>& groups,
                       bool with_sides) {
    Request request;
    for (const Request::Group group : groups) request.add_groups(group);
    request.set_with_sides(with_sides);
    return request;
  }

  TestHub test_;
};

TEST_F(RecordRates, CountWhatEachRecordClaims) {
  // Whole; without a sex; with a number whose check character is wrong; and one
  // that says nothing but a name.
  SubmitMoved(kPoliceSuzhou, 1);
  test_.Submit(kPoliceSuzhou,
               Say("B", 1).Core(NumberOf(2), "李明", 1990, 3, 7));
  std::string wrong = NumberOf(3);
  wrong.back() = wrong.back() == '1' ? '2' : '1';
  test_.Submit(kPoliceSuzhou,
               Say("C", 1).Core(wrong, "赵强", 1990, 3, 7).Sex(v1::SEX_MALE));
  test_.Submit(kPoliceSuzhou, Say("D", 1).Name("钱静"));
  // Neither another agency's nor one that was taken back.
  test_.Submit(kLaborSuzhou, Say("E", 1).Core(NumberOf(2), "李明", 1990, 3, 7));
  test_.Submit(kPoliceSuzhou, Say("F", 1).Name("孙丽"));
  test_.Submit(
      kPoliceSuzhou,
      Say("F", 2).Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR));

  const Response report = Count(AgencyCaller(kPoliceSuzhou));
  EXPECT_EQ(report.extent(), Response::EXTENT_OWN);
  EXPECT_EQ(report.least_shown(), 0U);
  EXPECT_THAT(report.rows(), IsEmpty());
  EXPECT_THAT(report.conventions(), SizeIs(7));
  const v1::RecordCounts& counts = report.total().counts();
  EXPECT_EQ(counts.records(), 4U);
  EXPECT_EQ(counts.with_core(), 2U);
  EXPECT_EQ(counts.with_number(), 3U);
  EXPECT_EQ(counts.with_sound_number(), 2U);
  // 6 of the first, 3 and 4 of the others, one of the last.
  EXPECT_EQ(counts.claims(), 14U);
  EXPECT_LT(counts.sound_claims(), counts.claims());
  EXPECT_EQ(counts.fresh(), 4U);
  EXPECT_EQ(report.total().number().numerator(), 2U);
  EXPECT_EQ(report.total().number().denominator(), 4U);
  EXPECT_DOUBLE_EQ(report.total().number().value(), 0.5);
  // Nobody asked for it.
  EXPECT_EQ(counts.moved(), 0U);
  EXPECT_FALSE(report.total().joint_registration().has_value());

  std::vector<std::string> held;
  for (const v1::AttributeRates& rates : report.total().attributes()) {
    held.push_back(absl::StrCat(rates.attribute(), " ", rates.held()));
  }
  EXPECT_THAT(held,
              ElementsAre("identifiers 3", "name 4", "sex 2", "birth_date 3",
                          "household_registration 1", "residence 1"));

  test_.Advance(absl::Hours(24 * 366));
  EXPECT_EQ(Count(AgencyCaller(kPoliceSuzhou)).total().counts().fresh(), 0U);
}

TEST_F(RecordRates, CountWhoseOtherSideKnowsThemToo) {
  for (int i = 1; i <= 30; ++i) SubmitMoved(kPoliceSuzhou, i);
  for (int i = 1; i <= 12; ++i) SubmitMoved(kPoliceFuyang, i);
  // Both police; no labor agency is the other side of a record of the police.
  for (int i = 13; i <= 30; ++i) SubmitMoved(kLaborFuyang, i);
  // Registered where they live: nobody moved.
  for (int i = 41; i <= 50; ++i) {
    test_.Submit(kPoliceSuzhou, Say(absl::StrCat("H", i), 1)
                                    .Core(NumberOf(i), "周杰", 1990, 3, 7)
                                    .Registered("320508101")
                                    .Lives("320508102"));
  }
  // Moved from where nobody of the sector is here.
  for (int i = 51; i <= 60; ++i) {
    test_.Submit(kPoliceSuzhou, Say(absl::StrCat("H", i), 1)
                                    .Core(NumberOf(i), "吴敏", 1990, 3, 7)
                                    .Registered("410105")
                                    .Lives("320508"));
  }

  const Response report =
      Count(OfficeCaller(), {Request::GROUP_SECTOR, Request::GROUP_CITY}, true);
  EXPECT_EQ(report.extent(), Response::EXTENT_ALL);
  EXPECT_EQ(report.least_shown(), NoticeTerms().least_shown);
  EXPECT_THAT(Rows(report),
              ElementsAre("labor 3412: 18", "public_security 3205: 50",
                          "public_security 3412: 12"));
  const v1::RecordRatesRow& suzhou = report.rows(1);
  EXPECT_EQ(suzhou.counts().moved(), 40U);
  EXPECT_EQ(suzhou.joint_registration().denominator(), 30U);
  EXPECT_EQ(suzhou.joint_registration().numerator(), 12U);
  const v1::RecordRatesRow& fuyang = report.rows(2);
  EXPECT_EQ(fuyang.joint_registration().denominator(), 12U);
  EXPECT_EQ(fuyang.joint_registration().numerator(), 12U);
  // Labor in Suzhou is an agency, and has nobody.
  EXPECT_EQ(report.rows(0).joint_registration().denominator(), 18U);
  EXPECT_EQ(report.rows(0).joint_registration().numerator(), 0U);
  EXPECT_EQ(report.total().counts().records(), 80U);

  // Taken back on one side, known on one side.
  test_.Submit(
      kPoliceFuyang,
      Say("M1", 2).Retract(v1::RecordRetraction::REASON_ENTERED_IN_ERROR));
  EXPECT_EQ(
      Count(OfficeCaller(), {}, true).total().joint_registration().numerator(),
      22U);
}

TEST_F(RecordRates, LeaveOutRowsOfFew) {
  for (int i = 1; i <= 12; ++i) SubmitMoved(kPoliceSuzhou, i);
  for (int i = 1; i <= 3; ++i) SubmitMoved(kLaborSuzhou, i);
  for (int i = 1; i <= 30; ++i) SubmitMoved(kHealthSuzhou, i);
  EXPECT_THAT(Rows(Count(OperatorCaller(), {Request::GROUP_AGENCY})),
              ElementsAre("health.320500: 30", "labor.320500: -",
                          "public_security.320500: -"));
  EXPECT_THAT(Rows(Count(AgencyCaller(kLaborSuzhou), {Request::GROUP_AGENCY})),
              ElementsAre("labor.320500: 3"));
}

TEST_F(RecordRates, AreInTheLogAndRefuseWhatWouldTellOfAPerson) {
  SubmitMoved(kPoliceSuzhou, 1);
  Count(AuditorCaller(), {Request::GROUP_COUNTY, Request::GROUP_SECTOR}, true);
  const auto acts = ActsOf(test_, "RegistryService.GetRecordRates");
  ASSERT_THAT(acts, SizeIs(1));
  EXPECT_EQ(acts[0].object(), "records,sides by county,sector");
  EXPECT_EQ(acts[0].actor(), AuditorCaller().path);

  // The count would move with each record of one's own.
  EXPECT_EQ(Refusal(AgencyCaller(kPoliceSuzhou), {}, true),
            "INVALID_REQUEST with_sides");
  EXPECT_EQ(Refusal(ClerkOf(kPoliceSuzhou, "li"), {}, true),
            "INVALID_REQUEST with_sides");
  EXPECT_EQ(Refusal(OfficeCaller(),
                    {Request::GROUP_SECTOR, Request::GROUP_SECTOR}, false),
            "INVALID_REQUEST groups");
  EXPECT_EQ(Refusal(OfficeCaller(), {Request::GROUP_UNSPECIFIED}, false),
            "INVALID_REQUEST groups");
  EXPECT_THAT(ActsOf(test_, "RegistryService.GetRecordRates"), SizeIs(1));
}

TEST_F(RecordRates, NothingIsCountedOfNothing) {
  const Response report = Count(OfficeCaller(), {Request::GROUP_AGENCY}, true);
  EXPECT_THAT(report.rows(), IsEmpty());
  EXPECT_EQ(report.total().counts().records(), 0U);
  EXPECT_FALSE(report.total().core().has_value());
}

}  // namespace
}  // namespace waystation::hub
