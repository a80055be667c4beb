// SPDX-License-Identifier: Apache-2.0
// The unified social credit code (统一社会信用代码) of organisations: GB
// 32100-2015, 18 characters without I, O, Z, S, V.
//
//     code := authority category division[6] organisation[9] check

#ifndef WAYSTATION_PROTO_CODES_USCC_H_
#define WAYSTATION_PROTO_CODES_USCC_H_

#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

struct Uscc {
  // 18 characters in upper case when readable, else what remained after
  // folding.
  std::string code;
  Grade grade = Grade::kMissing;

  // Empty unless `code` has 18 characters of the alphabet.
  std::string_view authority() const;  // "9": market regulation
  std::string_view category() const;   // "1" enterprise, "2" sole proprietor...
  std::string_view division() const;
  std::string_view organisation_code() const;  // GB 11714, nine characters

  bool operator==(const Uscc&) const = default;
};

// Reads a code as sources write it (width, case, spaces, hyphens).
// CHECKSUM_FAIL when the check character or the inner one of GB 11714 does not
// fit, CODE_UNKNOWN for an authority or category that the standard lacks,
// DIVISION_UNKNOWN for a division that no list of any year has, TRUNCATED for
// 16 or 17 characters and for scientific notation, PLACEHOLDER for one repeated
// character and for words such as 无.
Uscc ReadUscc(std::string_view given);

// The check character over the first 17. Precondition: at least 17 characters,
// all of the alphabet.
char UsccCheckCharacter(std::string_view first_seventeen);

// Whether the code names a sole proprietor (个体工商户): authority 9,
// category 2. Such a code points at one natural person.
bool IsSoleProprietor(const Uscc& uscc);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_USCC_H_
