// SPDX-License-Identifier: Apache-2.0
// Who watches notices is told what waits, what changes and what falls due, and
// misses nothing; what is late is seen by who is told of it, and by nobody
// else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/notices.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kProvince = "public_security.340000";
constexpr uint64_t kLookedBack = 50;
constexpr absl::Duration kDay = absl::Hours(24);
const absl::Time kEvening = absl::FromUnixSeconds(1'790'000'000);

// A verification is due in 15 days, reminded of 5 days before and on the last
// day, and escalated; an urgent one is due in 7 and escalated to nobody.
NoticeTerms TermsWithReminders() {
  NoticeTerms terms = Terms();
  terms.looked_back = kLookedBack;
  for (config::v1::DeadlineProfile& profile :
       *terms.deadlines.mutable_profiles()) {
    const bool urgent =
        profile.urgency() == config::v1::DEADLINE_URGENCY_URGENT;
    config::v1::Deadline& deadline = *profile.mutable_deadline();
    deadline.set_on_expiry(urgent ? config::v1::DEADLINE_EXPIRY_OVERDUE
                                  : config::v1::DEADLINE_EXPIRY_ESCALATE);
    deadline.add_reminders(5);
    deadline.add_reminders(0);
  }
  return terms;
}

class WatchedNotices : public Notices {
 protected:
  WatchedNotices()
      : Notices({.tick = absl::Milliseconds(5),
                 .notice_terms = TermsWithReminders()}) {
    test_.SetTime(kEvening);
    v1::Agency province;
    province.set_id(std::string(kProvince));
    province.set_sector("public_security");
    province.set_jurisdiction("34");
    EXPECT_EQ(test_.Put(province), absl::OkStatus());
  }

  using Watch = NoticeWatcher;

  static std::vector<std::string> IdsOf(const v1::WatchNoticesResponse& news) {
    std::vector<std::string> ids;
    for (const Notice& notice : news.notices()) ids.push_back(notice.id());
    return ids;
  }
  std::string SentUrgent() {
    v1::SendNoticeRequest request = Request();
    request.set_urgent(true);
    const auto sent = Send(request);
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.ok() ? sent->notice().id() : "";
  }
  absl::StatusOr<v1::GetOverdueNoticesResponse> Overdue(const Caller& caller) {
    return hub().GetOverdueNotices(caller, {});
  }
  static Step PromptStep(const std::string& reason = {}) {
    Step step;
    step.mutable_prompt()->set_reason(reason);
    return step;
  }
  static Step Passing(std::string_view agency) {
    Step step;
    step.mutable_reroute()->set_agency(std::string(agency));
    step.mutable_reroute()->set_reason("moved");
    return step;
  }
};

TEST_F(WatchedNotices, AreToldFromWhatWaitsOn) {
  const std::string first = Sent();
  Watch fuyang(hub(), kPoliceFuyang);
  const auto begin = fuyang.Look();
  ASSERT_TRUE(begin.has_value());
  EXPECT_TRUE(begin->afresh());
  EXPECT_TRUE(begin->at_end());
  EXPECT_THAT(IdsOf(*begin), ElementsAre(first));
  EXPECT_TRUE(begin->notices(0).waits_for_caller());
  EXPECT_FALSE(fuyang.Look().has_value());

  // Each step, for both sides, and to nobody else.
  Watch suzhou(hub(), kPoliceSuzhou);
  EXPECT_TRUE(suzhou.Look()->notices().empty());
  Watch labor(hub(), kLaborFuyang);
  EXPECT_TRUE(labor.Look()->notices().empty());
  const std::string second = Sent();
  EXPECT_THAT(IdsOf(fuyang.Await()), ElementsAre(second));
  EXPECT_THAT(IdsOf(suzhou.Await()), ElementsAre(second));
  ASSERT_TRUE(TakeNow(kPoliceFuyang, first, FoundAll()).ok());
  const auto answered = suzhou.Await();
  ASSERT_THAT(answered.notices(), SizeIs(1));
  EXPECT_EQ(answered.notices(0).state(), Notice::STATE_ANSWERED);
  EXPECT_TRUE(answered.notices(0).waits_for_caller());
  EXPECT_FALSE(labor.Look().has_value());
}

// Delivered, answered and seen again while nobody reads: one head.
TEST_F(WatchedNotices, ThatChangeUnseenAreOneHead) {
  const std::string id = Sent();
  Watch suzhou(hub(), kPoliceSuzhou);
  EXPECT_TRUE(suzhou.Look().has_value());
  ASSERT_TRUE(Get(kPoliceFuyang, id).ok());
  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, FoundAll()).ok());
  const auto news = suzhou.Await();
  EXPECT_THAT(IdsOf(news), ElementsAre(id));
  // That somebody looks again is no change, and nobody's to know.
  ASSERT_TRUE(Get(kPoliceFuyang, id).ok());
  EXPECT_FALSE(suzhou.Look().has_value());
  Watch again(hub(), kPoliceSuzhou, suzhou.token());
  EXPECT_TRUE(again.Look()->notices().empty());
}

TEST_F(WatchedNotices, GoOnBehindAToken) {
  const std::string first = Sent();
  std::string token;
  {
    Watch fuyang(hub(), kPoliceFuyang);
    ASSERT_TRUE(fuyang.Look().has_value());
    token = fuyang.token();
  }
  const std::string second = Sent();
  Step accept;
  accept.mutable_accept();
  ASSERT_TRUE(TakeNow(kPoliceFuyang, first, accept).ok());
  test_.Restart();
  Watch later(hub(), kPoliceFuyang, token);
  const auto news = later.Look();
  ASSERT_TRUE(news.has_value());
  EXPECT_FALSE(news->afresh());
  EXPECT_THAT(IdsOf(*news), UnorderedElementsAre(first, second));
  // The token is one agency's.
  EXPECT_EQ(ReasonOf(Watch(hub(), kPoliceSuzhou, token).status()),
            "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(Watch(hub(), kPoliceFuyang, "t-abc").status()),
            "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonOf(Watch(hub(), kPoliceFuyang, "", -1).status()),
            "INVALID_REQUEST");
  EXPECT_EQ(ReasonOf(Watch(hub(), "labor.440100").status()),
            "AGENCY_NOT_REGISTERED");
}

// A page at a time; a list that breaks off begins anew.
TEST_F(WatchedNotices, ComeInPages) {
  std::vector<std::string> sent;
  for (int i = 0; i < 5; ++i) sent.push_back(Sent());
  Watch fuyang(hub(), kPoliceFuyang, "", 2);
  std::vector<std::string> got;
  for (int page = 0; page < 3; ++page) {
    const auto news = fuyang.Look();
    ASSERT_TRUE(news.has_value());
    EXPECT_EQ(news->afresh(), page == 0);
    EXPECT_EQ(news->at_end(), page == 2);
    EXPECT_EQ(news->page_token().empty(), page != 2);
    for (const std::string& id : IdsOf(*news)) got.push_back(id);
  }
  EXPECT_EQ(got, sent);
  // Changes as well: what is not told yet is told again to who comes back.
  for (const std::string& id : sent) ASSERT_TRUE(Get(kPoliceFuyang, id).ok());
  const std::string before = fuyang.token();
  EXPECT_THAT(fuyang.Look()->notices(), SizeIs(2));
  EXPECT_EQ(fuyang.token(), before);
  Watch again(hub(), kPoliceFuyang, fuyang.token(), 10);
  EXPECT_EQ(IdsOf(*again.Look()), sent);
}

TEST_F(WatchedNotices, SayWhatWasPassedOn) {
  const std::string id = Sent();
  Watch fuyang(hub(), kPoliceFuyang);
  Watch suzhou(hub(), kPoliceSuzhou);
  Watch province(hub(), kProvince);
  for (Watch* watch : {&fuyang, &suzhou, &province}) watch->Look();
  const std::string token = fuyang.token();
  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, Passing(kProvince)).ok());
  auto gone = fuyang.Await();
  EXPECT_TRUE(gone.notices().empty());
  EXPECT_THAT(gone.passed_on(), ElementsAre(id));
  EXPECT_THAT(IdsOf(province.Await()), ElementsAre(id));
  EXPECT_EQ(suzhou.Await().notices(0).hops(), 1);
  // To who comes back as well; what becomes of it then is not its to know.
  Watch again(hub(), kPoliceFuyang, token);
  EXPECT_THAT(again.Look()->passed_on(), ElementsAre(id));
  ASSERT_TRUE(Get(kProvince, id).ok());
  Watch after(hub(), kPoliceFuyang, again.token());
  EXPECT_THAT(after.Look()->passed_on(), IsEmpty());
}

// More leaves than are worth reading: what waits, from the start.
TEST_F(WatchedNotices, BeginAfreshAfterALongTime) {
  const std::string id = Sent();
  Watch fuyang(hub(), kPoliceFuyang);
  ASSERT_TRUE(fuyang.Look().has_value());
  for (uint64_t i = 0; i <= kLookedBack; ++i) {
    ASSERT_TRUE(Get(kPoliceSuzhou, id).ok());
  }
  Watch again(hub(), kPoliceFuyang, fuyang.token());
  const auto news = again.Look();
  EXPECT_TRUE(news->afresh());
  EXPECT_THAT(IdsOf(*news), ElementsAre(id));
}

TEST_F(WatchedNotices, AreRemindedOfOverdueAndEscalated) {
  const std::string id = Sent();  // due at the end of 6 October
  Watch fuyang(hub(), kPoliceFuyang);
  Watch province(hub(), kProvince);
  EXPECT_FALSE(fuyang.Look()->notices(0).reminder());
  EXPECT_TRUE(province.Look()->notices().empty());
  test_.Advance(9 * kDay);  // 30 September
  EXPECT_FALSE(fuyang.Look().has_value());
  // The timekeeper wakes who watches.
  test_.Advance(kDay);
  const auto reminded = fuyang.Await();
  ASSERT_THAT(IdsOf(reminded), ElementsAre(id));
  EXPECT_TRUE(reminded.notices(0).reminder());
  EXPECT_FALSE(reminded.notices(0).overdue());
  EXPECT_FALSE(province.Look().has_value());
  // An hour back and forth is no other day.
  test_.Advance(-absl::Hours(1));
  test_.Advance(absl::Hours(1));
  EXPECT_FALSE(fuyang.Look().has_value());

  test_.Advance(5 * kDay);  // the last day
  EXPECT_TRUE(fuyang.Await().notices(0).reminder());
  test_.Advance(kDay);
  const auto overdue = fuyang.Await();
  EXPECT_TRUE(overdue.notices(0).overdue());
  EXPECT_FALSE(overdue.notices(0).reminder());
  EXPECT_EQ(overdue.notices(0).escalated_to(), kProvince);
  const auto told = province.Await();
  EXPECT_THAT(IdsOf(told), ElementsAre(id));
  EXPECT_FALSE(told.notices(0).waits_for_caller());

  // Who comes back is told what fell due meanwhile, and once.
  Watch again(hub(), kProvince, province.token());
  EXPECT_TRUE(again.Look()->notices().empty());
  EXPECT_THAT(IdsOf(*Watch(hub(), kProvince).Look()), ElementsAre(id));
  // Answered: it is escalated no more.
  ASSERT_TRUE(TakeNow(kPoliceFuyang, id, FoundAll()).ok());
  EXPECT_THAT(Watch(hub(), kProvince).Look()->notices(), IsEmpty());
  EXPECT_THAT(IdsIn(kProvince, Box::BOX_ESCALATED), IsEmpty());
  EXPECT_EQ(ReasonOf(Get(kProvince, id).status()), "NOT_AVAILABLE");
}

TEST_F(WatchedNotices, ASuperiorSeesTheHeadAndMayPrompt) {
  const std::string id = Sent();
  const std::string urgent = SentUrgent();
  EXPECT_EQ(ReasonOf(Get(kProvince, id).status()), "NOT_AVAILABLE");
  test_.Advance(20 * kDay);
  EXPECT_THAT(IdsIn(kProvince, Box::BOX_ESCALATED), ElementsAre(id));
  EXPECT_THAT(IdsIn(kPoliceSuzhou, Box::BOX_ESCALATED), IsEmpty());
  // The file escalates no urgent one.
  EXPECT_EQ(ReasonOf(Get(kProvince, urgent).status()), "NOT_AVAILABLE");

  const auto seen = Get(kProvince, id);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->notice().state(), Notice::STATE_SENT);
  EXPECT_FALSE(seen->has_about());
  EXPECT_FALSE(seen->has_text());
  EXPECT_EQ(seen->record_key(), "");
  EXPECT_THAT(seen->history(), SizeIs(1));
  const auto looked = ActsOf(test_, "NoticeService.GetNotice");
  ASSERT_THAT(looked, SizeIs(1));
  EXPECT_THAT(looked[0].attributes(), IsEmpty());
  EXPECT_EQ(looked[0].count(), 0U);

  // It may ask for the answer, once a day, and nothing else.
  EXPECT_EQ(ReasonOf(TakeNow(kProvince, id, FoundAll()).status()),
            "NOTICE_STEP_WRONG");
  Step close;
  close.mutable_close()->set_reason("enough");
  EXPECT_EQ(ReasonOf(TakeNow(kProvince, id, close).status()),
            "NOTICE_STEP_WRONG");
  Watch fuyang(hub(), kPoliceFuyang);
  fuyang.Look();
  const auto prompted = TakeNow(kProvince, id, PromptStep("the person waits"));
  ASSERT_TRUE(prompted.ok()) << prompted.status();
  const auto told = fuyang.Await();
  ASSERT_THAT(IdsOf(told), ElementsAre(id));
  EXPECT_TRUE(told.notices(0).has_prompted_time());
  EXPECT_EQ(ReasonOf(TakeNow(kProvince, id, PromptStep()).status()),
            "NOTICE_STEP_WRONG");
  test_.Advance(kDay);
  EXPECT_TRUE(TakeNow(kProvince, id, PromptStep()).ok());
  for (const std::string_view other : {kPoliceFuyang, kPoliceSuzhou}) {
    EXPECT_EQ(ReasonOf(TakeNow(other, id, PromptStep()).status()),
              "NOTICE_STEP_WRONG");
  }
  const auto acts = ActsOf(test_, "notice.prompt");
  ASSERT_THAT(acts, SizeIs(2));
  EXPECT_EQ(acts[0].agency(), kPoliceFuyang);
  const auto read = Get(kPoliceFuyang, id);
  ASSERT_THAT(read->text().reasons(), SizeIs(1));
  EXPECT_EQ(read->text().reasons(0).reason(), "the person waits");
}

// Nothing removes an agency but its being responsible for nothing more: what it
// has stays with it, can be passed on and taken back, and is escalated as ever.
TEST_F(WatchedNotices, StayWithAnAgencyThatLostItsDivision) {
  const std::string id = Sent();
  const std::string other = Sent();
  v1::Agency fuyang;
  fuyang.set_id(std::string(kPoliceFuyang));
  fuyang.set_sector("public_security");
  fuyang.set_jurisdiction("3413");
  ASSERT_EQ(test_.Put(fuyang), absl::OkStatus());
  v1::SendNoticeRequest request = Request();
  request.mutable_responsible()->set_sector("public_security");
  request.mutable_responsible()->set_division("341202001");
  EXPECT_EQ(Send(request)->notice().to(), kProvince);
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), ElementsAre(id, other));
  EXPECT_TRUE(TakeNow(kPoliceFuyang, other, Passing(kProvince)).ok());
  test_.Advance(20 * kDay);
  EXPECT_EQ(Get(kPoliceSuzhou, id)->notice().escalated_to(), kProvince);
  Step close;
  close.mutable_close()->set_reason("they answer no more");
  ASSERT_TRUE(TakeNow(kPoliceSuzhou, id, close).ok());
  EXPECT_THAT(IdsIn(kPoliceFuyang, Box::BOX_WAITING), IsEmpty());
}

TEST_F(WatchedNotices, AreCountedWhereTheyAreOverdue) {
  const std::string first = Sent();
  const std::string second = Sent();
  SentUrgent();
  Caller office;
  office.role = Role::kOffice;
  office.name = "reconciliation";
  office.path = "office/reconciliation";
  EXPECT_THAT(Overdue(office)->rows(), IsEmpty());
  test_.Advance(20 * kDay);
  // Late, and done: it waits for its sender now.
  ASSERT_TRUE(TakeNow(kPoliceFuyang, second, FoundAll()).ok());
  for (const Caller& caller : {office, AgencyCaller(kPoliceFuyang)}) {
    const auto counted = Overdue(caller);
    ASSERT_TRUE(counted.ok()) << counted.status();
    ASSERT_THAT(counted->rows(), SizeIs(1));
    EXPECT_EQ(counted->rows(0).agency(), kPoliceFuyang);
    EXPECT_EQ(counted->rows(0).overdue(), 2);
    EXPECT_EQ(counted->rows(0).escalated(), 1);
    EXPECT_EQ(counted->rows(0).escalated_to(), kProvince);
    EXPECT_EQ(google::protobuf::util::TimeUtil::ToString(
                  counted->rows(0).earliest_due_time()),
              "2026-09-28T16:00:00Z");
  }
  // What is escalated to it, and no more.
  const auto told = Overdue(AgencyCaller(kProvince));
  ASSERT_THAT(told->rows(), SizeIs(1));
  EXPECT_EQ(told->rows(0).overdue(), 1);
  EXPECT_THAT(Overdue(AgencyCaller(kPoliceSuzhou))->rows(), IsEmpty());
  v1::GetOverdueNoticesRequest services;
  services.add_kinds(Notice::KIND_SERVICE);
  EXPECT_THAT(hub().GetOverdueNotices(office, services)->rows(), IsEmpty());
  services.add_kinds(Notice::KIND_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(hub().GetOverdueNotices(office, services).status()),
            "INVALID_REQUEST");
  EXPECT_THAT(ActsOf(test_, "NoticeService.GetOverdueNotices"), SizeIs(6));
  office.name = office.path = "subject";
  EXPECT_EQ(ReasonOf(Overdue(office).status()), "WRONG_ROLE");
}

}  // namespace
}  // namespace waystation::hub
