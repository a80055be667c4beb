// SPDX-License-Identifier: Apache-2.0
#include "server/domain/dates.h"

#include "proto/calendar/china_time.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::last;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

std::optional<Days> SolarDays(const codes::PartialDate& date) {
  const year y{date.year};
  switch (date.precision()) {
    case codes::DatePrecision::kYear:
      return Days{sys_days{y / 1 / 1}, sys_days{y / 12 / 31}};
    case codes::DatePrecision::kMonth:
      return Days{sys_days{y / month{date.month} / 1},
                  sys_days{y / month{date.month} / last}};
    case codes::DatePrecision::kDay: {
      const auto when = y / month{date.month} / day{date.day};
      if (!when.ok()) return std::nullopt;
      return Days{sys_days{when}, sys_days{when}};
    }
  }
  return std::nullopt;
}

// A lunar month has 29 or 30 days; a year begins with the first of its first
// month.
std::optional<Days> LunarDays(codes::PartialDate date) {
  switch (date.precision()) {
    case codes::DatePrecision::kYear: {
      codes::PartialDate first{date.year, 1, 1, true, false};
      codes::PartialDate next = first;
      ++next.year;
      const auto begin = codes::ToSolar(first);
      const auto end = codes::ToSolar(next);
      if (!begin || !end) return std::nullopt;
      return Days{sys_days{*begin}, sys_days{*end} - days{1}};
    }
    case codes::DatePrecision::kMonth: {
      date.day = 1;
      const auto begin = codes::ToSolar(date);
      if (!begin) return std::nullopt;
      date.day = 30;
      const int length = codes::ToSolar(date) ? 30 : 29;
      return Days{sys_days{*begin}, sys_days{*begin} + days{length - 1}};
    }
    case codes::DatePrecision::kDay: {
      const auto when = codes::ToSolar(date);
      if (!when) return std::nullopt;
      return Days{sys_days{*when}, sys_days{*when}};
    }
  }
  return std::nullopt;
}

// The date without its finest part; nullopt for a year.
std::optional<codes::PartialDate> Coarser(codes::PartialDate date) {
  if (date.precision() == codes::DatePrecision::kYear) return std::nullopt;
  if (date.precision() == codes::DatePrecision::kMonth) {
    date.month = 0;
    date.leap_month = false;
  }
  date.day = 0;
  return date;
}

}  // namespace

codes::PartialDate ToPartial(const v1::Date& date) {
  return {.year = static_cast<std::int16_t>(date.year()),
          .month = static_cast<std::uint8_t>(date.month()),
          .day = static_cast<std::uint8_t>(date.day()),
          .lunar = date.calendar() == v1::Date::CALENDAR_LUNAR,
          .leap_month = date.leap_month()};
}

void SetDate(const codes::PartialDate& date, v1::Date* message) {
  message->set_year(date.year);
  message->set_month(date.month);
  message->set_day(date.day);
  message->set_calendar(date.lunar ? v1::Date::CALENDAR_LUNAR
                                   : v1::Date::CALENDAR_UNSPECIFIED);
  message->set_leap_month(date.leap_month);
}

std::optional<Days> DaysOf(const codes::PartialDate& date) {
  return date.lunar ? LunarDays(date) : SolarDays(date);
}

bool DateRefines(const codes::PartialDate& finer,
                 const codes::PartialDate& coarser) {
  if (finer == coarser) return true;
  if (!finer.lunar && !coarser.lunar) {
    return finer.year == coarser.year &&
           (coarser.month == 0 ||
            (finer.month == coarser.month &&
             (coarser.day == 0 || finer.day == coarser.day)));
  }
  const auto inner = DaysOf(finer);
  if (!inner) {
    // A day that does not exist still says its month and year.
    const auto rest = Coarser(finer);
    return rest && DateRefines(*rest, coarser);
  }
  const auto outer = DaysOf(coarser);
  return outer && outer->first <= inner->first && inner->last <= outer->last;
}

bool MayBeMinor(const codes::PartialDate& birth, codes::Date today) {
  // PIPL art. 31.
  constexpr std::chrono::years kAgeOfConsent{14};
  const auto days = DaysOf(birth);
  if (!days || days->first > std::chrono::sys_days{today}) return false;
  const std::chrono::year_month_day last{days->last};
  const auto birthday =
      (last.year() + kAgeOfConsent) / last.month() / last.day();
  // Whoever was born on 29 February turns 14 on 1 March.
  return std::chrono::sys_days{today} < std::chrono::sys_days{birthday};
}

codes::Date DayOf(std::int64_t microseconds) {
  return calendar::DayOf(microseconds);
}

}  // namespace waystation::domain
