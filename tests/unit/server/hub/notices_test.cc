// SPDX-License-Identifier: Apache-2.0
// Cases between agencies, through the hub: who gets them, what they show and to
// whom, their steps and deadlines, what is kept where.
#include "tests/unit/server/hub/notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <fstream>
#include <set>
#include <thread>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using v1::Notice;
using Box = v1::ListNoticesRequest;
using Step = v1::StepNoticeRequest;

TEST_F(Notices, GoFromPlaceToPlaceAndBack) {
  const auto sent = Send();
  ASSERT_TRUE(sent.ok()) << sent.status();
  const std::string id = sent->notice().id();
  EXPECT_EQ(sent->notice().state(), Notice::STATE_SENT);
  EXPECT_EQ(sent->notice().to(), kPoliceFuyang);
  EXPECT_FALSE(sent->notice().waits_for_caller());
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), ElementsAre(id));
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_WAITING), IsEmpty());
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_SENT), ElementsAre(id));

  const auto seen = Get(kPoliceFuyang, id);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->notice().state(), Notice::STATE_DELIVERED);
  EXPECT_TRUE(seen->notice().waits_for_caller());
  EXPECT_EQ(seen->text().text(), Request().text());
  EXPECT_EQ(seen->about().person().name().full(), "王芳");
  EXPECT_EQ(seen->about().person().residence().division(), "320505");
  EXPECT_EQ(seen->about().person().residence().address(), "");
  EXPECT_EQ(seen->about().person().identifiers_size(), 0);
  EXPECT_THAT(seen->record_key(), IsEmpty());

  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, FoundAll()).ok());
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), IsEmpty());
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_WAITING), ElementsAre(id));
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_RECEIVED), ElementsAre(id));
  const auto answered = Get(kPoliceSuzhou, id);
  ASSERT_TRUE(answered.ok());
  EXPECT_EQ(answered->record_key(), "S");
  EXPECT_FALSE(answered->has_about());
  EXPECT_EQ(answered->text().answer().note(), "档案第 3 页");
  EXPECT_THAT(answered->text().answer().fields(), SizeIs(3));

  Step close;
  close.mutable_close();
  ASSERT_TRUE(TakeNow(kPoliceSuzhou, id, close).ok());
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_WAITING), IsEmpty());
  // Closed: the case is still there to be read, and the person no more.
  test_.Restart();
  const auto after = Get(kPoliceFuyang, id);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->notice().state(), Notice::STATE_CLOSED);
  EXPECT_FALSE(after->has_about());
  EXPECT_EQ(after->text().answer().note(), "档案第 3 页");
}

TEST_F(Notices, AreFoundForADivision) {
  v1::SendNoticeRequest request = Request();
  request.mutable_responsible()->set_sector("public_security");
  request.mutable_responsible()->set_division("341202001");
  const auto sent = Send(request);
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->notice().to(), kPoliceFuyang);
  request.mutable_responsible()->set_division("440106");
  EXPECT_EQ(ReasonOf(Send(request).status()), "NOBODY_RESPONSIBLE");
  request.mutable_responsible()->set_division("320505");
  EXPECT_EQ(ReasonOf(Send(request).status()), "INVALID_REQUEST");  // itself
  for (const char* division : {"", "3412020", "34120x", "341202001001001001"}) {
    request.mutable_responsible()->set_division(division);
    EXPECT_EQ(ReasonOf(Send(request).status()), "INVALID_REQUEST") << division;
  }
  request.set_agency("public_security.440106");
  EXPECT_EQ(ReasonOf(Send(request).status()), "NOBODY_RESPONSIBLE");
}

TEST_F(Notices, AreNotSentWhereSeveralMayBeResponsible) {
  for (const char* id : {"public_security.340100", "public_security.340101"}) {
    v1::Agency agency;
    agency.set_id(id);
    agency.set_sector("public_security");
    agency.set_jurisdiction("3401");
    ASSERT_EQ(test_.Put(agency), absl::OkStatus());
  }
  v1::SendNoticeRequest request = Request();
  request.mutable_responsible()->set_sector("public_security");
  request.mutable_responsible()->set_division("340102");
  const absl::Status refused = Send(request).status();
  EXPECT_EQ(ReasonOf(refused), "RESPONSIBLE_AMBIGUOUS");
  EXPECT_THAT(errors::ViolationsOf(refused),
              ElementsAre(testing::Field(&errors::FieldViolation::rule,
                                         "name one of public_security.340100, "
                                         "public_security.340101")));
}

TEST_F(Notices, NeedAnAgreementForTheirPurpose) {
  const auto reason = [&](auto change, std::string_view agency) {
    v1::SendNoticeRequest request = Request();
    change(request);
    return ReasonOf(Send(request, agency).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.add_attributes("contact"); }, kPoliceSuzhou),
            "NOTICE_NOT_AGREED");
  EXPECT_EQ(
      reason([](auto& r) { r.set_purpose(v1::PURPOSE_PUBLIC_HEALTH_SERVICE); },
             kPoliceSuzhou),
      "NOTICE_NOT_AGREED");
  // The agreement is for police alone, and no agreement can be for labor to
  // police.
  EXPECT_EQ(reason([](auto& r) { r.set_agency(std::string(kLaborSuzhou)); },
                   kPoliceSuzhou),
            "NOTICE_NOT_AGREED");
  test_.Submit(kLaborSuzhou, Say("S", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(reason([](auto&) {}, kLaborSuzhou), "NOTICE_NOT_AGREED");
  v1::Agreement over = NoticeAgreement();
  over.set_id("over");
  over.mutable_grants(0)->set_source_sector("labor");
  EXPECT_EQ(ReasonOf(test_.Apply(over)), "OVER_CEILING");
}

// An agreement for notices opens nothing else, and one for own records no
// notice.
TEST_F(Notices, ScopesStayApart) {
  test_.Submit(kPoliceFuyang, Say("F", 1).Core(kNumber, "王芳", 1990, 3, 7));
  v1::Agreement wider = NoticeAgreement();
  wider.set_id("wider");
  wider.set_purpose(v1::PURPOSE_IDENTITY_CONFIRMATION);
  ASSERT_EQ(test_.Apply(wider), absl::OkStatus());
  EXPECT_EQ(
      ReasonOf(
          test_.GetPerson(kPoliceFuyang, "F", v1::PURPOSE_IDENTITY_CONFIRMATION)
              .status()),
      "NOT_AVAILABLE");
  ASSERT_EQ(test_.Revoke("notices"), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Send().status()), "NOTICE_NOT_AGREED");
}

TEST_F(Notices, ShowNothingOnceTheAgreementIsGone) {
  const std::string id = Sent();
  ASSERT_EQ(test_.Revoke("notices"), absl::OkStatus());
  const auto seen = Get(kPoliceFuyang, id);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->about().person().ByteSizeLong(), 0U);
}

TEST_F(Notices, AreNobodyElsesBusiness) {
  const std::string id = Sent();
  for (const std::string_view agency : {kLaborFuyang, kHealthSuzhou}) {
    EXPECT_EQ(ReasonOf(Get(agency, id).status()), "NOT_AVAILABLE");
    Step step = FoundAll();
    step.set_id(id);
    step.set_etag("v1");
    EXPECT_EQ(ReasonOf(Take(agency, step).status()), "NOT_AVAILABLE");
    EXPECT_THAT(IdsIn(agency, Box::BOX_RECEIVED), IsEmpty());
  }
  // They tried twice each.
  EXPECT_EQ(hub().GetStatistics().refusals, 4U);
  EXPECT_EQ(ReasonOf(Get(kPoliceFuyang, "n-abc").status()), "NOT_AVAILABLE");
  EXPECT_EQ(ReasonOf(Get(kPoliceFuyang, "n-" + std::string(26, 'a')).status()),
            "NOT_AVAILABLE");
  v1::SendNoticeRequest other = Request();
  other.set_record_key("nobody's");
  EXPECT_EQ(ReasonOf(Send(other).status()), "NOT_AVAILABLE");
}

TEST_F(Notices, ArePassedOn) {
  v1::Agency agency;
  agency.set_id("public_security.340100");
  agency.set_sector("public_security");
  agency.set_jurisdiction("3401");
  ASSERT_EQ(test_.Put(agency), absl::OkStatus());
  const std::string id = Sent();
  Step step;
  step.mutable_reroute()->mutable_responsible()->set_sector("public_security");
  step.mutable_reroute()->mutable_responsible()->set_division("340102");
  step.mutable_reroute()->set_reason("moved within the province");
  const auto passed = TakeNow(kPoliceFuyang, id, step);
  ASSERT_TRUE(passed.ok()) << passed.status();
  EXPECT_EQ(passed->notice().to(), "public_security.340100");
  EXPECT_EQ(passed->notice().hops(), 1);
  // It is not with the first any more.
  EXPECT_EQ(ReasonOf(Get(kPoliceFuyang, id).status()), "NOT_AVAILABLE");
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), IsEmpty());
  EXPECT_THAT(IdsIn("public_security.340100", Box::BOX_WAITING),
              ElementsAre(id));
  const auto seen = Get("public_security.340100", id);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->about().person().name().full(), "王芳");
  ASSERT_EQ(seen->text().reasons_size(), 1);
  EXPECT_EQ(seen->text().reasons(0).reason(), "moved within the province");
  // A loop, and somebody without an agreement.
  step.mutable_reroute()->set_agency(std::string(kPoliceFuyang));
  EXPECT_EQ(ReasonOf(TakeNow("public_security.340100", id, step).status()),
            "NOTICE_STEP_WRONG");
  step.mutable_reroute()->set_agency(std::string(kLaborFuyang));
  EXPECT_EQ(ReasonOf(TakeNow("public_security.340100", id, step).status()),
            "NOTICE_NOT_AGREED");
}

TEST_F(Notices, TwoAnswersAtOnceAreOne) {
  const std::string id = Sent();
  const auto seen = Get(kPoliceFuyang, id);
  ASSERT_TRUE(seen.ok());
  Step step = FoundAll();
  step.set_id(id);
  step.set_etag(seen->etag());
  constexpr int kClerks = 4;
  std::vector<std::string> reasons(kClerks);
  std::barrier gate(kClerks);
  {
    std::vector<std::jthread> clerks;
    for (int i = 0; i < kClerks; ++i) {
      clerks.emplace_back([&, i] {
        gate.arrive_and_wait();
        reasons[static_cast<size_t>(i)] =
            ReasonOf(Take(kPoliceFuyang, step).status());
      });
    }
  }
  EXPECT_EQ(std::ranges::count(reasons, ""), 1);
  EXPECT_EQ(std::ranges::count(reasons, "CHANGED_MEANWHILE"), kClerks - 1);
  step.clear_etag();
  EXPECT_EQ(ReasonOf(Take(kPoliceFuyang, step).status()), "ETAG_MISSING");
}

TEST_F(Notices, ARepeatedRequestIsOneNotice) {
  v1::SendNoticeRequest request = Request();
  request.set_request_id("r-1");
  constexpr int kTimes = 4;
  std::vector<std::string> ids(kTimes);
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < kTimes; ++i) {
      senders.emplace_back([&, i] {
        const auto sent = Send(request);
        EXPECT_TRUE(sent.ok()) << sent.status();
        if (sent.ok()) ids[static_cast<size_t>(i)] = sent->notice().id();
      });
    }
  }
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 1U);
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_SENT), SizeIs(1));
  request.set_urgent(true);
  EXPECT_EQ(ReasonOf(Send(request).status()), "REQUEST_ID_REUSED");
}

TEST_F(Notices, ManyAtOnceAreAllThere) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < kThreads; ++i) {
      senders.emplace_back([&] {
        for (int k = 0; k < kEach; ++k) {
          const auto sent = Send();
          EXPECT_TRUE(sent.ok()) << sent.status();
        }
      });
    }
  }
  const auto ids = IdsIn(kPoliceFuyang, Box::BOX_WAITING);
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), kThreads * kEach);
  EXPECT_THAT(
      test_.store().Check([](const auto&) { return std::nullopt; }),
      testing::ResultOf([](const auto& found) { return found->size(); }, 0U));
}

TEST_F(Notices, HaveDeadlines) {
  test_.SetTime(absl::FromUnixSeconds(1'790'000'000));  // 2026-09-21 22:13 CST
  const std::string ordinary = Sent();
  v1::SendNoticeRequest request = Request();
  request.set_urgent(true);
  const auto urgent = Send(request);
  ASSERT_TRUE(urgent.ok());
  EXPECT_EQ(TimeUtil::ToString(urgent->notice().due_time()),
            "2026-09-28T16:00:00Z");
  EXPECT_EQ(
      TimeUtil::ToString(Get(kPoliceSuzhou, ordinary)->notice().due_time()),
      "2026-10-06T16:00:00Z");
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING),
              ElementsAre(urgent->notice().id(), ordinary));
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING, /*overdue=*/true),
              IsEmpty());
  test_.Advance(absl::Hours(24 * 8));
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING, /*overdue=*/true),
              ElementsAre(urgent->notice().id()));
  Step extend;
  extend.mutable_extend()->set_reason("the archive is closed");
  EXPECT_EQ(
      ReasonOf(TakeNow(kPoliceFuyang, urgent->notice().id(), extend).status()),
      "NOTICE_STEP_WRONG");
  const auto extended = TakeNow(kPoliceFuyang, ordinary, extend);
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(TimeUtil::ToString(extended->notice().due_time()),
            "2026-10-21T16:00:00Z");
  // Late is late, and is taken.
  const auto late = TakeNow(kPoliceFuyang, urgent->notice().id(), FoundAll());
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_TRUE(late->notice().overdue());
  EXPECT_EQ(late->notice().state(), Notice::STATE_ANSWERED);
}

TEST_F(Notices, APreviewChangesNothing) {
  v1::SendNoticeRequest request = Request();
  request.set_validate_only(true);
  const auto leaves = test_.Events().size();
  const auto preview = Send(request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->notice().to(), kPoliceFuyang);
  EXPECT_TRUE(preview->notice().has_due_time());
  EXPECT_EQ(test_.Events().size(), leaves);
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), IsEmpty());

  const std::string id = Sent();
  Step step = FoundAll();
  step.set_validate_only(true);
  const auto previewed = TakeNow(kPoliceFuyang, id, step);
  ASSERT_TRUE(previewed.ok()) << previewed.status();
  EXPECT_EQ(previewed->notice().state(), Notice::STATE_ANSWERED);
  EXPECT_EQ(Get(kPoliceFuyang, id)->notice().state(), Notice::STATE_DELIVERED);
}

TEST_F(Notices, AreAudited) {
  const std::string id = Sent();
  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, FoundAll()).ok());
  const auto sent = ActsOf(test_, "notice.send");
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].kind(), v1::AuditEvent::KIND_NOTICE);
  EXPECT_EQ(sent[0].agency(), kPoliceFuyang);
  EXPECT_EQ(sent[0].object(), id);
  const auto seen = ActsOf(test_, "NoticeService.GetNotice");
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_THAT(seen[0].attributes(),
              ElementsAre("name", "birth_date", "residence"));
  EXPECT_EQ(seen[0].agreement(), "notices@1");
  EXPECT_EQ(seen[0].details_root().size(), 32U);
  const auto answered = ActsOf(test_, "notice.answer");
  ASSERT_THAT(answered, SizeIs(1));
  EXPECT_EQ(answered[0].agency(), kPoliceSuzhou);
  EXPECT_EQ(answered[0].actor(), "agency/public_security.341200");
}

// Words and values are sealed; what is in clear says who and when.
TEST_F(Notices, HoldNoWordsInClear) {
  const std::string id = Sent();
  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, FoundAll()).ok());
  test_.Stop();
  std::string all;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(test_.folder())) {
    if (!file.is_regular_file()) continue;
    std::ifstream stream(file.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(stream), {});
  }
  EXPECT_THAT(all, HasSubstr("public_security.341200"));
  for (const char* word : {"老家的门牌", "档案第 3 页", "王芳", "狮山路"}) {
    EXPECT_THAT(all, Not(HasSubstr(word)));
  }
}

TEST_F(Notices, AYearThatNoCalendarCoversIsAnError) {
  NoticeTerms terms;
  config::v1::DeadlineProfile& profile = *terms.deadlines.add_profiles();
  profile.add_kinds("verification_request");
  profile.set_act(config::v1::DEADLINE_ACT_ANSWER);
  profile.mutable_deadline()->set_unit(config::v1::DEADLINE_UNIT_WORKING_DAY);
  profile.mutable_deadline()->set_count(15);
  profile.mutable_deadline()->set_calendar("cn");
  TestHub test({.notice_terms = terms});
  test.Submit(kPoliceSuzhou, Say("S", 1).Core(kNumber, "王芳", 1990, 3, 7));
  ASSERT_EQ(test.Apply(NoticeAgreement()), absl::OkStatus());
  v1::SendNoticeRequest request = Request();
  request.clear_attributes();
  request.add_attributes("name");
  const auto sent = Await<v1::SendNoticeResponse>([&](auto done) {
    test.hub().SendNotice(AgencyCaller(kPoliceSuzhou), request,
                          std::move(done));
  });
  EXPECT_EQ(ReasonOf(sent.status()), "CALENDAR_UNKNOWN");
}

}  // namespace
}  // namespace waystation::hub
