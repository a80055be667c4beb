// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/number_text.h"

#include <cstddef>

#include "proto/codes/ascii.h"
#include "proto/codes/text.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

bool IsHyphen(char32_t point) {
  return point == '-' || (point >= 0x2010 && point <= 0x2015) ||
         point == 0x2212;
}

bool IsApostrophe(char32_t point) {
  return point == '\'' || point == '`' || point == 0x2018 || point == 0x2019;
}

bool IsLatinX(char32_t point) {
  return point == 0x0425 || point == 0x0445 || point == 0x00D7;
}

}  // namespace

bool IsScientific(std::string_view text) {
  const std::size_t e = text.find_first_of("Ee");
  if (e == std::string_view::npos || e == 0) return false;
  std::string_view mantissa = text.substr(0, e);
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  if (mantissa.size() > 1) {
    if (mantissa[1] != '.' || !IsDigits(mantissa.substr(2))) return false;
    mantissa = mantissa.substr(0, 1);
  }
  return IsDigits(mantissa) && exponent.size() <= 2 && IsDigits(exponent);
}

BareNumber FoldNumber(std::string_view given) {
  BareNumber bare{.text = {}, .readable = true};
  bare.text.reserve(given.size());
  const std::string_view trimmed = Trim(given);
  for (std::size_t i = 0; i < trimmed.size();) {
    const std::size_t begin = i;
    char32_t point = NextCodePoint(trimmed, i);
    if (point >= 0xFF01 && point <= 0xFF5E) point -= 0xFEE0;
    if (point > ' ' && point < 0x7F) {
      if (IsHyphen(point)) continue;
      if (bare.text.empty() && IsApostrophe(point)) continue;
      bare.text.push_back(ToUpper(static_cast<char>(point)));
      continue;
    }
    if (point == kInvalid) return {};
    const std::string_view bytes = trimmed.substr(begin, i - begin);
    if (Trim(bytes).empty() || IsHyphen(point)) continue;
    if (bare.text.empty() && IsApostrophe(point)) continue;
    if (HasControl(bytes)) return {};
    bare.text.append(IsLatinX(point) ? "X" : FoldWidth(bytes));
  }
  return bare;
}

}  // namespace waystation::codes
