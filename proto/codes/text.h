// SPDX-License-Identifier: Apache-2.0
// What every reader does to text first, and what every writer to a terminal
// does last.

#ifndef WAYSTATION_PROTO_CODES_TEXT_H_
#define WAYSTATION_PROTO_CODES_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

// Well-formed UTF-8: no surrogates, no overlong forms, nothing over U+10FFFF.
bool IsUtf8(std::string_view text);

// Whether `text` holds a control character (C0, C1) or a separator of lines or
// paragraphs. Characters of no width are not among them: readers drop those.
// Precondition: UTF-8.
bool HasControl(std::string_view text);

// White space of every script at both ends dropped, U+3000 and U+00A0 included.
std::string_view Trim(std::string_view text);

// Full-width forms of ASCII and U+3000 as their half-width originals;
// characters of no width (category Cf: joiners, marks of direction, U+FEFF),
// which come along when cells are copied, dropped.
std::string FoldWidth(std::string_view text);

// Normalisation form C. Text that is in it already, which is nearly all, is
// copied at the speed of a scan.
std::string ToNfc(std::string_view text);

struct Text {
  std::string text;
  Grade grade = Grade::kMissing;
  bool operator==(const Text&) const = default;
};

// Free text such as an address or an employer's name: trimmed, NFC, characters
// of no width dropped, runs of white space made one space. OK, MISSING,
// PLACEHOLDER (不详, 无, 同上...; text kept) or UNREADABLE; tabs and line ends
// count as white space.
Text ReadText(std::string_view given);

// Whether the text is one of the words that stand for no value: 无, 不详, 未知,
// null, n/a, dashes and the like. Expects trimmed text.
bool IsPlaceholderWord(std::string_view text);

// `text` for a terminal, a log or a table: nothing in it can move the cursor,
// change direction or hide. Control, zero-width and private use characters and
// invalid bytes become U+FFFD; line ends and tabs become one space. Idempotent.
std::string DisplaySafe(std::string_view text);

// The number of code points. Precondition: UTF-8.
std::size_t Length(std::string_view text);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_TEXT_H_
