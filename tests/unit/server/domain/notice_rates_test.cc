// SPDX-License-Identifier: Apache-2.0
#include "server/domain/notice_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "server/domain/notice.h"
#include "waystation/config/v1/calendar.pb.h"

namespace waystation::domain {
namespace {

using v1::Notice;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kDay = 24 * kHour;
const std::string kSuzhou = "public_security.320500";
const std::string kFuyang = "public_security.341200";
const std::string kHefei = "public_security.340100";

std::int64_t At(int year, unsigned month, unsigned day) {
  return calendar::BeginOf(std::chrono::year{year} / std::chrono::month{month} /
                           std::chrono::day{day});
}

// Nine in the morning of a Wednesday; the deadline is the end of its day 15.
const std::int64_t kSent = At(2026, 11, 4) + 9 * kHour;
const std::int64_t kDue = At(2026, 11, 20);
const std::int64_t kLater = At(2027, 6, 1);

NoticeActor By(const std::string& agency, std::int64_t now) {
  return {.agency = agency, .path = "agency", .now = now};
}

NoticeCase SentNotice(Notice::Kind kind = Notice::KIND_RESIDENCE,
                      std::optional<std::int64_t> due = kDue,
                      std::int64_t sent = kSent) {
  v1::SendNoticeRequest request;
  request.set_kind(kind);
  request.set_agency(kFuyang);
  request.add_attributes("name");
  return Send(request, By(kSuzhou, sent), {.agency = kFuyang, .due_time = due});
}

v1::NoticeAnswer Only(Notice::Result result) {
  v1::NoticeAnswer answer;
  answer.set_result(result);
  if (result == Notice::RESULT_NOT_OURS) answer.set_note("of another county");
  return answer;
}

NoticeTally Count(const std::vector<NoticeCase>& notices,
                  std::int64_t now = kLater) {
  NoticeTally tally;
  for (const NoticeCase& notice : notices) {
    const auto standing = StandingOf(notice.stored, now);
    if (standing.has_value()) tally.Add(*standing, std::nullopt);
  }
  return tally;
}

TEST(NoticeRates, WhereOneStands) {
  using Do = std::function<void(NoticeCase&)>;
  const Do accept = [](NoticeCase& n) {
    ASSERT_FALSE(Accept(By(kFuyang, kSent + kDay), n));
  };
  const Do accept_late = [](NoticeCase& n) {
    ASSERT_FALSE(Accept(By(kFuyang, kDue), n));
  };
  const Do answer = [](NoticeCase& n) {
    ASSERT_FALSE(Answer(By(kFuyang, kDue - 1), Only(Notice::RESULT_FOUND), n));
  };
  const Do answer_late = [](NoticeCase& n) {
    ASSERT_FALSE(Answer(By(kFuyang, kDue), Only(Notice::RESULT_FOUND), n));
  };
  const Do turn_down = [](NoticeCase& n) {
    ASSERT_FALSE(
        Answer(By(kFuyang, kSent + kDay), Only(Notice::RESULT_NOT_OURS), n));
  };
  const Do withdraw = [](NoticeCase& n) {
    ASSERT_FALSE(Close(By(kSuzhou, kSent + 2 * kDay), "sent twice", n));
  };
  const Do close = [](NoticeCase& n) {
    ASSERT_FALSE(Close(By(kSuzhou, kLater - 1), "", n));
  };
  const Do look = [](NoticeCase& n) {
    ASSERT_TRUE(Deliver(By(kFuyang, kSent + 1), n));
  };
  const Do pass_on = [](NoticeCase& n) {
    ASSERT_FALSE(Reroute(By(kFuyang, kSent + kDay),
                         {.agency = kHefei, .due_time = kDue + kDay}, "moved",
                         n));
  };
  const Do extend = [](NoticeCase& n) {
    ASSERT_FALSE(
        Extend(By(kFuyang, kSent + kDay), kDue + 15 * kDay, "archive", n));
  };
  // Of the counts, those that are not 0.
  using Want = NoticeTally;
  const auto residence = Notice::KIND_RESIDENCE;
  const auto service = Notice::KIND_SERVICE;
  const struct {
    std::string_view name;
    Notice::Kind kind;
    std::optional<std::int64_t> due;
    std::vector<Do> steps;
    std::int64_t now;
    Want want;
  } cases[] = {
      {"open, not due",
       residence,
       kDue,
       {},
       kDue - 1,
       {.sent = 1, .asked = 1, .pending = 1}},
      {"open, past its deadline",
       residence,
       kDue,
       {look},
       kDue,
       {.sent = 1, .delivered = 1, .asked = 1, .overdue = 1}},
      {"answered in the last moment",
       residence,
       kDue,
       {accept, answer, close},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .asked = 1,
        .answered = 1,
        .answered_in_time = 1,
        .in_time = 1}},
      {"answered a moment late, accepted in time",
       residence,
       kDue,
       {accept, answer_late},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .asked = 1,
        .answered = 1,
        .late = 1}},
      {"accepted late is work, no credit",
       residence,
       kDue,
       {accept_late},
       kLater,
       {.sent = 1, .delivered = 1, .accepted = 1, .asked = 1, .overdue = 1}},
      {"answered without accepting accepts",
       residence,
       kDue,
       {answer_late},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .asked = 1,
        .answered = 1,
        .late = 1}},
      {"as it stood before it was answered",
       residence,
       kDue,
       {accept, answer},
       kSent + 2 * kDay,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .asked = 1,
        .pending = 1}},
      {"before it was sent", residence, kDue, {answer}, kSent - 1, {}},
      {"taken back, whatever came before",
       residence,
       kDue,
       {look, accept, withdraw},
       kLater,
       {.sent = 1, .withdrawn = 1}},
      {"no deadline is never late",
       residence,
       std::nullopt,
       {answer_late},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .asked = 1,
        .answered = 1,
        .answered_in_time = 1,
        .without_deadline = 1}},
      {"extended",
       residence,
       kDue,
       {extend, answer_late},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .asked = 1,
        .answered = 1,
        .answered_in_time = 1,
        .in_time = 1}},
      {"passed on begins anew",
       residence,
       kDue,
       {look, accept, pass_on},
       kDue,
       {.sent = 1, .rerouted = 1, .asked = 1, .pending = 1}},
      {"passed on, then late there",
       residence,
       kDue,
       {pass_on},
       kDue + kDay,
       {.sent = 1, .rerouted = 1, .asked = 1, .overdue = 1}},
      {"passed on and taken back",
       residence,
       kDue,
       {pass_on, withdraw},
       kLater,
       {.sent = 1, .withdrawn = 1, .rerouted = 1}},
      {"a service is done when accepted",
       service,
       kDue,
       {accept},
       kLater,
       {.sent = 1,
        .delivered = 1,
        .accepted = 1,
        .accepted_in_time = 1,
        .in_time = 1}},
      {"a service that is turned down",
       service,
       kDue,
       {turn_down},
       kLater,
       {.sent = 1, .delivered = 1, .in_time = 1}},
  };
  for (const auto& [name, kind, due, steps, now, want] : cases) {
    SCOPED_TRACE(name);
    NoticeCase notice = SentNotice(kind, due);
    for (const Do& step : steps) step(notice);
    EXPECT_EQ(testing::PrintToString(RowOf(Count({notice}, now)).DebugString()),
              testing::PrintToString(RowOf(want).DebugString()));
    EXPECT_EQ(Count({notice}, now), want);
  }
}

TEST(NoticeRates, RatesSayOfWhat) {
  std::vector<NoticeCase> notices(8, SentNotice());
  for (std::size_t i = 0; i < 6; ++i) {
    ASSERT_FALSE(Answer(By(kFuyang, i < 3 ? kDue - 1 : kDue),
                        Only(Notice::RESULT_FOUND), notices[i]));
  }
  ASSERT_FALSE(Close(By(kSuzhou, kSent + 1), "sent twice", notices[7]));
  const v1::NoticeRatesRow row = RowOf(Count(notices));
  const auto is = [](const v1::NoticeRate& rate, std::uint64_t numerator,
                     std::uint64_t denominator) {
    EXPECT_EQ(rate.numerator(), numerator);
    EXPECT_EQ(rate.denominator(), denominator);
    EXPECT_DOUBLE_EQ(rate.value(), static_cast<double>(numerator) /
                                       static_cast<double>(denominator));
  };
  is(row.delivery(), 6, 7);
  is(row.acceptance(), 3, 7);
  is(row.feedback(), 6, 7);
  is(row.timely_feedback(), 3, 7);
  is(row.timeliness(), 3, 7);
  EXPECT_FALSE(RowOf({}).feedback().has_value());
  EXPECT_FALSE(RowOf({}).working_days().has_median());
}

TEST(NoticeRates, DaysByNearestRank) {
  const struct {
    std::map<int, std::uint64_t> days;
    std::uint32_t median;
    std::uint32_t ninetieth;
  } cases[] = {{{{4, 1}}, 4, 4},
               {{{0, 1}, {9, 1}}, 0, 9},
               {{{1, 2}, {5, 1}}, 1, 5},
               {{{1, 9}, {30, 1}}, 1, 1},
               {{{1, 8}, {2, 1}, {30, 1}}, 1, 2},
               {{{1, 5}, {2, 5}}, 1, 2}};
  for (const auto& [days, median, ninetieth] : cases) {
    NoticeTally tally;
    tally.working_days = days;
    const v1::NoticeRatesRow row = RowOf(tally);
    EXPECT_EQ(row.working_days().median(), median);
    EXPECT_EQ(row.working_days().ninetieth(), ninetieth);
    EXPECT_EQ(row.calendar_days().count(), 0U);
  }
}

// The National Day holiday of 2025 was 1 to 8 October, made up for on Sunday 28
// September and Saturday 11 October.
calendar::Calendars Autumn() {
  config::v1::Calendar file;
  file.set_id("cn");
  config::v1::CalendarYear& year = *file.add_years();
  year.set_year(2025);
  config::v1::Holiday& holiday = *year.add_holidays();
  const auto set = [](int month, int day, v1::Date& date) {
    date.set_year(2025);
    date.set_month(month);
    date.set_day(day);
  };
  set(10, 1, *holiday.mutable_since());
  set(10, 8, *holiday.mutable_until());
  set(9, 28, *holiday.add_make_up());
  set(10, 11, *holiday.add_make_up());
  return calendar::Calendars({calendar::WorkingCalendar(file)});
}

TEST(NoticeRates, DaysInTheUnitOfTheDeadline) {
  config::v1::Deadline working;
  working.set_unit(config::v1::DEADLINE_UNIT_WORKING_DAY);
  working.set_calendar("cn");
  config::v1::Deadline calendar;
  calendar.set_unit(config::v1::DEADLINE_UNIT_CALENDAR_DAY);
  const calendar::Calendars calendars = Autumn();
  const auto taken = [&](std::int64_t sent, std::int64_t answered,
                         const config::v1::Deadline* deadline) {
    NoticeCase notice = SentNotice(Notice::KIND_RESIDENCE, std::nullopt, sent);
    EXPECT_FALSE(
        Answer(By(kFuyang, answered), Only(Notice::RESULT_FOUND), notice));
    return DaysTakenBy(*StandingOf(notice.stored, kLater), deadline, calendars);
  };
  const auto is = [](bool is_working, int days) {
    return std::optional(DaysTaken{.working = is_working, .days = days});
  };
  // Friday evening to Monday a week later: Sunday was worked on.
  EXPECT_EQ(taken(At(2025, 9, 26) + 20 * kHour, At(2025, 10, 13) + 1, &working),
            is(true, 7));
  EXPECT_EQ(
      taken(At(2025, 9, 26) + 20 * kHour, At(2025, 10, 13) + 1, &calendar),
      is(false, 17));
  EXPECT_EQ(taken(At(2025, 9, 26), At(2025, 9, 26) + kDay - 1, &working),
            is(true, 0));
  EXPECT_EQ(taken(At(2025, 9, 26) + kDay - 1, At(2025, 9, 27), nullptr),
            is(false, 1));
  // Over the end of the year: days that nobody knows are not guessed.
  EXPECT_EQ(taken(At(2025, 12, 30), At(2026, 1, 5), &calendar), is(false, 6));
  EXPECT_EQ(taken(At(2025, 12, 30), At(2026, 1, 5), &working), std::nullopt);
  // Nothing for what is open, or was taken back.
  NoticeCase open = SentNotice();
  EXPECT_EQ(DaysTakenBy(*StandingOf(open.stored, kLater), nullptr, calendars),
            std::nullopt);
}

TEST(NoticeRates, DaysCountFromWhenItCame) {
  NoticeCase notice = SentNotice();
  ASSERT_FALSE(Reroute(By(kFuyang, kSent + 3 * kDay),
                       {.agency = kHefei, .due_time = std::nullopt}, "moved",
                       notice));
  ASSERT_FALSE(
      Answer(By(kHefei, kSent + 5 * kDay), Only(Notice::RESULT_FOUND), notice));
  const auto standing = StandingOf(notice.stored, kLater);
  EXPECT_EQ(standing->to, kHefei);
  EXPECT_EQ(DaysTakenBy(*standing, nullptr, {}),
            (DaysTaken{.working = false, .days = 2}));
}

// A life as it comes: looks, steps and refusals in any order.
NoticeCase Lived(int seed) {
  NoticeCase notice =
      SentNotice(static_cast<Notice::Kind>(1 + seed % 4),
                 seed % 5 == 0 ? std::nullopt : std::optional(kDue));
  std::int64_t now = kSent;
  for (int i = 0; i < 6; ++i) {
    seed = (seed * 48271 + 11) % 65537;
    now += (seed % 9) * kDay;
    const std::string to = notice.stored.notice().to();
    switch (seed % 7) {
      case 0:
        Deliver(By(to, now), notice);
        break;
      case 1:
        (void)Accept(By(to, now), notice);
        break;
      case 2:
      case 3:
        (void)Answer(By(to, now), Only(Notice::RESULT_NOT_OURS), notice);
        break;
      case 4:
        (void)Reroute(By(to, now), {.agency = kHefei, .due_time = now + kDay},
                      "moved", notice);
        break;
      case 5:
        (void)Extend(By(to, now), kDue + 30 * kDay, "archive", notice);
        break;
      default:
        (void)Close(By(kSuzhou, now), "over", notice);
    }
  }
  return notice;
}

NoticeTally CountLived(const std::vector<int>& seeds, std::int64_t now) {
  NoticeTally tally;
  for (const int seed : seeds) {
    const NoticeCase notice = Lived(seed);
    const auto standing = StandingOf(notice.stored, now);
    if (!standing.has_value()) continue;
    tally.Add(*standing, DaysTakenBy(*standing, nullptr, {}));
  }
  return tally;
}

RC_GTEST_PROP(NoticeRates, TwoHalvesAreTheWhole, ()) {
  const auto seed = rc::gen::inRange(1, 65537);
  const auto first = *rc::gen::container<std::vector<int>>(seed);
  const auto second = *rc::gen::container<std::vector<int>>(seed);
  const std::int64_t now = kSent + *rc::gen::inRange(0, 60) * kDay;
  std::vector<int> all = second;
  all.insert(all.end(), first.begin(), first.end());
  NoticeTally merged = CountLived(first, now);
  merged.Merge(CountLived(second, now));
  RC_ASSERT(merged == CountLived(all, now));
}

RC_GTEST_PROP(NoticeRates, CountsHoldTogether, ()) {
  const auto seeds =
      *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 65537));
  const NoticeTally t =
      CountLived(seeds, kSent + *rc::gen::inRange(0, 60) * kDay);
  RC_ASSERT(t.sent == seeds.size());
  RC_ASSERT(t.sent == t.withdrawn + t.without_deadline + t.in_time + t.late +
                          t.overdue + t.pending);
  RC_ASSERT(t.answered_in_time <= t.answered && t.answered <= t.asked);
  RC_ASSERT(t.accepted_in_time <= t.accepted && t.accepted <= t.delivered);
  RC_ASSERT(t.delivered + t.withdrawn <= t.sent);
}

TEST(NoticeRates, EveryRateSaysHowItIsCounted) {
  std::set<std::string> told;
  for (const v1::NoticeConvention& convention : NoticeConventions()) {
    EXPECT_FALSE(convention.chinese().empty());
    EXPECT_FALSE(convention.english().empty());
    told.insert(convention.figure());
  }
  const auto& row = *v1::NoticeRatesRow::descriptor();
  for (int i = 0; i < row.field_count(); ++i) {
    const auto* type = row.field(i)->message_type();
    if (type == nullptr || type == v1::NoticeCounts::descriptor()) continue;
    EXPECT_TRUE(told.contains(row.field(i)->name())) << row.field(i)->name();
  }
}

}  // namespace
}  // namespace waystation::domain
