// SPDX-License-Identifier: Apache-2.0
// How notices went, through the hub: what is counted for whom, by what, as of
// when, and what is left out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using v1::Notice;
using Request = v1::GetNoticeRatesRequest;
using Response = v1::GetNoticeRatesResponse;
using Step = v1::StepNoticeRequest;

constexpr std::string_view kPoliceHefei = "public_security.340100";
const std::string kNumber = DemoNumber("341202", "19900307", 41);

// 15 calendar days to answer a residence notice, 30 to accept a service.
NoticeTerms Terms() {
  NoticeTerms terms;
  const auto add = [&](const char* kind, config::v1::DeadlineAct act,
                       int count) {
    config::v1::DeadlineProfile& profile = *terms.deadlines.add_profiles();
    profile.add_kinds(kind);
    profile.set_act(act);
    profile.mutable_deadline()->set_unit(
        config::v1::DEADLINE_UNIT_CALENDAR_DAY);
    profile.mutable_deadline()->set_count(count);
  };
  add("residence_notice", config::v1::DEADLINE_ACT_ANSWER, 15);
  add("service_notice", config::v1::DEADLINE_ACT_ACCEPT, 30);
  return terms;
}

// China Standard Time.
absl::Time At(int year, int month, int day, int hour = 9, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(year, month, day, hour, minute),
                         absl::FixedTimeZone(8 * 3600));
}

class Rates : public testing::Test {
 protected:
  Rates() : test_({.notice_terms = Terms()}) {
    v1::Agency hefei;
    hefei.set_id(std::string(kPoliceHefei));
    hefei.set_sector("public_security");
    hefei.set_jurisdiction("3401");
    EXPECT_EQ(test_.Put(hefei), absl::OkStatus());
    v1::Agreement agreement = DefaultAgreement("public_security");
    agreement.set_id("notices");
    agreement.set_scope(v1::SCOPE_OPEN_NOTICE);
    agreement.clear_grants();
    v1::Grant& grant = *agreement.add_grants();
    grant.set_source_sector("public_security");
    grant.set_attribute("name");
    grant.set_form(v1::FORM_VALUE);
    EXPECT_EQ(test_.Apply(agreement), absl::OkStatus());
    test_.SetTime(At(2026, 12, 1));
    for (const std::string_view agency : {kPoliceSuzhou, kPoliceFuyang}) {
      test_.Submit(agency, Say("S", 1).Core(kNumber, "王芳", 1990, 3, 7));
    }
  }

  // One sent at `time`, which the clock stands at then.
  std::string Send(absl::Time time, std::string_view to = kPoliceFuyang,
                   Notice::Kind kind = Notice::KIND_RESIDENCE,
                   std::string_view from = kPoliceSuzhou) {
    test_.SetTime(time);
    v1::SendNoticeRequest request;
    request.set_kind(kind);
    request.set_purpose(v1::PURPOSE_RESIDENCE_REGISTRATION);
    request.set_record_key("S");
    request.set_agency(std::string(to));
    request.add_attributes("name");
    const auto sent = Await<v1::SendNoticeResponse>([&](auto done) {
      test_.hub().SendNotice(AgencyCaller(from), request, std::move(done));
    });
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.ok() ? sent->notice().id() : std::string();
  }

  void Take(absl::Time time, std::string_view agency, const std::string& id,
            Step step) {
    test_.SetTime(time);
    v1::GetNoticeRequest get;
    get.set_id(id);
    const auto seen = Await<v1::GetNoticeResponse>([&](auto done) {
      test_.hub().GetNotice(AgencyCaller(agency), get, std::move(done));
    });
    ASSERT_TRUE(seen.ok()) << seen.status();
    step.set_id(id);
    step.set_etag(seen->etag());
    const auto taken = Await<v1::StepNoticeResponse>([&](auto done) {
      test_.hub().StepNotice(AgencyCaller(agency), step, std::move(done));
    });
    ASSERT_TRUE(taken.ok()) << taken.status();
  }
  void Answer(absl::Time time, std::string_view agency, const std::string& id) {
    Step step;
    step.mutable_answer()->mutable_answer()->set_result(Notice::RESULT_FOUND);
    Take(time, agency, id, step);
  }

  static Request Period(int from_year, int from_month, int from_day,
                        int to_year, int to_month, int to_day,
                        std::vector<Request::Group> groups = {}) {
    Request request;
    const auto set = [](int year, int month, int day, v1::Date& date) {
      date.set_year(year);
      date.set_month(month);
      date.set_day(day);
    };
    set(from_year, from_month, from_day, *request.mutable_from());
    set(to_year, to_month, to_day, *request.mutable_to());
    for (const Request::Group group : groups) request.add_groups(group);
    return request;
  }
  static Request December(std::vector<Request::Group> groups = {}) {
    return Period(2026, 12, 1, 2026, 12, 31, std::move(groups));
  }
  Response Count(const Caller& caller, const Request& request) {
    const auto counted = test_.hub().GetNoticeRates(caller, request);
    EXPECT_TRUE(counted.ok()) << counted.status();
    return counted.ok() ? *counted : Response();
  }
  std::string Refusal(const Caller& caller, const Request& request) {
    const auto counted = test_.hub().GetNoticeRates(caller, request);
    EXPECT_FALSE(counted.ok());
    const auto violations = errors::ViolationsOf(counted.status());
    return ReasonOf(counted.status()) +
           (violations.empty() ? "" : " " + violations[0].field);
  }
  // "value value: sent", or "value: -" where it is left out.
  static std::vector<std::string> Sent(const Response& response) {
    std::vector<std::string> rows;
    for (const v1::NoticeRatesRow& row : response.rows()) {
      rows.push_back(
          absl::StrJoin(row.values(), " ") + ": " +
          (row.suppressed() ? "-" : std::to_string(row.counts().sent())));
    }
    return rows;
  }

  TestHub test_;
};

TEST_F(Rates, CountWhatBecameOfEach) {
  const std::string in_time = Send(At(2026, 12, 1));
  const std::string late = Send(At(2026, 12, 1, 10));
  const std::string back = Send(At(2026, 12, 2));
  const std::string passed = Send(At(2026, 12, 3));
  Send(At(2026, 12, 4));  // nobody looks at it
  const std::string service =
      Send(At(2026, 12, 5), kPoliceFuyang, Notice::KIND_SERVICE);
  Step close;
  close.mutable_close()->set_reason("sent twice");
  Take(At(2026, 12, 6), kPoliceSuzhou, back, close);
  Step pass;
  pass.mutable_reroute()->set_agency(std::string(kPoliceHefei));
  pass.mutable_reroute()->set_reason("moved within the province");
  Take(At(2026, 12, 7), kPoliceFuyang, passed, pass);
  Step accept;
  accept.mutable_accept();
  Take(At(2026, 12, 8), kPoliceFuyang, service, accept);
  // The last minute of its last day, and the first behind it.
  Answer(At(2026, 12, 16, 23, 59), kPoliceFuyang, in_time);
  Answer(At(2026, 12, 17, 0, 0), kPoliceFuyang, late);
  test_.SetTime(At(2026, 12, 20, 12));

  const Response report = Count(AgencyCaller(kPoliceSuzhou), December());
  EXPECT_EQ(report.extent(), Response::EXTENT_OWN);
  EXPECT_EQ(report.least_shown(), 0U);
  EXPECT_EQ(report.as_of_time().seconds(),
            absl::ToUnixSeconds(At(2026, 12, 20, 12)));
  EXPECT_GE(report.conventions_size(), 7);
  const v1::NoticeCounts& counts = report.total().counts();
  EXPECT_EQ(counts.sent(), 6U);
  EXPECT_EQ(counts.withdrawn(), 1U);
  EXPECT_EQ(counts.rerouted(), 1U);
  EXPECT_EQ(counts.delivered(), 3U);
  EXPECT_EQ(counts.accepted(), 3U);
  EXPECT_EQ(counts.accepted_in_time(), 2U);
  EXPECT_EQ(counts.asked(), 4U);
  EXPECT_EQ(counts.answered(), 2U);
  EXPECT_EQ(counts.answered_in_time(), 1U);
  EXPECT_EQ(counts.in_time(), 2U);
  EXPECT_EQ(counts.late(), 1U);
  EXPECT_EQ(counts.overdue(), 1U);
  EXPECT_EQ(counts.pending(), 1U);  // passed on, due on the 22nd
  EXPECT_EQ(report.total().timely_feedback().numerator(), 1U);
  EXPECT_EQ(report.total().timely_feedback().denominator(), 4U);
  EXPECT_EQ(report.total().calendar_days().count(), 3U);
  EXPECT_EQ(report.total().calendar_days().median(), 15U);
  EXPECT_EQ(report.total().calendar_days().ninetieth(), 16U);

  // Two days on, it is late as well.
  test_.SetTime(At(2026, 12, 23, 0));
  const Response later = Count(AgencyCaller(kPoliceSuzhou), December());
  EXPECT_EQ(later.total().counts().overdue(), 2U);
  EXPECT_EQ(later.total().counts().pending(), 0U);
}

TEST_F(Rates, DaysAreThoseOfChina) {
  Send(At(2026, 12, 31, 23, 59));
  Send(At(2027, 1, 1, 0, 0));
  Send(At(2027, 1, 1, 7, 59));  // still 2026 in UTC
  const Caller me = AgencyCaller(kPoliceSuzhou);
  EXPECT_EQ(
      Count(me, Period(2026, 12, 31, 2026, 12, 31)).total().counts().sent(),
      1U);
  EXPECT_EQ(Count(me, Period(2027, 1, 1, 2027, 1, 1)).total().counts().sent(),
            2U);
  EXPECT_THAT(
      Sent(Count(me, Period(2026, 12, 1, 2027, 1, 31, {Request::GROUP_MONTH}))),
      ElementsAre("2026-12: 1", "2027-01: 2"));
  EXPECT_EQ(
      Count(me, Period(2026, 12, 1, 2026, 12, 30)).total().counts().sent(), 0U);
}

TEST_F(Rates, AreToldApartByWhatIsAsked) {
  Send(At(2026, 12, 1));
  Send(At(2026, 12, 1), kPoliceHefei);
  Send(At(2026, 12, 2), kPoliceHefei, Notice::KIND_SERVICE);
  Send(At(2026, 12, 2), kPoliceSuzhou, Notice::KIND_SERVICE, kPoliceFuyang);
  const Caller me = AgencyCaller(kPoliceSuzhou);
  const auto by = [&](std::vector<Request::Group> groups) {
    return Sent(Count(me, December(std::move(groups))));
  };
  EXPECT_THAT(by({Request::GROUP_KIND}),
              ElementsAre("KIND_RESIDENCE: 2", "KIND_SERVICE: 2"));
  EXPECT_THAT(
      by({Request::GROUP_SENDER}),
      ElementsAre("public_security.320500: 3", "public_security.341200: 1"));
  EXPECT_THAT(by({Request::GROUP_RECIPIENT, Request::GROUP_KIND}),
              ElementsAre("public_security.320500 KIND_SERVICE: 1",
                          "public_security.340100 KIND_RESIDENCE: 1",
                          "public_security.340100 KIND_SERVICE: 1",
                          "public_security.341200 KIND_RESIDENCE: 1"));
  EXPECT_THAT(by({Request::GROUP_SENDER_SECTOR}),
              ElementsAre("public_security: 4"));
  EXPECT_THAT(by({Request::GROUP_RECIPIENT_SECTOR}),
              ElementsAre("public_security: 4"));
  EXPECT_THAT(by({Request::GROUP_PROVINCE}), ElementsAre("32: 1", "34: 3"));
  EXPECT_THAT(by({Request::GROUP_CITY}),
              ElementsAre("3205: 1", "3401: 2", "3412: 1"));
  // Agencies of cities have no county.
  EXPECT_THAT(by({Request::GROUP_COUNTY}),
              ElementsAre("3205: 1", "3401: 2", "3412: 1"));
  EXPECT_THAT(by({}), IsEmpty());
}

TEST_F(Rates, AnAgencySeesItsOwnCases) {
  const std::string passed = Send(At(2026, 12, 1));
  Send(At(2026, 12, 1));
  EXPECT_EQ(
      Count(ClerkOf(kPoliceFuyang, "li"), December()).total().counts().sent(),
      2U);
  Step pass;
  pass.mutable_reroute()->set_agency(std::string(kPoliceHefei));
  pass.mutable_reroute()->set_reason("moved within the province");
  Take(At(2026, 12, 2), kPoliceFuyang, passed, pass);
  // It is another's now.
  const auto sent = [&](std::string_view agency) {
    return Count(AgencyCaller(agency), December()).total().counts().sent();
  };
  EXPECT_EQ(sent(kPoliceFuyang), 1U);
  EXPECT_EQ(sent(kPoliceHefei), 1U);
  EXPECT_EQ(sent(kPoliceSuzhou), 2U);
  EXPECT_EQ(sent(kLaborSuzhou), 0U);
}

TEST_F(Rates, OthersSeeNoRowOfFewCases) {
  for (int i = 0; i < 12; ++i) Send(At(2026, 12, 1));
  for (int i = 0; i < 3; ++i) Send(At(2026, 12, 2), kPoliceHefei);
  const Request by_recipient = December({Request::GROUP_RECIPIENT});
  const std::vector<Caller> others = {OfficeCaller(), OperatorCaller(),
                                      AuditorCaller()};
  for (const Caller& other : others) {
    SCOPED_TRACE(other.path);
    // Hefei's three would be the total less Fuyang's twelve.
    const Response report = Count(other, by_recipient);
    EXPECT_EQ(report.extent(), Response::EXTENT_ALL);
    EXPECT_EQ(report.least_shown(), 10U);
    EXPECT_THAT(Sent(report), ElementsAre("public_security.340100: -",
                                          "public_security.341200: -"));
    EXPECT_FALSE(report.rows(0).has_counts());
    EXPECT_FALSE(report.rows(0).has_feedback());
    EXPECT_EQ(report.total().counts().sent(), 15U);
  }
  // With enough of each, all is shown.
  for (int i = 0; i < 9; ++i) Send(At(2026, 12, 3), kPoliceHefei);
  EXPECT_THAT(
      Sent(Count(OfficeCaller(), by_recipient)),
      ElementsAre("public_security.340100: 12", "public_security.341200: 12"));
  // So few in all that even the total is one.
  Send(At(2027, 1, 5));
  const Response january =
      Count(OfficeCaller(), Period(2027, 1, 1, 2027, 1, 31));
  EXPECT_TRUE(january.total().suppressed());
  EXPECT_FALSE(january.total().has_counts());
  // Nothing is nothing.
  const Response february =
      Count(OfficeCaller(), Period(2027, 2, 1, 2027, 2, 28));
  EXPECT_FALSE(february.total().suppressed());
  EXPECT_EQ(february.total().counts().sent(), 0U);
}

TEST_F(Rates, MoreMayBeLeftOut) {
  NoticeTerms terms = Terms();
  terms.least_shown = 20;
  // Of one hub that is not the fixture's.
  TestHub stricter({.notice_terms = terms});
  const auto counted =
      stricter.hub().GetNoticeRates(OfficeCaller(), December());
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->least_shown(), 20U);
}

TEST_F(Rates, RefuseWhatIsNoPeriodAndNoGroup) {
  const Caller me = AgencyCaller(kPoliceSuzhou);
  Request request;
  EXPECT_EQ(Refusal(me, request), "FIELD_MISSING from");
  request = December();
  request.clear_to();
  EXPECT_EQ(Refusal(me, request), "FIELD_MISSING to");
  EXPECT_EQ(Refusal(me, Period(2026, 2, 29, 2026, 3, 1)),
            "INVALID_REQUEST from");
  EXPECT_EQ(Refusal(me, Period(2026, 2, 1, 2026, 2, 30)), "INVALID_REQUEST to");
  EXPECT_EQ(Refusal(me, Period(2026, 12, 2, 2026, 12, 1)),
            "INVALID_REQUEST to");
  EXPECT_EQ(Refusal(me, December({Request::GROUP_KIND, Request::GROUP_KIND})),
            "INVALID_REQUEST groups");
  EXPECT_EQ(
      Refusal(me, December({Request::GROUP_KIND, Request::GROUP_MONTH,
                            Request::GROUP_SENDER, Request::GROUP_RECIPIENT,
                            Request::GROUP_CITY})),
      "INVALID_REQUEST groups");
  EXPECT_EQ(Refusal(me, December({Request::GROUP_UNSPECIFIED})),
            "INVALID_REQUEST groups");
  EXPECT_EQ(Refusal(me, December({static_cast<Request::Group>(77)})),
            "INVALID_REQUEST groups");
  // A day more or less would tell of the cases of that day.
  const Request days = Period(2026, 12, 1, 2026, 12, 30);
  Count(me, days);
  EXPECT_EQ(Refusal(OfficeCaller(), days), "INVALID_REQUEST from");
  EXPECT_EQ(Refusal(AuditorCaller(), Period(2026, 11, 30, 2026, 12, 31)),
            "INVALID_REQUEST from");
  Count(AuditorCaller(), Period(2024, 2, 1, 2027, 2, 28));
  Caller subject = OfficeCaller();
  subject.name = "subject";
  EXPECT_EQ(Refusal(subject, December()), "WRONG_ROLE");
}

TEST_F(Rates, AreInTheLog) {
  Count(AuditorCaller(),
        December({Request::GROUP_KIND, Request::GROUP_RECIPIENT_SECTOR}));
  Count(ClerkOf(kPoliceSuzhou, "li"), Period(2026, 12, 3, 2026, 12, 4));
  const auto events = ActsOf(test_, "NoticeService.GetNoticeRates");
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind(), v1::AuditEvent::KIND_READ);
  EXPECT_EQ(events[0].object(),
            "2026-12-01..2026-12-31 by kind,recipient_sector");
  EXPECT_EQ(events[0].actor(), AuditorCaller().path);
  EXPECT_EQ(events[1].object(), "2026-12-03..2026-12-04");
  EXPECT_EQ(events[1].agency(), kPoliceSuzhou);
}

// What a report counts can be counted again from the log.
TEST_F(Rates, LeavesSayWhatIsCounted) {
  const std::string id = Send(At(2026, 12, 1));
  Answer(At(2026, 12, 2), kPoliceFuyang, id);
  for (const char* act : {"notice.send", "notice.answer"}) {
    const auto leaves = ActsOf(test_, act);
    ASSERT_THAT(leaves, SizeIs(1));
    EXPECT_EQ(leaves[0].notice_kind(), Notice::KIND_RESIDENCE);
    EXPECT_EQ(leaves[0].due_time().seconds(),
              absl::ToUnixSeconds(At(2026, 12, 17, 0)));
  }
}

// Many chunks, read from both ends, and periods inside.
TEST_F(Rates, CountManyOnceEach) {
  for (int i = 0; i < 1300; ++i) {
    Send(At(2026, 12, 1) + absl::Minutes(30) * i,
         i % 3 == 0 ? kPoliceHefei : kPoliceFuyang);
  }
  const Request by_month =
      Period(2026, 12, 1, 2026, 12, 31, {Request::GROUP_RECIPIENT});
  const auto want =
      ElementsAre("public_security.340100: 434", "public_security.341200: 866");
  EXPECT_THAT(Sent(Count(OfficeCaller(), by_month)), want);
  EXPECT_THAT(Sent(Count(AgencyCaller(kPoliceSuzhou), by_month)), want);
  const Request day = Period(2026, 12, 10, 2026, 12, 10);
  EXPECT_EQ(Count(AgencyCaller(kPoliceSuzhou), day).total().counts().sent(),
            48U);
}

}  // namespace
}  // namespace waystation::hub
