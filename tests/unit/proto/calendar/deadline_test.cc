// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/deadline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "proto/calendar/check_deadlines.h"
#include "proto/calendar/china_time.h"
#include "tests/unit/proto/calendar/files.h"

namespace waystation::calendar {
namespace {

using config::v1::Deadline;
using config::v1::DeadlineProfile;
using std::chrono::days;
using std::chrono::sys_days;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

const Calendars& Cn() {
  static const Calendars& calendars = *new Calendars([] {
    std::vector<WorkingCalendar> all;
    all.emplace_back(ShippedCalendar());
    return all;
  }());
  return calendars;
}

const config::v1::Deadlines& Default() {
  static const config::v1::Deadlines& deadlines = *new config::v1::Deadlines(
      Shipped<config::v1::Deadlines>("deadlines/default.yaml"));
  return deadlines;
}

// "2025-10-09T23:59:59.999999+08:00" as it is stored.
std::int64_t Micros(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error))
      << text << error;
  return absl::ToUnixMicros(time);
}

std::string TextOf(std::int64_t micros) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixMicros(micros),
                          absl::FixedTimeZone(8 * 60 * 60));
}

Deadline Working(int count, std::vector<int> reminders = {}) {
  Deadline deadline;
  deadline.set_unit(config::v1::DEADLINE_UNIT_WORKING_DAY);
  deadline.set_count(count);
  deadline.set_calendar("cn");
  deadline.mutable_reminders()->Add(reminders.begin(), reminders.end());
  return deadline;
}

Deadline Plain(int count, std::vector<int> reminders = {}) {
  Deadline deadline = Working(count, std::move(reminders));
  deadline.set_unit(config::v1::DEADLINE_UNIT_CALENDAR_DAY);
  deadline.clear_calendar();
  return deadline;
}

Deadline Moving(int count) {
  Deadline deadline = Plain(count);
  deadline.set_calendar("cn");
  deadline.set_on_day_off(config::v1::DEADLINE_DAY_OFF_NEXT_WORKING_DAY);
  return deadline;
}

TEST(Deadline, EndsWithItsLastDay) {
  const struct {
    std::string_view name;
    Deadline deadline;
    std::string start;
    std::string_view last_day;
    std::vector<std::string> reminders;
  } cases[] = {
      {"7 working days over National Day",
       Working(7, {2, 0}),
       "2025-09-26T10:00:00+08:00",
       "2025-10-13",
       {"2025-10-10T00:00:00", "2025-10-13T00:00:00"}},
      {"15 working days over National Day",
       Working(15, {5, 2, 0}),
       "2025-09-26T10:00:00+08:00",
       "2025-10-23",
       {"2025-10-16T00:00:00", "2025-10-21T00:00:00", "2025-10-23T00:00:00"}},
      {"the last instant of a day",
       Working(1),
       "2025-09-26T23:59:59.999999+08:00",
       "2025-09-28",
       {}},
      {"is another day than the next",
       Working(1),
       "2025-09-27T00:00:00+08:00",
       "2025-09-28",
       {}},
      {"midnight in Shanghai, not in Greenwich",
       Working(1),
       "2025-09-28T16:00:00Z",
       "2025-09-30",
       {}},
      {"nor just before", Working(1), "2025-09-28T15:59:59Z", "2025-09-29", {}},
      {"a sender's own time zone does not matter",
       Working(1),
       "2025-09-28T11:00:00-05:00",
       "2025-09-30",
       {}},
      {"over the year's end",
       Working(3, {1}),
       "2019-12-30T09:00:00+08:00",
       "2020-01-03",
       {"2020-01-02T00:00:00"}},
      {"15 calendar days, nobody asks who works",
       Plain(15, {5, 0}),
       "2025-09-20T09:00:00+08:00",
       "2025-10-05",
       {"2025-09-30T00:00:00", "2025-10-05T00:00:00"}},
      {"30 calendar days over a leap day",
       Plain(30),
       "2024-02-01T00:00:00+08:00",
       "2024-03-02",
       {}},
      {"calendar days need no calendar, in any year",
       Plain(30),
       "2040-01-31T12:00:00+08:00",
       "2040-03-01",
       {}},
      {"the last day moves off a holiday where that is asked for",
       Moving(15),
       "2025-09-20T09:00:00+08:00",
       "2025-10-09",
       {}},
      {"and stays where it is a working day",
       Moving(10),
       "2025-09-18T09:00:00+08:00",
       "2025-09-28",
       {}},
  };
  for (const auto& [name, deadline, start, last_day, reminders] : cases) {
    SCOPED_TRACE(name);
    const auto due = DueOf(deadline, Cn(), Micros(start));
    ASSERT_TRUE(due.ok()) << due.status();
    EXPECT_EQ(Text(due->last_day), last_day);
    // The first instant of the day after: 24:00 of the last.
    EXPECT_EQ(
        TextOf(due->until),
        Text(codes::Date{sys_days{due->last_day} + days{1}}) + "T00:00:00");
    std::vector<std::string> got;
    for (const std::int64_t at : due->reminders) got.push_back(TextOf(at));
    EXPECT_THAT(got, ElementsAreArray(reminders));
    EXPECT_EQ(*due, *DueOfDay(deadline, Cn(), DayOf(Micros(start))));
  }
}

TEST(Deadline, IsRefusedWhereTheCalendarSaysNothing) {
  const auto late = DueOfDay(Working(15), Cn(), Day("2026-12-20"));
  EXPECT_EQ(errors::ReasonOf(late.status()), "CALENDAR_YEAR_MISSING");
  EXPECT_EQ(errors::MetadataOf(late.status()),
            (std::map<std::string, std::string>{
                {"calendar", "cn"},
                {"rule", "calendar cn does not cover 2027"},
                {"year", "2027"}}));
  EXPECT_EQ(
      errors::ReasonOf(DueOfDay(Moving(15), Cn(), Day("2026-12-20")).status()),
      "CALENDAR_YEAR_MISSING");
  EXPECT_TRUE(DueOfDay(Plain(15), Cn(), Day("2026-12-20")).ok());
  Deadline other = Working(15);
  other.set_calendar("nowhere");
  const auto unknown = DueOfDay(other, Cn(), Day("2026-06-01"));
  EXPECT_EQ(errors::ReasonOf(unknown.status()), "CALENDAR_UNKNOWN");
}

TEST(Deadline, TellsHowLongThereIs) {
  const struct {
    Deadline deadline;
    std::string_view last_day;
    std::string_view today;
    int left;
  } cases[] = {
      {Working(15), "2025-10-23", "2025-09-26", 15},
      {Working(15), "2025-10-23", "2025-10-22", 1},
      {Working(15), "2025-10-23", "2025-10-23", 0},
      {Working(15), "2025-10-23", "2025-10-24", -1},
      {Working(15), "2025-10-23", "2025-10-26", -1},
      {Working(15), "2025-10-23", "2025-10-27", -2},
      // The eve of National Day.
      {Working(1), "2025-09-30", "2025-10-08", 0},
      {Working(1), "2025-09-30", "2025-10-09", -1},
      {Working(1), "2025-10-09", "2025-10-01", 1},
      {Plain(15), "2025-10-05", "2025-09-20", 15},
      {Plain(15), "2025-10-05", "2025-10-05", 0},
      {Plain(15), "2025-10-05", "2025-10-09", -4},
      {Plain(15), "2031-10-05", "2031-10-09", -4},
  };
  for (const auto& [deadline, last_day, today, left] : cases) {
    SCOPED_TRACE(std::string(last_day) + " from " + std::string(today));
    const auto got = DaysLeft(deadline, Cn(), Day(last_day), Day(today));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, left);
  }
  const auto late =
      DaysLeft(Working(1), Cn(), Day("2026-12-31"), Day("2027-01-04"));
  EXPECT_EQ(errors::ReasonOf(late.status()), "CALENDAR_YEAR_MISSING");
  const auto nowhere =
      DaysLeft(Working(1), Calendars(), Day("2025-10-23"), Day("2025-10-22"));
  EXPECT_EQ(errors::ReasonOf(nowhere.status()), "CALENDAR_UNKNOWN");
}

// Whatever the unit, and wherever the years are covered.
RC_GTEST_PROP(Deadline, RisesWithItsCountAndItsStart, ()) {
  const std::int64_t first = BeginOf(Day("2017-06-01"));
  const std::int64_t last = BeginOf(Day("2026-12-31"));
  const std::int64_t start = *rc::gen::inRange(first, last);
  const std::int64_t later =
      start + *rc::gen::inRange<std::int64_t>(0, 40'000'000'000'000);
  const int count = *rc::gen::inRange(1, 60);
  const int unit = *rc::gen::inRange(0, 3);
  const auto make = [&](int of) {
    return unit == 0   ? Working(of, {0})
           : unit == 1 ? Plain(of, {0})
                       : Moving(of);
  };
  const auto due = DueOf(make(count), Cn(), start);
  const auto of_later = DueOf(make(count), Cn(), later);
  const auto of_more = DueOf(make(count + 1), Cn(), start);
  if (!due.ok()) return;
  if (unit != 1) {
    RC_ASSERT(*Cn().Find("cn")->IsWorkingDay(due->last_day));
  }
  RC_ASSERT(due->until > start);
  RC_ASSERT(DayOf(due->until - 1) == due->last_day);
  for (const std::int64_t at : due->reminders) RC_ASSERT(at < due->until);
  if (unit != 2) {
    RC_ASSERT(*DaysLeft(make(count), Cn(), due->last_day, DayOf(start)) ==
              count);
  }
  if (of_later.ok()) RC_ASSERT(due->until <= of_later->until);
  if (of_more.ok()) RC_ASSERT(due->until <= of_more->until);
}

// Domain facts 2.3 and 2.8.
TEST(DefaultDeadlines, AreThoseOfTheStatutes) {
  EXPECT_THAT(CheckDeadlines(Default(), &Cn()), IsEmpty());
  using config::v1::DEADLINE_URGENCY_ORDINARY;
  using config::v1::DEADLINE_URGENCY_URGENT;
  const struct {
    std::string_view kind;
    config::v1::DeadlineAct act;
    config::v1::DeadlineUrgency urgency;
    std::string_view id;
    std::string_view length;
  } cases[] = {
      {"verification_request", config::v1::DEADLINE_ACT_SEND,
       DEADLINE_URGENCY_ORDINARY, "verification_send", "7 working"},
      {"verification_request", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_ORDINARY, "verification_answer", "15 working"},
      {"verification_request", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_URGENT, "verification_answer_urgent", "7 working"},
      {"result_notice", config::v1::DEADLINE_ACT_SEND,
       DEADLINE_URGENCY_ORDINARY, "result_send", "15 working"},
      {"residence_notice", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_URGENT, "residence_answer", "15 working"},
      {"enquiry", config::v1::DEADLINE_ACT_ANSWER, DEADLINE_URGENCY_ORDINARY,
       "enquiry_answer", "30 calendar"},
      {"enquiry", config::v1::DEADLINE_ACT_ANSWER, DEADLINE_URGENCY_URGENT,
       "enquiry_answer_urgent", "15 calendar"},
      {"service_notice", config::v1::DEADLINE_ACT_ACCEPT,
       DEADLINE_URGENCY_ORDINARY, "service_accept", "30 calendar"},
      {"correction_request", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_ORDINARY, "correction_answer", "10 working"},
      {"one_sided_record", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_ORDINARY, "one_sided_answer", "30 calendar"},
      {"erasure", config::v1::DEADLINE_ACT_ANSWER, DEADLINE_URGENCY_ORDINARY,
       "withdrawal_answer", "15 working"},
      {"verification_request", config::v1::DEADLINE_ACT_REROUTE,
       DEADLINE_URGENCY_URGENT, "reroute", "3 working"},
      {"anything", config::v1::DEADLINE_ACT_REROUTE, DEADLINE_URGENCY_ORDINARY,
       "reroute", "3 working"},
      {"anything", config::v1::DEADLINE_ACT_ANSWER, DEADLINE_URGENCY_ORDINARY,
       "", ""},
      {"service_notice", config::v1::DEADLINE_ACT_ANSWER,
       DEADLINE_URGENCY_ORDINARY, "", ""},
  };
  for (const auto& [kind, act, urgency, id, length] : cases) {
    SCOPED_TRACE(std::string(kind) + " " + std::string(id));
    const DeadlineProfile* const found =
        FindProfile(Default(), kind, act, urgency);
    ASSERT_EQ(found != nullptr, !id.empty());
    if (found == nullptr) continue;
    EXPECT_EQ(found->id(), id);
    const bool working =
        found->deadline().unit() == config::v1::DEADLINE_UNIT_WORKING_DAY;
    EXPECT_EQ(std::to_string(found->deadline().count()) +
                  (working ? " working" : " calendar"),
              length);
  }
}

TEST(FindProfile, PrefersTheKindToTheUrgency) {
  config::v1::Deadlines deadlines;
  const auto add = [&](std::string id, std::vector<std::string> kinds,
                       config::v1::DeadlineUrgency urgency) {
    DeadlineProfile& profile = *deadlines.add_profiles();
    profile.set_id(std::move(id));
    profile.set_act(config::v1::DEADLINE_ACT_ANSWER);
    profile.set_urgency(urgency);
    profile.mutable_kinds()->Add(kinds.begin(), kinds.end());
  };
  add("any", {}, config::v1::DEADLINE_URGENCY_UNSPECIFIED);
  add("any urgent", {}, config::v1::DEADLINE_URGENCY_URGENT);
  add("kind", {"a", "b"}, config::v1::DEADLINE_URGENCY_UNSPECIFIED);
  add("kind urgent", {"a"}, config::v1::DEADLINE_URGENCY_URGENT);
  const auto id_of = [&](std::string_view kind,
                         config::v1::DeadlineUrgency urgency) {
    const auto* const found =
        FindProfile(deadlines, kind, config::v1::DEADLINE_ACT_ANSWER, urgency);
    return found == nullptr ? "" : found->id();
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(id_of("a", config::v1::DEADLINE_URGENCY_URGENT), "kind urgent");
    EXPECT_EQ(id_of("a", config::v1::DEADLINE_URGENCY_ORDINARY), "kind");
    EXPECT_EQ(id_of("b", config::v1::DEADLINE_URGENCY_URGENT), "kind");
    EXPECT_EQ(id_of("c", config::v1::DEADLINE_URGENCY_URGENT), "any urgent");
    EXPECT_EQ(id_of("c", config::v1::DEADLINE_URGENCY_ORDINARY), "any");
    // The order of the file is nobody's intention.
    std::reverse(deadlines.mutable_profiles()->begin(),
                 deadlines.mutable_profiles()->end());
  }
}

}  // namespace
}  // namespace waystation::calendar
