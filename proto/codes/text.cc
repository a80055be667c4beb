// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <unordered_set>

#include "proto/codes/ascii.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

// Blocks without controls, spaces or anything that composes: nearly all text.
constexpr bool IsPlainHan(char32_t point) {
  return (point >= 0x3400 && point <= 0x9FFF) ||
         (point >= 0x20000 && point <= 0x2F7FF);
}

// C0, C1, and separators of lines and paragraphs.
bool IsControlPoint(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 ||
         point == 0x2029;
}

// Category Cf: joiners, marks of direction and the like.
bool IsWidthless(char32_t point) {
  return point >= 0xAD && !IsPlainHan(point) &&
         u_charType(static_cast<UChar32>(point)) == U_FORMAT_CHAR;
}

// White space of every script, and what is as invisible at the end of a cell.
bool IsBlank(char32_t point) {
  if (point <= 0x20) {
    return point == ' ' || (point >= '\t' && point <= '\r');
  }
  if (point < 0x80 || IsPlainHan(point)) return false;
  return point == 0x85 || point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200B) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F ||
         point == 0x3000 || point == 0xFEFF;
}

const std::unordered_set<std::string_view>& PlaceholderWords() {
  static const auto& words = *new std::unordered_set<std::string_view>{
      "无",      "没有",     "不详",   "不祥",   "未知",     "不明", "不清",
      "不清楚",  "未填",     "未填写", "未登记", "空",       "空白", "暂无",
      "暂缺",    "待查",     "待补",   "待核实", "待定",     "同上", "略",
      "长期",    "无法核实", "无。",   "null",   "none",     "nil",  "n/a",
      "unknown", "nan",      "(null)", "(none)", "undefined"};
  return words;
}

bool IsFiller(char32_t point) {
  switch (point) {
    case '-':
    case '/':
    case '\\':
    case '.':
    case '*':
    case '_':
    case '?':
    case '~':
    case '=':
    case 0x2014:
    case 0x2013:
    case 0x2015:
    case 0xFF0D:
    case 0xFF0F:
    case 0xFF1F:
    case 0x3002:
    case 0xFF0A:
    case 0x00D7:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (NextCodePoint(text, i) == kInvalid) return false;
  }
  return true;
}

bool HasControl(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (IsControlPoint(NextCodePoint(text, i))) return true;
  }
  return false;
}

std::string_view Trim(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t next = i;
    if (!IsBlank(NextCodePoint(text, next))) {
      text.remove_prefix(i);
      break;
    }
    i = next;
    if (i == text.size()) return {};
  }
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 &&
           (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) {
      --last;
    }
    std::size_t i = last;
    if (!IsBlank(NextCodePoint(text, i)) || i != text.size()) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

std::string FoldWidth(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    const char32_t point = NextCodePoint(text, i);
    if (point >= 0xFF01 && point <= 0xFF5E) {
      out.push_back(static_cast<char>(point - 0xFEE0));
    } else if (point == 0x3000) {
      out.push_back(' ');
    } else if (!IsWidthless(point)) {
      out.append(text.substr(begin, i - begin));
    }
  }
  return out;
}

std::string ToNfc(std::string_view text) {
  bool plain = true;
  for (std::size_t i = 0; plain && i < text.size();) {
    const char32_t point = NextCodePoint(text, i);
    plain = point < 0x300 || IsPlainHan(point) || point == 0x2580;
  }
  std::string out;
  if (!plain) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
    if (U_SUCCESS(error)) {
      icu::StringByteSink<std::string> sink(&out);
      nfc->normalizeUTF8(
          0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
          sink, nullptr, error);
      if (U_SUCCESS(error)) return out;
      out.clear();
    }
  }
  out.assign(text);
  return out;
}

Text ReadText(std::string_view given) {
  if (!IsUtf8(given)) return {.text = {}, .grade = Grade::kUnreadable};
  const std::string_view trimmed = Trim(given);
  if (trimmed.empty()) return {.text = {}, .grade = Grade::kMissing};

  std::string text;
  text.reserve(trimmed.size());
  bool blank = false;
  for (std::size_t i = 0; i < trimmed.size();) {
    const std::size_t begin = i;
    const char32_t point = NextCodePoint(trimmed, i);
    if (IsBlank(point)) {
      blank = true;
      continue;
    }
    if (IsControlPoint(point)) return {.text = {}, .grade = Grade::kUnreadable};
    if (IsWidthless(point)) continue;
    // Behind what has no width there may be blanks before the first character.
    if (blank && !text.empty()) text.push_back(' ');
    blank = false;
    text.append(trimmed.substr(begin, i - begin));
  }
  text = ToNfc(text);
  const Grade grade =
      IsPlaceholderWord(text) ? Grade::kPlaceholder : Grade::kOk;
  return {.text = std::move(text), .grade = grade};
}

bool IsPlaceholderWord(std::string_view text) {
  if (text.empty() || text.size() > 15) return false;
  bool filler = true;
  for (std::size_t i = 0; filler && i < text.size();) {
    filler = IsFiller(NextCodePoint(text, i));
  }
  return filler || PlaceholderWords().contains(ToLower(text));
}

std::string DisplaySafe(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    const char32_t point = NextCodePoint(text, i);
    if (point == '\t' || point == '\n' || point == '\r') {
      if (out.empty() || out.back() != ' ') out.push_back(' ');
    } else if (point == kInvalid || IsControlPoint(point) ||
               IsWidthless(point) || IsPrivateUse(point) ||
               (point & 0xFFFE) == 0xFFFE) {
      AppendCodePoint(out, 0xFFFD);
    } else {
      out.append(text.substr(begin, i - begin));
    }
  }
  return out;
}

std::size_t Length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace waystation::codes
