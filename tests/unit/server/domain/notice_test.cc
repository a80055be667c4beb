// SPDX-License-Identifier: Apache-2.0
#include "server/domain/notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace waystation::domain {
namespace {

using v1::Notice;

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kSent = 1000 * kDay;
constexpr std::int64_t kDue = kSent + 15 * kDay;

const std::string kSuzhou = "public_security.320500";
const std::string kFuyang = "public_security.341200";
const std::string kHefei = "public_security.340100";
const std::string kBengbu = "public_security.340300";
const std::string kWuhu = "public_security.340200";

NoticeActor By(const std::string& agency, std::int64_t now = kSent + kDay) {
  return {.agency = agency, .path = "agency", .now = now};
}

v1::SendNoticeRequest Request(Notice::Kind kind) {
  v1::SendNoticeRequest request;
  request.set_kind(kind);
  request.set_purpose(v1::PURPOSE_RESIDENCE_REGISTRATION);
  request.set_record_key("P");
  request.set_agency(kFuyang);
  request.add_attributes("name");
  request.add_attributes("birth_date");
  if (kind == Notice::KIND_CORRECTION) request.set_text("the year is wrong");
  return request;
}

NoticeCase SentNotice(Notice::Kind kind = Notice::KIND_VERIFICATION) {
  return Send(Request(kind), By(kSuzhou, kSent),
              {.agency = kFuyang, .due_time = kDue});
}

v1::NoticeAnswer Found() {
  v1::NoticeAnswer answer;
  answer.set_result(Notice::RESULT_FOUND);
  for (const char* name : {"name", "birth_date"}) {
    v1::FieldAnswer& field = *answer.add_fields();
    field.set_attribute(name);
    field.set_answer(v1::FieldAnswer::ANSWER_MATCH);
  }
  return answer;
}

v1::NoticeAnswer Only(Notice::Result result, const std::string& note = {}) {
  v1::NoticeAnswer answer;
  answer.set_result(result);
  answer.set_note(note);
  return answer;
}

std::string ReasonOf(const NoticeFault& fault) {
  return fault.has_value() ? fault->reason() : "";
}

std::string EventsOf(const NoticeCase& notice) {
  std::string text;
  for (const Notice::Event& event : notice.stored.history()) {
    if (!text.empty()) text += " ";
    text += Notice::Event::Kind_Name(event.kind()).substr(5);
  }
  return text;
}

const Notice& HeadOf(const NoticeCase& notice) {
  return notice.stored.notice();
}

TEST(Notice, GoesFromSentToClosed) {
  NoticeCase notice = SentNotice();
  EXPECT_EQ(WaitsFor(HeadOf(notice)), kFuyang);
  EXPECT_FALSE(Deliver(By(kSuzhou), notice));
  EXPECT_TRUE(Deliver(By(kFuyang), notice));
  EXPECT_FALSE(Deliver(By(kFuyang), notice));
  EXPECT_EQ(ReasonOf(Accept(By(kFuyang), notice)), "");
  EXPECT_EQ(ReasonOf(Accept(By(kFuyang), notice)), "NOTICE_STEP_WRONG");
  EXPECT_EQ(ReasonOf(Answer(By(kFuyang), Found(), notice)), "");
  EXPECT_EQ(WaitsFor(HeadOf(notice)), kSuzhou);
  EXPECT_EQ(ReasonOf(Close(By(kSuzhou), "", notice)), "");
  EXPECT_EQ(WaitsFor(HeadOf(notice)), "");
  EXPECT_EQ(EventsOf(notice), "SENT DELIVERED ACCEPTED ANSWERED CLOSED");
  EXPECT_EQ(HeadOf(notice).result(), Notice::RESULT_FOUND);
  EXPECT_FALSE(HeadOf(notice).withdrawn());
}

TEST(Notice, AnAnswerAccepts) {
  NoticeCase notice = SentNotice();
  EXPECT_EQ(ReasonOf(Answer(By(kFuyang), Found(), notice)), "");
  EXPECT_EQ(EventsOf(notice), "SENT ACCEPTED ANSWERED");
}

TEST(Notice, AServiceThatIsTakenUpIsClosed) {
  NoticeCase notice = SentNotice(Notice::KIND_SERVICE);
  EXPECT_EQ(ReasonOf(Accept(By(kFuyang), notice)), "");
  EXPECT_EQ(HeadOf(notice).state(), Notice::STATE_CLOSED);
  EXPECT_EQ(HeadOf(notice).result(), Notice::RESULT_TAKEN_UP);
  EXPECT_FALSE(HeadOf(notice).withdrawn());
}

TEST(Notice, StepsAreTheirOwners) {
  const std::vector<std::function<NoticeFault(NoticeCase&)>> steps = {
      [](auto& notice) { return Accept(By(kSuzhou), notice); },
      [](auto& notice) { return Answer(By(kHefei), Found(), notice); },
      [](auto& notice) {
        return Reroute(By(kSuzhou), {.agency = kHefei, .due_time = {}}, "moved",
                       notice);
      },
      [](auto& notice) { return Extend(By(kSuzhou), kDue, "long", notice); },
      [](auto& notice) { return Close(By(kFuyang), "done", notice); },
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(i);
    NoticeCase notice = SentNotice();
    EXPECT_EQ(ReasonOf(steps[i](notice)), "NOTICE_STEP_WRONG");
    EXPECT_EQ(EventsOf(notice), "SENT");
  }
}

TEST(Notice, NothingFollowsAnAnswerButItsEnd) {
  const std::vector<std::function<NoticeFault(NoticeCase&)>> steps = {
      [](auto& notice) { return Accept(By(kFuyang), notice); },
      [](auto& notice) { return Answer(By(kFuyang), Found(), notice); },
      [](auto& notice) {
        return Reroute(By(kFuyang), {.agency = kHefei, .due_time = {}}, "moved",
                       notice);
      },
      [](auto& notice) { return Extend(By(kFuyang), kDue, "long", notice); },
  };
  for (const bool closed : {false, true}) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      SCOPED_TRACE(i);
      NoticeCase notice = SentNotice();
      ASSERT_EQ(ReasonOf(Answer(By(kFuyang), Found(), notice)), "");
      if (closed) {
        ASSERT_EQ(ReasonOf(Close(By(kSuzhou), "", notice)), "");
      }
      EXPECT_EQ(ReasonOf(steps[i](notice)), "NOTICE_STEP_WRONG");
    }
  }
}

TEST(Notice, IsPassedOnThreeTimesAndNeverBack) {
  NoticeCase notice = SentNotice();
  const auto pass = [&](const std::string& from, const std::string& to) {
    return ReasonOf(Reroute(By(from), {.agency = to, .due_time = kDue + kDay},
                            "not here", notice));
  };
  EXPECT_EQ(pass(kFuyang, kSuzhou), "NOTICE_STEP_WRONG");
  EXPECT_EQ(pass(kFuyang, kFuyang), "NOTICE_STEP_WRONG");
  EXPECT_EQ(pass(kFuyang, kHefei), "");
  EXPECT_EQ(HeadOf(notice).to(), kHefei);
  EXPECT_EQ(HeadOf(notice).state(), Notice::STATE_SENT);
  EXPECT_EQ(HeadOf(notice).due_time().seconds(), (kDue + kDay) / 1'000'000);
  EXPECT_EQ(pass(kFuyang, kBengbu), "NOTICE_STEP_WRONG");  // not its any more
  EXPECT_EQ(pass(kHefei, kFuyang), "NOTICE_STEP_WRONG");   // a loop
  EXPECT_EQ(pass(kHefei, kBengbu), "");
  EXPECT_EQ(pass(kBengbu, kWuhu), "");
  EXPECT_EQ(pass(kWuhu, "public_security.340400"), "NOTICE_STEP_WRONG");
  EXPECT_EQ(HeadOf(notice).hops(), 3);
  EXPECT_EQ(notice.text.reasons_size(), 3);
  EXPECT_EQ(notice.text.reasons(2).event(), 3);
  EXPECT_EQ(ReasonOf(Reroute(By(kWuhu), {.agency = kWuhu, .due_time = {}}, "",
                             notice)),
            "REASON_MISSING");
}

TEST(Notice, IsExtendedOnceAndInTime) {
  NoticeCase notice = SentNotice();
  EXPECT_EQ(ReasonOf(Extend(By(kFuyang), kDue + kDay, "", notice)),
            "REASON_MISSING");
  EXPECT_EQ(ReasonOf(Extend(By(kFuyang, kDue), kDue + kDay, "long", notice)),
            "NOTICE_STEP_WRONG");
  EXPECT_EQ(ReasonOf(Extend(By(kFuyang), kDue + kDay, "long", notice)), "");
  EXPECT_EQ(HeadOf(notice).due_time().seconds(), (kDue + kDay) / 1'000'000);
  EXPECT_EQ(ReasonOf(Extend(By(kFuyang), kDue + 2 * kDay, "long", notice)),
            "NOTICE_STEP_WRONG");
  // Whoever gets it next has the right again.
  ASSERT_EQ(ReasonOf(Reroute(By(kFuyang), {.agency = kHefei, .due_time = kDue},
                             "moved", notice)),
            "");
  EXPECT_EQ(ReasonOf(Extend(By(kHefei), kDue + kDay, "long", notice)), "");
}

TEST(Notice, IsAskedAboutOnceADayWhileItIsOverdue) {
  NoticeCase notice = SentNotice();
  EXPECT_EQ(ReasonOf(Prompt(By(kHefei, kDue - 1), "", notice)),
            "NOTICE_STEP_WRONG");
  EXPECT_EQ(ReasonOf(Prompt(By(kHefei, kDue), "it waits", notice)), "");
  EXPECT_EQ(notice.text.reasons_size(), 1);
  EXPECT_EQ(ReasonOf(Prompt(By(kHefei, kDue + kDay / 4), "", notice)),
            "NOTICE_STEP_WRONG");
  EXPECT_EQ(ReasonOf(Prompt(By(kHefei, kDue + kDay), "", notice)), "");
  EXPECT_EQ(notice.text.reasons_size(), 1);
  EXPECT_EQ(ReasonOf(Prompt(By(kHefei, kDue + 2 * kDay),
                            std::string(kMostNoticeText + 1, 'x'), notice)),
            "VALUE_TOO_LONG");
  EXPECT_EQ(EventsOf(notice), "SENT PROMPTED PROMPTED");
  // Whoever gets it next has not been asked.
  ASSERT_EQ(
      Reroute(By(kFuyang, kDue + 2 * kDay),
              {.agency = kHefei, .due_time = kDue + 9 * kDay}, "moved", notice),
      std::nullopt);
  EXPECT_FALSE(HeadOf(notice).has_prompted_time());
  ASSERT_EQ(Answer(By(kHefei, kDue + 10 * kDay), Found(), notice),
            std::nullopt);
  EXPECT_EQ(ReasonOf(Prompt(By(kBengbu, kDue + 11 * kDay), "", notice)),
            "NOTICE_STEP_WRONG");
}

TEST(Notice, ALateAnswerIsTakenAndCounted) {
  NoticeCase notice = SentNotice();
  EXPECT_FALSE(IsOverdue(HeadOf(notice), kDue - 1));
  EXPECT_TRUE(IsOverdue(HeadOf(notice), kDue));
  EXPECT_EQ(ReasonOf(Answer(By(kFuyang, kDue), Found(), notice)), "");
  EXPECT_TRUE(IsOverdue(HeadOf(notice), kDue + kDay));

  notice = SentNotice();
  EXPECT_EQ(ReasonOf(Answer(By(kFuyang, kDue - 1), Found(), notice)), "");
  EXPECT_FALSE(IsOverdue(HeadOf(notice), kDue + kDay));
}

TEST(Notice, IsTakenBackWithAReason) {
  NoticeCase notice = SentNotice();
  EXPECT_EQ(ReasonOf(Close(By(kSuzhou), "", notice)), "REASON_MISSING");
  EXPECT_EQ(ReasonOf(Close(By(kSuzhou), "sent twice", notice)), "");
  EXPECT_TRUE(HeadOf(notice).withdrawn());
  EXPECT_EQ(EventsOf(notice), "SENT WITHDRAWN");
  EXPECT_FALSE(IsOverdue(HeadOf(notice), kDue + kDay));
  EXPECT_EQ(ReasonOf(Close(By(kSuzhou), "again", notice)), "NOTICE_STEP_WRONG");
}

TEST(Notice, AnswersFitTheirKind) {
  struct Row {
    Notice::Kind kind;
    v1::NoticeAnswer answer;
    std::string reason;
  };
  v1::NoticeAnswer half = Found();
  half.mutable_fields()->RemoveLast();
  v1::NoticeAnswer twice = Found();
  twice.mutable_fields(1)->set_attribute("name");
  v1::NoticeAnswer other = Found();
  other.mutable_fields(1)->set_attribute("sex");
  v1::NoticeAnswer silent = Found();
  silent.mutable_fields(1)->clear_answer();
  v1::NoticeAnswer partial = Found();
  partial.set_result(Notice::RESULT_PARTIAL);
  v1::NoticeAnswer chatty = Found();
  chatty.set_note(std::string(501, 'x'));
  const Row rows[] = {
      {Notice::KIND_VERIFICATION, Found(), ""},
      {Notice::KIND_VERIFICATION, partial, ""},
      {Notice::KIND_VERIFICATION, Only(Notice::RESULT_NOT_FOUND), ""},
      {Notice::KIND_VERIFICATION, Only(Notice::RESULT_FOUND),
       "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, half, "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, twice, "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, other, "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, silent, "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, chatty, "VALUE_TOO_LONG"},
      {Notice::KIND_VERIFICATION, Only(Notice::RESULT_UPHELD),
       "INVALID_REQUEST"},
      {Notice::KIND_VERIFICATION, Only(Notice::RESULT_NOT_OURS),
       "FIELD_MISSING"},
      {Notice::KIND_VERIFICATION, Only(Notice::RESULT_NOT_OURS, "no such town"),
       ""},
      {Notice::KIND_VERIFICATION, {}, "FIELD_MISSING"},
      {Notice::KIND_RESIDENCE, Only(Notice::RESULT_FOUND), ""},
      {Notice::KIND_RESIDENCE, Found(), "INVALID_REQUEST"},
      {Notice::KIND_RESIDENCE, Only(Notice::RESULT_PARTIAL), "INVALID_REQUEST"},
      {Notice::KIND_CORRECTION, Only(Notice::RESULT_UPHELD), ""},
      {Notice::KIND_CORRECTION, Only(Notice::RESULT_REJECTED), "FIELD_MISSING"},
      {Notice::KIND_CORRECTION, Only(Notice::RESULT_REJECTED, "the register"),
       ""},
      {Notice::KIND_CORRECTION, Only(Notice::RESULT_FOUND), "INVALID_REQUEST"},
      {Notice::KIND_SERVICE, Only(Notice::RESULT_FOUND), "INVALID_REQUEST"},
      {Notice::KIND_SERVICE, Only(Notice::RESULT_NOT_OURS, "moved away"), ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.answer.ShortDebugString());
    NoticeCase notice = SentNotice(row.kind);
    EXPECT_EQ(ReasonOf(Answer(By(kFuyang), row.answer, notice)), row.reason);
    EXPECT_EQ(HeadOf(notice).state(),
              row.reason.empty() ? Notice::STATE_ANSWERED : Notice::STATE_SENT);
  }
}

TEST(Notice, ARequestIsWhole) {
  using Change = std::function<void(v1::SendNoticeRequest&)>;
  const std::vector<std::pair<std::string, Change>> rows = {
      {"", [](auto&) {}},
      {"", [](auto& r) { r.set_urgent(true); }},
      {"FIELD_MISSING", [](auto& r) { r.clear_kind(); }},
      {"PURPOSE_MISSING", [](auto& r) { r.clear_purpose(); }},
      {"FIELD_MISSING", [](auto& r) { r.clear_record_key(); }},
      {"FIELD_MISSING", [](auto& r) { r.clear_agency(); }},
      {"FIELD_MISSING", [](auto& r) { r.clear_attributes(); }},
      {"ATTRIBUTE_UNKNOWN", [](auto& r) { r.add_attributes("marital"); }},
      {"INVALID_REQUEST", [](auto& r) { r.add_attributes("name"); }},
      {"INVALID_REQUEST",
       [](auto& r) {
         r.set_kind(Notice::KIND_RESIDENCE);
         r.set_urgent(true);
       }},
      {"FIELD_MISSING", [](auto& r) { r.set_kind(Notice::KIND_CORRECTION); }},
      {"VALUE_TOO_LONG", [](auto& r) { r.set_text(std::string(501, 'x')); }},
      // Characters count, not bytes.
      {"",
       [](auto& r) {
         for (int i = 0; i < 500; ++i) r.mutable_text()->append("字");
       }},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    v1::SendNoticeRequest request = Request(Notice::KIND_VERIFICATION);
    rows[i].second(request);
    EXPECT_EQ(ReasonOf(CheckSend(request)), rows[i].first);
  }
}

}  // namespace
}  // namespace waystation::domain
