// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/date.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "proto/codes/ascii.h"
#include "proto/codes/lunar.h"
#include "proto/codes/text.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

constexpr int kFirstYear = 1800;
constexpr int kLastYear = 2999;

// Year, month and day as written, -1 where absent; 0 stands for "unknown".
struct Parts {
  int year = -1;
  int month = -1;
  int day = -1;
  bool lunar = false;
  bool leap = false;
  bool two_digit_year = false;
  bool ambiguous = false;
};

bool IsPlaceholderDate(int year, int month, int day) {
  static constexpr std::array<std::array<int, 3>, 6> kFillers = {{
      {1900, 1, 1},    // many systems' default
      {1899, 12, 30},  // day 0 of spreadsheets
      {1899, 12, 31},
      {1, 1, 1},
      {1111, 11, 11},
      {9999, 12, 31},
  }};
  if (year == 0 || year == 9999) return true;
  for (const auto& filler : kFillers) {
    if (filler == std::array<int, 3>{year, month, day}) return true;
  }
  return false;
}

// "1980-02-09 00:00:00", "1980-02-09T00:00:00Z": the part before the time.
std::string_view WithoutTime(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return text;
  const std::size_t cut = text.find_last_of(" T", colon);
  return cut == std::string_view::npos ? text : text.substr(0, cut);
}

// Digits without separator.
std::optional<Parts> FromDigits(std::string_view digits) {
  switch (digits.size()) {
    case 4:
      return Parts{.year = ToInt(digits)};
    case 6: {
      const int year = ToInt(digits.substr(0, 4));
      const int month = ToInt(digits.substr(4));
      const bool as_month = year >= 1900 && year < 2100 && month <= 12;
      const int month2 = ToInt(digits.substr(2, 2));
      const int day2 = ToInt(digits.substr(4));
      const bool as_day =
          month2 >= 1 && month2 <= 12 && day2 >= 1 && day2 <= 31;
      if (as_month) {
        return Parts{.year = year, .month = month, .ambiguous = as_day};
      }
      return Parts{.year = ToInt(digits.substr(0, 2)),
                   .month = month2,
                   .day = day2,
                   .two_digit_year = true};
    }
    case 14:  // with hours, minutes and seconds
    case 12:
      digits = digits.substr(0, 8);
      [[fallthrough]];
    case 8:
      return Parts{.year = ToInt(digits.substr(0, 4)),
                   .month = ToInt(digits.substr(4, 2)),
                   .day = ToInt(digits.substr(6, 2))};
    default:
      return std::nullopt;
  }
}

std::optional<Parts> FromAscii(std::string_view text) {
  text = Trim(WithoutTime(text));
  std::array<std::string_view, 3> groups;
  std::size_t count = 0;
  char separator = 0;
  while (true) {
    const std::size_t end = text.find_first_of("-/. ");
    if (count == groups.size()) return std::nullopt;
    groups[count++] = text.substr(0, end);
    if (!IsDigits(groups[count - 1])) return std::nullopt;
    if (end == std::string_view::npos) break;
    if (separator != 0 && text[end] != separator) return std::nullopt;
    separator = text[end];
    text.remove_prefix(end + 1);
  }
  if (count == 1) return FromDigits(groups[0]);
  if (groups[0].size() != 4 && !(groups[0].size() == 2 && count == 3)) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < count; ++i) {
    if (groups[i].size() > 2) return std::nullopt;
  }
  Parts parts{.year = ToInt(groups[0]), .month = ToInt(groups[1])};
  if (count == 3) parts.day = ToInt(groups[2]);
  parts.two_digit_year = groups[0].size() == 2;
  return parts;
}

// A Chinese or other digit; -1 for anything else.
int Digit(char32_t point) {
  switch (point) {
    case U'〇':
    case U'○':
    case U'零':
    case U'Ｏ':
    case U'O':
      return 0;
    case U'一':
    case U'壹':
      return 1;
    case U'二':
    case U'贰':
    case U'两':
      return 2;
    case U'三':
    case U'叁':
      return 3;
    case U'四':
    case U'肆':
      return 4;
    case U'五':
    case U'伍':
      return 5;
    case U'六':
    case U'陆':
      return 6;
    case U'七':
    case U'柒':
      return 7;
    case U'八':
    case U'捌':
      return 8;
    case U'九':
    case U'玖':
      return 9;
    default:
      return point >= '0' && point <= '9' ? static_cast<int>(point - '0') : -1;
  }
}

// 1, 12, 十, 十二, 二十, 二十三, 廿三, 卅, 初九 (which marks a lunar day);
// nullopt if the whole is no number up to 39.
std::optional<int> SmallNumber(std::u32string_view text, bool& lunar) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  if (text.front() == U'初') {
    lunar = true;
    text.remove_prefix(1);
    if (text.size() == 1 && text[0] == U'十') return 10;
    const int digit = text.size() == 1 ? Digit(text[0]) : -1;
    return digit >= 1 ? std::optional(digit) : std::nullopt;
  }
  int tens = 0;
  if (text.front() == U'廿' || text.front() == U'卅') {
    lunar = true;
    tens = text.front() == U'廿' ? 2 : 3;
    text.remove_prefix(1);
  } else if (const std::size_t ten = text.find_first_of(U"十拾");
             ten != std::u32string_view::npos) {
    tens = ten == 0 ? 1 : ten == 1 ? Digit(text[0]) : -1;
    if (tens < 1 || tens > 3) return std::nullopt;
    text.remove_prefix(ten + 1);
  } else if (text.size() == 2) {
    tens = Digit(text[0]);
    if (tens < 0) return std::nullopt;
    text.remove_prefix(1);
  }
  if (text.empty()) return tens * 10;
  const int ones = text.size() == 1 ? Digit(text[0]) : -1;
  return ones < 0 ? std::nullopt : std::optional(tens * 10 + ones);
}

bool Consume(std::u32string_view& text, std::u32string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// 一九八〇年二月初九, 农历1980年闰4月9日, 1980年, 农历1980-闰04-09.
std::optional<Parts> FromChinese(std::string_view utf8) {
  std::u32string points;
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t point = NextCodePoint(utf8, i);
    if (point != ' ') points.push_back(point);
  }
  std::u32string_view text = points;
  Parts parts;
  bool solar = false;
  for (const std::u32string_view mark : {U"农历", U"農曆", U"阴历", U"旧历"}) {
    if (Consume(text, mark)) parts.lunar = true;
  }
  for (const std::u32string_view mark : {U"公历", U"阳历", U"新历", U"公元"}) {
    if (Consume(text, mark)) solar = true;
  }
  if (text.size() == 8 &&
      text.find_first_not_of(U"0123456789") == std::u32string_view::npos) {
    points = std::u32string(text.substr(0, 4)) + U"-" +
             std::u32string(text.substr(4, 2)) + U"-" +
             std::u32string(text.substr(6));
    text = points;
  }

  const std::size_t year_end = text.find_first_of(U"年-");
  const std::u32string_view year = text.substr(0, year_end);
  if (year.size() != 4 && year.size() != 2) return std::nullopt;
  parts.year = 0;
  for (const char32_t point : year) {
    const int digit = Digit(point);
    if (digit < 0) return std::nullopt;
    parts.year = parts.year * 10 + digit;
  }
  parts.two_digit_year = year.size() == 2;
  if (year_end == std::u32string_view::npos) return parts;
  text.remove_prefix(year_end + 1);
  if (text.empty()) return parts;

  if (Consume(text, U"闰") || Consume(text, U"閏")) {
    parts.leap = parts.lunar = true;
  }
  const std::size_t month_end = text.find_first_of(U"月-");
  const std::u32string_view month = text.substr(0, month_end);
  if (month == U"正" || month == U"冬" || month == U"腊" || month == U"臘") {
    parts.month = month == U"正" ? 1 : month == U"冬" ? 11 : 12;
    parts.lunar = true;
  } else if (month == U"元") {
    parts.month = 1;
  } else if (const auto number = SmallNumber(month, parts.lunar)) {
    parts.month = *number;
  } else {
    return std::nullopt;
  }
  if (month_end == std::u32string_view::npos) {
    return parts.lunar || points.find(U'年') == std::u32string::npos
               ? std::optional(parts)
               : std::nullopt;
  }
  text.remove_prefix(month_end + 1);
  if (text.empty()) return parts;
  if (const std::size_t end = text.find_first_of(U"日号");
      end != std::u32string_view::npos) {
    const std::u32string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.find(U':') == std::u32string_view::npos) {
      return std::nullopt;  // more than a time of day follows
    }
    text = text.substr(0, end);
  }
  const auto day = SmallNumber(text, parts.lunar);
  if (!day) return std::nullopt;
  parts.day = *day;
  if (solar) parts.lunar = false;
  return parts;
}

bool IsAfter(const PartialDate& date, Date today) {
  const PartialDate now = PartialDate::Of(today);
  if (date.lunar) {
    if (const auto solar = ToSolar(date)) return *solar > today;
    return date.year > now.year;
  }
  if (date.year != now.year) return date.year > now.year;
  if (date.month != now.month) return date.month > now.month;
  return date.day > now.day;
}

// Two digits mean the latest year that does not lie after today.
int FullYear(int two_digits, int month, int day, Date today) {
  const int century = static_cast<int>(today.year()) / 100 * 100;
  const PartialDate recent{
      .year = static_cast<std::int16_t>(century + two_digits),
      .month = static_cast<std::uint8_t>(month),
      .day = static_cast<std::uint8_t>(day)};
  return IsAfter(recent, today) ? recent.year - 100 : recent.year;
}

ReadDate Judge(Parts parts, Date today) {
  const auto bad = [](Grade grade) {
    return ReadDate{.date = std::nullopt, .grade = grade};
  };
  const int month = parts.month > 0 ? parts.month : 0;
  const int day = parts.day > 0 ? parts.day : 0;
  if (month > 13 || day > 39 || (month == 0 && day != 0)) {
    return bad(Grade::kDateImpossible);
  }
  if (parts.two_digit_year) {
    if (parts.year == 0 && month == 0) return bad(Grade::kPlaceholder);
    parts.year = FullYear(parts.year, month, day, today);
  } else if (IsPlaceholderDate(parts.year, month, day)) {
    return bad(Grade::kPlaceholder);
  }
  if (parts.year < kFirstYear || parts.year > kLastYear) {
    return bad(Grade::kDateImpossible);
  }
  const PartialDate date{.year = static_cast<std::int16_t>(parts.year),
                         .month = static_cast<std::uint8_t>(month),
                         .day = static_cast<std::uint8_t>(day),
                         .lunar = parts.lunar,
                         .leap_month = parts.leap};
  if (!IsPossible(date)) return bad(Grade::kDateImpossible);
  const Grade reading =
      parts.two_digit_year || parts.ambiguous ? Grade::kAmbiguous : Grade::kOk;
  return {.date = date,
          .grade = IsAfter(date, today) ? Grade::kDateFuture : reading};
}

}  // namespace

PartialDate PartialDate::Of(Date date) {
  return {
      .year = static_cast<std::int16_t>(static_cast<int>(date.year())),
      .month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
      .day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()))};
}

ReadDate ParseDate(std::string_view given, Date today) {
  const std::string_view trimmed = Trim(given);
  if (trimmed.empty()) return {};
  // The shape of nearly all: eight digits, or ten characters with two hyphens.
  std::string folded;
  std::string_view text = trimmed;
  bool ascii = true;
  for (const char c : trimmed) ascii = ascii && (c >= 0x20 && c < 0x7F);
  if (!ascii) {
    if (!IsUtf8(trimmed) || HasControl(trimmed)) {
      return {.date = std::nullopt, .grade = Grade::kUnreadable};
    }
    folded = FoldWidth(trimmed);
    text = folded;
    ascii = true;
    for (const char c : text) ascii = ascii && (c >= 0x20 && c < 0x7F);
  }
  if (IsPlaceholderWord(text)) {
    return {.date = std::nullopt, .grade = Grade::kPlaceholder};
  }
  const std::optional<Parts> parts =
      ascii ? FromAscii(text) : FromChinese(text);
  if (!parts) return {.date = std::nullopt, .grade = Grade::kFormat};
  return Judge(*parts, today);
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
