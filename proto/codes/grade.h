// SPDX-License-Identifier: Apache-2.0
// How good a value is. Reading never refuses what can be read: it keeps the
// value, normalises what can be normalised and says in one grade what is wrong
// with it. A citizen number that fails its check character may well be what the
// card says, and the person behind it needs service all the same.

#ifndef WAYSTATION_PROTO_CODES_GRADE_H_
#define WAYSTATION_PROTO_CODES_GRADE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace waystation::codes {

// In falling order of quality: of two findings about one value the greater one
// is its grade.
enum class Grade : std::uint8_t {
  kOk,                 // nothing to say
  kOk15Upgraded,       // a 15-digit citizen number, read as its 18-digit form
  kDivisionOutOfTime,  // the division had died before the person was born
  kBirthConflict,      // number and stated birth date differ
  kSexConflict,        // number and stated sex differ
  kAmbiguous,          // more than one reading; the likelier one was taken
  kUnmappedCharacter,  // a character of the name has no code (▀ □ 〓 ?, PUA)
  kDivisionUnknown,    // no list of any year has this division
  kCodeUnknown,        // not in the code list and version that it names
  kChecksumFail,       // the check digit or character does not fit
  kDateFuture,         // after today
  kDateImpossible,     // no such day, or a birth before anyone alive
  kTruncated,    // characters were lost or masked: 4.40308E+17, 17 digits, ***
  kPlaceholder,  // stands for nothing: 18 zeros, 1900-01-01, 不详
  kFormat,       // text, but not of this shape
  kMissing,      // empty, or white space only
  kUnreadable,   // not text: invalid UTF-8 or control characters
};

// All grades, in the order of the enumeration.
inline constexpr int kGradeCount = static_cast<int>(Grade::kUnreadable) + 1;

// "OK", "OK_15_UPGRADED", "CHECKSUM_FAIL" and so on: the names that stand in
// records, reports and test data. They never change.
std::string_view GradeName(Grade grade);

// nullopt for a name that is none of the above.
std::optional<Grade> GradeFromName(std::string_view name);

// Whether a value of this grade is evidence of who somebody is, so that an
// equal value in another record may link the two. The conflicts with a stated
// birth date or sex are strong: they are a dispute between claims, and linking
// asks for an agreeing name besides. A wrong check character, a placeholder or
// a number of no known division is kept and shown but never links.
constexpr bool IsStrong(Grade grade) { return grade <= Grade::kSexConflict; }

// Whether something of the kind stood there. False for what is missing, is no
// value of its kind, or is no text at all. Readers of dates, divisions and
// lists return no value for a placeholder and an impossible date none either.
constexpr bool HasValue(Grade grade) { return grade < Grade::kFormat; }

// The one grade for which an update is refused.
constexpr bool IsRejected(Grade grade) { return grade == Grade::kUnreadable; }

// The worse of two findings about one value.
constexpr Grade Worse(Grade a, Grade b) { return a < b ? b : a; }

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_GRADE_H_
