// SPDX-License-Identifier: Apache-2.0
#include "tests/population/spelling.h"

#include <unicode/calendar.h>
#include <unicode/timezone.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/str_format.h"

namespace waystation::population {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

struct Parts {
  int year;
  unsigned month, day;
};

Parts PartsOf(Date date) {
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

std::chrono::hh_mm_ss<std::chrono::seconds> ClockOf(
    std::chrono::sys_seconds time) {
  return std::chrono::hh_mm_ss(time -
                               std::chrono::floor<std::chrono::days>(time));
}

std::string Timed(std::chrono::sys_seconds time, const std::string& day,
                  const char* format) {
  const auto clock = ClockOf(time);
  return day + absl::StrFormat(*absl::ParsedFormat<'d', 'd', 'd'>::New(format),
                               clock.hours().count(), clock.minutes().count(),
                               clock.seconds().count());
}

Date DayOf(std::chrono::sys_seconds time) {
  return Date(std::chrono::floor<std::chrono::days>(time));
}

const char* const kDigits[] = {"〇", "一", "二", "三", "四", "五",
                               "六", "七", "八", "九", "十"};

// 1 to 31: 九, 十, 十二, 二十, 三十一.
std::string ChineseNumber(unsigned number) {
  if (number <= 10) return kDigits[number];
  std::string text = number < 20 ? "" : kDigits[number / 10];
  text += "十";
  if (number % 10 != 0) text += kDigits[number % 10];
  return text;
}

}  // namespace

std::string Compact(Date date) {
  const Parts p = PartsOf(date);
  return absl::StrFormat("%04d%02d%02d", p.year, p.month, p.day);
}

std::string Dashed(Date date) {
  const Parts p = PartsOf(date);
  return absl::StrFormat("%04d-%02d-%02d", p.year, p.month, p.day);
}

std::string Slashed(Date date) {
  const Parts p = PartsOf(date);
  return absl::StrFormat("%d/%d/%d", p.year, p.month, p.day);
}

std::string Dotted(Date date) {
  const Parts p = PartsOf(date);
  return absl::StrFormat("%d.%d.%d", p.year, p.month, p.day);
}

std::string Chinese(Date date) {
  const Parts p = PartsOf(date);
  return absl::StrFormat("%d年%d月%d日", p.year, p.month, p.day);
}

std::string Literary(Date date) {
  const Parts p = PartsOf(date);
  std::string text;
  for (const char digit : std::to_string(p.year)) text += kDigits[digit - '0'];
  return text + "年" + ChineseNumber(p.month) + "月" + ChineseNumber(p.day) +
         "日";
}

std::string CompactTime(std::chrono::sys_seconds time) {
  return Timed(time, Compact(DayOf(time)), "%02d%02d%02d");
}

std::string DashedTime(std::chrono::sys_seconds time) {
  return Timed(time, Dashed(DayOf(time)), " %02d:%02d:%02d");
}

std::string ZonedTime(std::chrono::sys_seconds time) {
  std::string text = DashedTime(time) + "+08:00";
  text[10] = 'T';
  return text;
}

std::string FullWidth(const std::string& text) {
  std::string wide;
  for (const char c : text) {  // U+FF01 is !, and so on.
    const unsigned point = 0xFF01u + static_cast<unsigned>(c - '!');
    wide += static_cast<char>(0xE0 | point >> 12);
    wide += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    wide += static_cast<char>(0x80 | (point & 0x3F));
  }
  return wide;
}

Date LunarDay(Date date) {
  static const std::unique_ptr<icu::Calendar> kCalendar = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::Calendar> calendar(icu::Calendar::createInstance(
        icu::TimeZone::createTimeZone("Asia/Shanghai"),
        icu::Locale("zh@calendar=chinese"), error));
    if (U_FAILURE(error)) std::abort();  // ICU without its data.
    return calendar;
  }();
  UErrorCode error = U_ZERO_ERROR;
  const auto noon = sys_days(date) + std::chrono::hours(4);  // in Shanghai
  kCalendar->setTime(
      static_cast<UDate>(std::chrono::floor<std::chrono::milliseconds>(noon)
                             .time_since_epoch()
                             .count()),
      error);
  const auto month =
      static_cast<unsigned>(kCalendar->get(UCAL_MONTH, error)) + 1;
  const auto day = static_cast<unsigned>(kCalendar->get(UCAL_DATE, error));
  if (U_FAILURE(error)) std::abort();
  // The months before the new year count to the year that ends.
  const bool before = month > static_cast<unsigned>(date.month());
  return year(static_cast<int>(date.year()) - (before ? 1 : 0)) /
         std::chrono::month(month) / std::chrono::day(day);
}

}  // namespace waystation::population
