// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/date.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "proto/codes/lunar.h"

namespace waystation::codes {

PartialDate PartialDate::Of(Date date) {
  return {
      .year = static_cast<std::int16_t>(static_cast<int>(date.year())),
      .month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
      .day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()))};
}

std::string FormatDate(const PartialDate& date) {
  std::string out = date.lunar ? "农历" : "";
  const auto append = [&out](const char* format, int number) {
    std::array<char, 16> digits;
    std::snprintf(digits.data(), digits.size(), format, number);
    out.append(digits.data());
  };
  append("%04d", date.year);
  if (date.month == 0) return out;
  append(date.leap_month ? "-闰%02d" : "-%02d", date.month);
  if (date.day != 0) append("-%02d", date.day);
  return out;
}

bool IsPossible(const PartialDate& date) {
  if (date.month == 0) return date.day == 0 && !date.leap_month;
  if (date.month > 12) return false;
  if (!date.lunar) {
    if (date.leap_month) return false;
    return date.day == 0 ||
           Date(std::chrono::year(date.year), std::chrono::month(date.month),
                std::chrono::day(date.day))
               .ok();
  }
  const LunarYear* year = FindLunarYear(date.year);
  if (year == nullptr) return !date.leap_month && date.day <= 30;
  return date.day <= DaysOfLunarMonth(*year, date.month, date.leap_month) &&
         DaysOfLunarMonth(*year, date.month, date.leap_month) > 0;
}

bool Refines(const PartialDate& finer, const PartialDate& coarser) {
  if (finer.lunar != coarser.lunar || finer.year != coarser.year) return false;
  if (coarser.month == 0) return true;
  if (finer.month != coarser.month || finer.leap_month != coarser.leap_month) {
    return false;
  }
  return coarser.day == 0 || finer.day == coarser.day;
}

std::optional<Date> ToSolar(const PartialDate& date) {
  if (date.day == 0 || !IsPossible(date)) return std::nullopt;
  if (date.lunar) {
    const auto day = LunarDay(date.year, date.month, date.leap_month, date.day);
    return day ? std::optional<Date>(*day) : std::nullopt;
  }
  return Date(std::chrono::year(date.year), std::chrono::month(date.month),
              std::chrono::day(date.day));
}

DateAgreement CompareDates(const std::optional<PartialDate>& a,
                           const std::optional<PartialDate>& b) {
  if (!a || !b) return DateAgreement::kMissing;
  const bool days = a->day != 0 && b->day != 0;
  if (*a == *b)
    return days ? DateAgreement::kExact : DateAgreement::kCompatible;
  if (Refines(*a, *b) || Refines(*b, *a)) return DateAgreement::kCompatible;
  if (days) {
    // Either is what it says, or was counted in the lunar calendar without a
    // word about it; also where it fell into a leap month.
    const auto same_day = [](const PartialDate& lunar,
                             const PartialDate& solar) {
      for (const bool leap : {false, true}) {
        PartialDate reading = lunar;
        reading.lunar = true;
        reading.leap_month = leap;
        if (lunar.lunar && lunar.leap_month != leap) continue;
        const auto day = ToSolar(reading);
        if (day && PartialDate::Of(*day) == solar) return true;
      }
      return false;
    };
    const bool lunar_day =
        (!b->lunar && same_day(*a, *b)) || (!a->lunar && same_day(*b, *a));
    PartialDate unmarked_a = *a;
    PartialDate unmarked_b = *b;
    unmarked_a.lunar = unmarked_b.lunar = false;
    unmarked_a.leap_month = unmarked_b.leap_month = false;
    if (lunar_day || unmarked_a == unmarked_b) return DateAgreement::kLunar;
    if (a->lunar == b->lunar && a->year == b->year && a->month == b->day &&
        a->day == b->month) {
      return DateAgreement::kSwapped;
    }
  } else if (a->lunar != b->lunar && std::abs(a->year - b->year) <= 1) {
    // A lunar year runs into the next: without a day nothing contradicts.
    return DateAgreement::kCompatible;
  }
  return DateAgreement::kContradicts;
}

}  // namespace waystation::codes
