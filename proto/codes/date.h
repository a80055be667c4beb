// SPDX-License-Identifier: Apache-2.0
// Dates as agencies write them, and as much of a date as is known.
//
//     19800209  1980-02-09  1980/2/9  1980.2.9  1980年2月9日  198002  1980
//     一九八〇年二月九日  农历一九八〇年闰四月初九  800209 (two-digit year)
//
// Spreadsheet serial numbers are not dates here: 29260 is FORMAT.

#ifndef WAYSTATION_PROTO_CODES_DATE_H_
#define WAYSTATION_PROTO_CODES_DATE_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

// A day of the Gregorian calendar. Whoever asks passes today: this library
// reads no clock.
using Date = std::chrono::year_month_day;

enum class DatePrecision : std::uint8_t { kYear, kMonth, kDay };

// As much of a date as is known. `month` and `day` are 0 where unknown, and a
// day is never known without its month. A lunar date counts years, months and
// days of the traditional calendar (GB/T 33661-2017); `leap_month` marks 闰月.
struct PartialDate {
  std::int16_t year = 0;
  std::uint8_t month = 0;
  std::uint8_t day = 0;
  bool lunar = false;
  bool leap_month = false;

  static PartialDate Of(Date date);

  DatePrecision precision() const {
    return month == 0 ? DatePrecision::kYear
           : day == 0 ? DatePrecision::kMonth
                      : DatePrecision::kDay;
  }
  auto operator<=>(const PartialDate&) const = default;
};

// What became of one given date. `date` is set unless the grade is MISSING,
// PLACEHOLDER, FORMAT, DATE_IMPOSSIBLE or UNREADABLE.
struct ReadDate {
  std::optional<PartialDate> date;
  Grade grade = Grade::kMissing;
  bool operator==(const ReadDate&) const = default;
};

// Reads any of the shapes above, full-width digits and a trailing time of day
// (which is dropped) included. A lunar mark is 农历, 阴历, 旧历, 闰, 初, 廿,
// 正月, 冬月 or 腊月. A two-digit year is taken as the latest that is not after
// today and graded AMBIGUOUS, as is 200102, which may be a month or a day.
// 1900-01-01, 0000-00-00, 1899-12-30, 9999-12-31 and words such as 不详 are
// PLACEHOLDER. A date after `today` keeps its value and is DATE_FUTURE.
ReadDate ParseDate(std::string_view given, Date today);

// "1980", "1980-02", "1980-02-09"; lunar dates "农历1980-02-09" and
// "农历1980-闰04-09". ParseDate reads all of them back.
std::string FormatDate(const PartialDate& date);

// Whether the parts exist in their calendar: a real day of a real month.
bool IsPossible(const PartialDate& date);

// Whether `finer` says all that `coarser` says, in the same calendar: a date
// refines its month and its year, and itself. A partial order.
bool Refines(const PartialDate& finer, const PartialDate& coarser);

// The Gregorian day of a lunar date of full precision, or the date itself if it
// is Gregorian already. nullopt where that day did not exist (the 30th of a
// short month, a leap month in a year without) or lies outside 1900 to 2100.
// For comparison only: what a source stated is never rewritten.
std::optional<Date> ToSolar(const PartialDate& date);

// How two birth dates of possibly one person relate.
enum class DateAgreement : std::uint8_t {
  kExact,        // the same day
  kCompatible,   // one refines the other
  kLunar,        // the same day if one of them is counted in the lunar calendar
  kSwapped,      // day and month exchanged
  kContradicts,  // none of these
  kMissing,      // at least one is not known
};

DateAgreement CompareDates(const std::optional<PartialDate>& a,
                           const std::optional<PartialDate>& b);

// Whether the agreement is positive evidence for linking: the same day, written
// either way round or in either calendar. A year alone is not.
constexpr bool Agrees(DateAgreement agreement) {
  return agreement == DateAgreement::kExact ||
         agreement == DateAgreement::kLunar ||
         agreement == DateAgreement::kSwapped;
}

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_DATE_H_
