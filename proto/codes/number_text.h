// SPDX-License-Identifier: Apache-2.0
// What the readers of numbers share: folding a cell to the bare characters of a
// number, and recognising fillers. Private to this folder.

#ifndef WAYSTATION_PROTO_CODES_NUMBER_TEXT_H_
#define WAYSTATION_PROTO_CODES_NUMBER_TEXT_H_

#include <algorithm>
#include <string>
#include <string_view>

#include "proto/codes/ascii.h"

namespace waystation::codes {

// One character throughout.
inline bool IsRepeated(std::string_view text) {
  return !text.empty() && text.find_first_not_of(text[0]) == text.npos;
}

// 1234567890123...: each digit the next of the one before.
inline bool IsCounting(std::string_view digits) {
  for (std::size_t i = 1; i < digits.size(); ++i) {
    if (digits[i] != (digits[i - 1] == '9' ? '0' : digits[i - 1] + 1)) {
      return false;
    }
  }
  return digits.size() > 5;
}

// 4.40308E+17: a spreadsheet kept the first digits only.
bool IsScientific(std::string_view text);

struct BareNumber {
  std::string text;
  bool readable = false;  // false: not UTF-8, or control characters inside
};

// Upper-case ASCII of what a cell holds: full width folded, white space,
// hyphens and a leading apostrophe dropped. Cyrillic Х and × are X.
BareNumber FoldNumber(std::string_view given);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_NUMBER_TEXT_H_
