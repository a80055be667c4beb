// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/name.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

#include "proto/codes/ascii.h"
#include "proto/codes/name_tables.h"
#include "proto/codes/text.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

// Characters that are normalised already, whatever stands beside them.
constexpr bool IsCleanHan(char32_t point) {
  return (point >= 0x4E00 && point <= 0x9FFF) ||
         (point >= 0x3400 && point <= 0x4DBF) ||
         (point >= 0x20000 && point <= 0x2EBEF) ||
         (point >= 0x30000 && point <= 0x323AF);
}

bool IsClean(std::string_view name) {
  for (std::size_t i = 0; i < name.size();) {
    if (!IsCleanHan(NextCodePoint(name, i))) return false;
  }
  return !name.empty();
}

// What is in use between the parts of a name where U+00B7 belongs.
constexpr bool IsSeparator(char32_t point) {
  switch (point) {
    case 0x00B7:
    case 0x2027:
    case 0x2022:
    case 0x2219:
    case 0x22C5:
    case 0x30FB:
    case 0xFF65:
    case 0x318D:
    case 0x25CF:
    case 0x3002:
    case 0xFF61:
    case 0x2024:
    case 0x0387:
    case 0x2E31:
    case 0x16EB:
    case 0x2218:
    case 0x25E6:
    case 0x26AB:
    case 0x02D9:
      return true;
    default:
      return false;
  }
}

// What is printed, or left by a lossy conversion, where a character has no
// code.
constexpr bool IsUnmappedSign(char32_t point) {
  switch (point) {
    case 0x2580:
    case 0x2588:
    case 0x25A0:
    case 0x25A1:
    case 0x25A2:
    case 0x25AF:
    case 0x25FB:
    case 0x3013:
    case 0xFFFD:
    case '?':
    case '*':
      return true;
    default:
      return IsPrivateUse(point);
  }
}

bool IsLetter(char32_t point) {
  return IsHan(point) || point == kUnmappedPoint ||
         u_isalpha(static_cast<UChar32>(point));
}

bool IsWide(char32_t point) {
  return IsHan(point) || point == kUnmappedPoint || point == kSeparatorPoint;
}

bool IsSpace(char32_t point) {
  return u_isUWhiteSpace(static_cast<UChar32>(point));
}

// One sign for each thing that is written in many ways.
std::u32string Unify(std::string_view text) {
  std::u32string points;
  char32_t before = 0;  // the last that is no space
  for (std::size_t i = 0; i < text.size();) {
    char32_t point = NextCodePoint(text, i);
    if (IsPrivateUse(point)) {
      if (const char32_t standard = FromPrivateUse(point)) point = standard;
    }
    if (IsUnmappedSign(point)) {
      point = kUnmappedPoint;
    } else if (IsSeparator(point) ||
               // A full stop parts Chinese names; in Latin ones it abbreviates.
               (point == '.' && IsWide(before))) {
      point = kSeparatorPoint;
    }
    points.push_back(point);
    if (!IsSpace(point)) before = point;
  }
  return points;
}

// Drops spaces beside Chinese characters, repeated ones, and separators that
// part nothing.
std::u32string Space(const std::u32string& points) {
  std::u32string out;
  bool space = false;
  for (const char32_t point : points) {
    if (IsSpace(point)) {
      space = true;
      continue;
    }
    const bool parts = point == kSeparatorPoint;
    if (parts && (out.empty() || out.back() == kSeparatorPoint)) continue;
    if (space && !out.empty() && !IsWide(out.back()) && !IsWide(point)) {
      out.push_back(' ');
    }
    space = false;
    out.push_back(point);
  }
  while (!out.empty() && out.back() == kSeparatorPoint) out.pop_back();
  return out;
}

// Words entered where a name was missing or not yet given.
bool IsPlaceholderName(std::string_view name) {
  static const auto& words = *new std::unordered_set<std::string_view>{
      "无名氏", "无名",     "未取名", "未命名",   "未起名", "没取名",
      "未定名", "尚未取名", "新生儿", "新生婴儿", "婴儿",   "弃婴",
      "姓名",   "无姓名",   "测试",   "测试人员", "本人",   "户主"};
  if (words.contains(name) || IsPlaceholderWord(name)) return true;
  // 张某, 某某; 张三之子, 李四之女.
  if (name.find("某") != std::string_view::npos) return true;
  return Length(name) >= 4 &&
         (name.ends_with("之子") || name.ends_with("之女") ||
          name.ends_with("之婴") || name.ends_with("的儿子") ||
          name.ends_with("的女儿"));
}

std::u32string Decode(std::string_view text) {
  std::u32string points;
  points.reserve(text.size() / 3 + 1);
  for (std::size_t i = 0; i < text.size();) {
    points.push_back(NextCodePoint(text, i));
  }
  return points;
}

std::string Encode(std::u32string_view points) {
  std::string text;
  text.reserve(points.size() * 3);
  for (const char32_t point : points) AppendCodePoint(text, point);
  return text;
}

// Accented letters, and the accents that stand by themselves. In other scripts
// marks are vowels.
constexpr bool IsLatinBeyondAscii(char32_t point) {
  return (point >= 0xC0 && point <= 0x36F) ||
         (point >= 0x1E00 && point <= 0x1EFF);
}

// Letters in lower case, Latin ones without accents; nothing for other ASCII.
void AppendPlain(std::string& out, char32_t point) {
  if (point < 0x80) {
    const char c = ToLower(static_cast<char>(point));
    if (IsDigit(c) || (c >= 'a' && c <= 'z')) out.push_back(c);
    return;
  }
  const auto lower =
      static_cast<char32_t>(u_tolower(static_cast<UChar32>(point)));
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  if (!IsLatinBeyondAscii(lower) || U_FAILURE(error)) {
    AppendCodePoint(out, lower);
    return;
  }
  const icu::UnicodeString parts =
      nfd->normalize(icu::UnicodeString(static_cast<UChar32>(lower)), error);
  for (int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
    const UChar32 part = parts.char32At(i);
    if (u_charType(part) != U_NON_SPACING_MARK) {
      AppendCodePoint(out, static_cast<char32_t>(part));
    }
  }
}

}  // namespace

Name ReadName(std::string_view given) {
  std::string text;
  Grade grade = Grade::kOk;
  if (IsClean(given)) {
    text.assign(given);
  } else {
    const std::string_view trimmed = Trim(given);
    if (trimmed.empty()) return {};
    if (!IsUtf8(trimmed) || HasControl(trimmed)) {
      return {.text = {}, .grade = Grade::kUnreadable};
    }
    const std::u32string points = Space(Unify(ToNfc(FoldWidth(trimmed))));
    if (std::none_of(points.begin(), points.end(), IsLetter)) {
      return {.text = {},
              .grade = IsPlaceholderWord(FoldWidth(trimmed))
                           ? Grade::kPlaceholder
                           : Grade::kFormat};
    }
    // What was private use may be standard now, and compose.
    text = ToNfc(Encode(points));
    if (HasUnmapped(text)) grade = Grade::kUnmappedCharacter;
  }
  if (IsPlaceholderName(text)) grade = Grade::kPlaceholder;
  return {.text = std::move(text), .grade = grade};
}

bool HasUnmapped(std::string_view name) {
  return name.find(kUnmapped) != std::string_view::npos;
}

bool IsNobody(std::string_view name) {
  return name.empty() || IsPlaceholderName(name);
}

std::string FoldVariants(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t i = 0; i < name.size();) {
    const char32_t point = NextCodePoint(name, i);
    if (point != kSeparatorPoint) AppendCodePoint(out, StandardForm(point));
  }
  return out;
}

std::string Pinyin(std::string_view name) {
  const std::u32string points = Decode(name);
  std::string out;
  const auto word = [&out](std::string_view reading) {
    if (!out.empty() && out.back() != ' ') out.push_back(' ');
    out.append(reading);
  };
  bool in_word = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i == 0 && points.size() > 2) {
      const std::string_view compound = SurnameReading(points[0], points[1]);
      if (!compound.empty()) {
        word(compound);
        ++i;
        continue;
      }
    }
    std::string_view reading;
    if (i == 0) reading = SurnameReading(points[0]);
    if (reading.empty()) reading = ReadingOf(points[i]);
    if (!reading.empty()) {
      word(reading);
      in_word = false;
    } else if (points[i] == kUnmappedPoint || IsHan(points[i])) {
      word(Encode(std::u32string_view(&points[i], 1)));
      in_word = false;
    } else if (points[i] == kSeparatorPoint || points[i] == ' ') {
      in_word = false;
    } else {
      if (!in_word) word("");
      AppendPlain(out, points[i]);
      in_word = true;
    }
  }
  return std::string(Trim(out));
}

bool NameRefines(std::string_view finer, std::string_view coarser) {
  if (finer == coarser) return true;
  std::u32string fine = Decode(finer);
  std::u32string coarse = Decode(coarser);
  // Separators that are missing altogether are a coarser way to write a name.
  if (coarse.find(kSeparatorPoint) == std::u32string::npos) {
    std::erase(fine, kSeparatorPoint);
  }
  return std::equal(fine.begin(), fine.end(), coarse.begin(), coarse.end(),
                    [](char32_t f, char32_t c) {
                      return f == c || c == kUnmappedPoint ||
                             f == StandardForm(c);
                    });
}

std::string MaskName(std::string_view name) {
  const std::u32string points = Decode(name);
  std::u32string masked;
  bool past_first_part = false;
  const bool parted = points.find(kSeparatorPoint) != std::u32string::npos ||
                      points.find(U' ') != std::u32string::npos;
  for (const char32_t point : points) {
    const bool mark = point == kSeparatorPoint || point == ' ';
    const bool keep = parted ? !past_first_part || mark : masked.empty();
    masked.push_back(keep ? point : U'*');
    past_first_part = past_first_part || mark;
  }
  return Encode(masked);
}

}  // namespace waystation::codes
