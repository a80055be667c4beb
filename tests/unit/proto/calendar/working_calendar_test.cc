// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/working_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "proto/calendar/check_calendar.h"
#include "proto/calendar/china_time.h"
#include "tests/unit/proto/calendar/files.h"

namespace waystation::calendar {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const WorkingCalendar& Shipped() {
  static const WorkingCalendar& calendar =
      *new WorkingCalendar(ShippedCalendar());
  return calendar;
}

// What was announced, without its holidays of some years.
WorkingCalendar Without(std::initializer_list<int> years) {
  config::v1::Calendar file = ShippedCalendar();
  auto& all = *file.mutable_years();
  for (const int year : years) {
    for (auto at = all.begin(); at != all.end(); ++at) {
      if (at->year() == year) {
        all.erase(at);
        break;
      }
    }
  }
  return WorkingCalendar(file);
}

TEST(WorkingCalendar, IsShippedWhole) {
  EXPECT_THAT(CheckCalendar(ShippedCalendar()), IsEmpty());
  EXPECT_EQ(Shipped().id(), "cn");
  EXPECT_THAT(Shipped().Covered(), ElementsAre(Pair(2018, 2026)));
  EXPECT_TRUE(Shipped().Covers(2018));
  EXPECT_FALSE(Shipped().Covers(2017));
  EXPECT_FALSE(Shipped().Covers(2027));
}

TEST(WorkingCalendar, KnowsHolidaysAndMakeUpDays) {
  const struct {
    std::string_view day;
    bool works;
    std::string_view why;
  } cases[] = {
      {"2025-09-26", true, "a Friday"},
      {"2025-09-27", false, "a Saturday"},
      {"2025-09-28", true, "the Sunday that makes up for National Day"},
      {"2025-10-01", false, "National Day, a Wednesday"},
      {"2025-10-08", false, "eight days, since Mid-Autumn falls into them"},
      {"2025-10-09", true, "a Thursday again"},
      {"2025-10-11", true, "the Saturday that makes up"},
      {"2025-10-12", false, "a Sunday"},
      {"2025-01-28", false, "New Year's Eve, free by law since 2025"},
      {"2024-02-09", true, "which it was not the year before"},
      {"2020-01-31", false, "prolonged in 2020"},
      {"2020-02-01", false, "no make-up day any more"},
      {"2020-02-02", false, "the last day"},
      {"2020-02-03", true, "the Monday on which work began"},
      {"2020-01-19", true, "the make-up day that had been"},
      {"2019-05-02", false, "four days by the later notice"},
      {"2019-05-05", true, "and a Sunday for them"},
      {"2018-12-29", true, "announced with 2019, in December 2018"},
      {"2018-12-31", false, "likewise"},
      {"2022-12-31", false, "a Saturday, and the next year's holiday"},
      {"2026-01-04", true, "the Sunday after New Year"},
      {"2026-02-23", false, "nine days of spring"},
      {"2026-02-28", true, "the Saturday after them"},
  };
  for (const auto& [day, works, why] : cases) {
    SCOPED_TRACE(std::string(day) + ": " + std::string(why));
    const auto got = Shipped().IsWorkingDay(Day(day));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, works);
  }
}

TEST(WorkingCalendar, CountsForwards) {
  const struct {
    std::string_view day;
    int count;
    std::string_view want;
    std::string_view why;
  } cases[] = {
      {"2025-09-25", 1, "2025-09-26", "the day itself is not counted"},
      {"2025-09-26", 1, "2025-09-28", "over a Saturday, onto a make-up Sunday"},
      {"2025-09-26", 3, "2025-09-30", "up to the eve"},
      {"2025-09-26", 4, "2025-10-09", "over eight days"},
      {"2025-09-26", 6, "2025-10-11", "a make-up Saturday counts"},
      {"2025-09-26", 7, "2025-10-13", "its Sunday does not"},
      {"2025-10-03", 1, "2025-10-09", "an event within a holiday"},
      {"2019-12-31", 1, "2020-01-02", "over the year's end"},
      {"2018-12-28", 1, "2018-12-29", "onto a make-up day in December"},
      {"2018-12-28", 2, "2019-01-02", "over a holiday that began in December"},
      {"2020-01-23", 1, "2020-02-03", "over the spring of 2020"},
      {"2017-12-31", 1, "2018-01-02", "the day of the event is not looked at"},
      {"2026-12-30", 1, "2026-12-31", "the last day that is covered"},
      {"2026-12-31", 1, "CALENDAR_YEAR_MISSING 2027", "the next is not"},
      {"2026-12-30", 2, "CALENDAR_YEAR_MISSING 2027", ""},
      {"2026-01-01", 3660, "CALENDAR_YEAR_MISSING 2027", "the first year"},
      {"2017-12-30", 1, "CALENDAR_YEAR_MISSING 2017", ""},
      {"2031-05-01", 1, "CALENDAR_YEAR_MISSING 2031", ""},
  };
  for (const auto& [day, count, want, why] : cases) {
    EXPECT_EQ(Text(Shipped().After(Day(day), count)), want)
        << day << " + " << count << ": " << why;
  }
}

TEST(WorkingCalendar, CountsBackwards) {
  const struct {
    std::string_view day;
    int count;
    std::string_view want;
  } cases[] = {
      {"2025-10-09", 1, "2025-09-30"},
      {"2025-10-13", 1, "2025-10-11"},
      {"2025-10-13", 5, "2025-09-29"},
      {"2019-01-02", 1, "2018-12-29"},
      {"2018-01-03", 1, "2018-01-02"},
      {"2018-01-02", 1, "CALENDAR_YEAR_MISSING 2017"},
      {"2018-01-01", 1, "CALENDAR_YEAR_MISSING 2017"},
      {"2027-01-01", 1, "2026-12-31"},
      {"2028-01-01", 1, "CALENDAR_YEAR_MISSING 2027"},
  };
  for (const auto& [day, count, want] : cases) {
    EXPECT_EQ(Text(Shipped().Before(Day(day), count)), want)
        << day << " - " << count;
  }
}

TEST(WorkingCalendar, MovesToTheNextWorkingDay) {
  EXPECT_EQ(Text(Shipped().OnOrAfter(Day("2025-09-30"))), "2025-09-30");
  EXPECT_EQ(Text(Shipped().OnOrAfter(Day("2025-10-01"))), "2025-10-09");
  EXPECT_EQ(Text(Shipped().OnOrAfter(Day("2025-09-28"))), "2025-09-28");
  EXPECT_EQ(Text(Shipped().OnOrAfter(Day("2018-01-01"))), "2018-01-02");
  EXPECT_EQ(Text(Shipped().OnOrAfter(Day("2027-01-04"))),
            "CALENDAR_YEAR_MISSING 2027");
  EXPECT_EQ(Text(Without({2025}).OnOrAfter(Day("2024-12-31"))), "2024-12-31");
}

TEST(WorkingCalendar, NeverGuessesOverAYearInBetween) {
  const WorkingCalendar calendar = Without({2021, 2022});
  EXPECT_THAT(calendar.Covered(),
              ElementsAre(Pair(2018, 2020), Pair(2023, 2026)));
  EXPECT_EQ(Text(calendar.After(Day("2020-12-31"), 1)),
            "CALENDAR_YEAR_MISSING 2021");
  EXPECT_EQ(Text(calendar.After(Day("2020-12-25"), 200)),
            "CALENDAR_YEAR_MISSING 2021");
  EXPECT_EQ(Text(calendar.Before(Day("2023-01-03"), 1)),
            "CALENDAR_YEAR_MISSING 2022");
  const auto between =
      calendar.CountBetween(Day("2020-12-31"), Day("2023-01-03"));
  EXPECT_EQ(errors::ReasonOf(between.status()), "CALENDAR_YEAR_MISSING");
  EXPECT_EQ(errors::MetadataOf(between.status())["calendar"], "cn");
  EXPECT_FALSE(calendar.IsWorkingDay(Day("2021-06-01")).ok());
}

TEST(WorkingCalendar, CountsWhatLiesBetween) {
  const auto between = [](std::string_view since, std::string_view until) {
    const auto got = Shipped().CountBetween(Day(since), Day(until));
    return got.ok() ? *got : -1;
  };
  EXPECT_EQ(between("2025-09-30", "2025-10-09"), 1);
  EXPECT_EQ(between("2025-09-30", "2025-10-08"), 0);
  EXPECT_EQ(between("2025-10-09", "2025-10-09"), 0);
  EXPECT_EQ(between("2025-10-09", "2025-09-30"), 0);
  // 261 days from Monday to Friday, of which 18 are holidays, and 5 that make
  // up.
  EXPECT_EQ(between("2024-12-31", "2025-12-31"), 248);
}

// One by one: a count that knows nothing of runs and ranks.
absl::StatusOr<codes::Date> OneByOne(const WorkingCalendar& calendar,
                                     codes::Date day, int count) {
  sys_days at{day};
  while (count > 0) {
    at += days{1};
    const auto works = calendar.IsWorkingDay(codes::Date{at});
    if (!works.ok()) return works.status();
    if (*works) --count;
  }
  return codes::Date{at};
}

rc::Gen<codes::Date> AnyDay() {
  return rc::gen::map(rc::gen::inRange(0, 11 * 366), [](int number) {
    return codes::Date{sys_days{Day("2017-01-01")} + days{number}};
  });
}

RC_GTEST_PROP(WorkingCalendar, CountsAsOneWouldOneByOne, ()) {
  const codes::Date day = *AnyDay();
  const int count = *rc::gen::inRange(1, 400);
  RC_ASSERT(Text(Shipped().After(day, count)) ==
            Text(OneByOne(Shipped(), day, count)));
}

RC_GTEST_PROP(WorkingCalendar, EndsOnWorkingDaysAndRises, ()) {
  const codes::Date day = *AnyDay();
  const codes::Date later{sys_days{day} + days{*rc::gen::inRange(0, 40)}};
  const int count = *rc::gen::inRange(1, 60);
  const auto due = Shipped().After(day, count);
  const auto of_later = Shipped().After(later, count);
  const auto of_more = Shipped().After(day, count + 1);
  if (!due.ok()) return;
  RC_ASSERT(*Shipped().IsWorkingDay(*due));
  RC_ASSERT(sys_days{*due} > sys_days{day});
  if (of_later.ok()) RC_ASSERT(*due <= *of_later);
  if (of_more.ok()) RC_ASSERT(*due < *of_more);
  RC_ASSERT(*Shipped().CountBetween(day, *due) == count);
  const auto back = Shipped().Before(*due, count);
  // From a working day, the way back ends where it began.
  if (back.ok() && *Shipped().IsWorkingDay(day)) RC_ASSERT(*back == day);
}

TEST(ChinaTime, TurnsAtMidnightInShanghai) {
  const std::int64_t midnight = BeginOf(Day("2025-10-01"));
  EXPECT_EQ(midnight, 1'759'248'000'000'000);  // 2025-09-30T16:00:00Z
  EXPECT_EQ(DayOf(midnight), Day("2025-10-01"));
  EXPECT_EQ(DayOf(midnight - 1), Day("2025-09-30"));
  EXPECT_EQ(DayOf(-1), Day("1970-01-01"));
}

}  // namespace
}  // namespace waystation::calendar
