// SPDX-License-Identifier: Apache-2.0
// The citizen number (公民身份号码): GB 11643-1999, 18 characters, and its
// predecessor of 1989, 15 digits.
//
//     number := division birth sequence check      320505 19900307 041 X
//     check  := ISO 7064 MOD 11-2 over the other 17
//
// A number is evidence, not identity: numbers were issued twice, and people
// hold two.

#ifndef WAYSTATION_PROTO_CODES_CITIZEN_NUMBER_H_
#define WAYSTATION_PROTO_CODES_CITIZEN_NUMBER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes/date.h"
#include "proto/codes/grade.h"
#include "proto/codes/sex.h"

namespace waystation::codes {

// Generated people carry numbers whose division has its first digit replaced by
// 0 (341202 becomes 041202), which no authority ever assigns, so that they can
// never be a real person's. Only the demo profile knows such divisions; with
// the real one they are DIVISION_UNKNOWN and never link. A hub or adapter must
// be told to use it.
enum class CitizenNumberProfile : std::uint8_t { kReal, kDemo };

// What the first digits say about the kind of document.
enum class CitizenNumberKind : std::uint8_t {
  kMainland,  // a division of GB/T 2260 (1 to 6; 71 Taiwan is theoretical)
  kResidentPermit,  // 810000, 820000, 830000: Hong Kong, Macau, Taiwan
  kForeigner,       // 9: permanent resident identity card, since 2023-12-01
  kDemo,            // 0: generated people, in the demo profile
};

struct CitizenNumber {
  // The 18-character form when the given text could be read as one (15 digits
  // upgraded, X in upper case); otherwise what remained after folding width and
  // dropping spaces, so that a clerk sees what was there.
  std::string number;
  Grade grade = Grade::kMissing;
  CitizenNumberKind kind = CitizenNumberKind::kMainland;
  // From the number itself; set when its date exists, whatever the grade.
  std::optional<PartialDate> birth_date = std::nullopt;
  // kUnknown when the text is not a number.
  Sex sex = Sex::kUnknown;

  // The six digits of the division at the time of issue: neither the current
  // address nor surely the place of birth. Empty when the text is no number.
  std::string_view division() const;

  bool operator==(const CitizenNumber&) const = default;
};

// Reads a number as sources write it: full-width digits, lower-case x, Cyrillic
// Х and * as the check character, spaces and hyphens anywhere, a leading
// apostrophe. Fifteen digits are upgraded. Findings, worst first, of which the
// worst is the grade: UNREADABLE, MISSING, FORMAT, PLACEHOLDER, TRUNCATED,
// DATE_IMPOSSIBLE, DATE_FUTURE, CHECKSUM_FAIL, DIVISION_UNKNOWN,
// DIVISION_OUT_OF_TIME, OK_15_UPGRADED, OK.
CitizenNumber ReadCitizenNumber(
    std::string_view given, Date today,
    CitizenNumberProfile profile = CitizenNumberProfile::kReal);

// The grade of `number` beside what its record states of sex and birth date:
// SEX_CONFLICT or BIRTH_CONFLICT where the number is otherwise sound and the
// record contradicts it, else the grade that the number has. A coarser date, or
// a lunar one that falls on the day of the number, does not contradict.
Grade CrossCheck(const CitizenNumber& number, Sex stated_sex,
                 const std::optional<PartialDate>& stated_birth_date);

// The check character over the first 17 digits: '0' to '9' or 'X'.
// Precondition: at least 17 characters, digits all.
char CitizenNumberCheckCharacter(std::string_view first_seventeen);

// The 18-character form of 15 digits: the century 19, or 18 where the sequence
// is one of 996 to 999, which were kept for people of a hundred years. An 18
// character number comes back as it is. nullopt for anything else.
std::optional<std::string> UpgradeCitizenNumber(std::string_view number);

// Whether 18 characters of `text`, with no digit before or behind them, are
// somebody's number: for keys, reasons and command lines, where none may stand.
bool HoldsCitizenNumber(std::string_view text, Date today);

// "3205**********041X": four and four characters stay; of anything shorter than
// 15 characters nothing does.
std::string MaskCitizenNumber(std::string_view number);

// The division with its first digit replaced by 0: 341202 becomes 041202.
std::string DemoDivision(std::string_view division);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_CITIZEN_NUMBER_H_
