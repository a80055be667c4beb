// SPDX-License-Identifier: Apache-2.0
// ParseDate: the parts as written first, then what they can mean.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes/ascii.h"
#include "proto/codes/date.h"
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
  if (!IsDigit(text.front()) && IsPlaceholderWord(text)) {
    return {.date = std::nullopt, .grade = Grade::kPlaceholder};
  }
  const std::optional<Parts> parts =
      ascii ? FromAscii(text) : FromChinese(text);
  if (!parts) return {.date = std::nullopt, .grade = Grade::kFormat};
  return Judge(*parts, today);
}

}  // namespace waystation::codes
