// SPDX-License-Identifier: Apache-2.0
// Sex by GB/T 2261.1-2003.

#ifndef WAYSTATION_PROTO_CODES_SEX_H_
#define WAYSTATION_PROTO_CODES_SEX_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

// The values are the codes of the standard.
enum class Sex : std::uint8_t {
  kUnknown = 0,    // 未知的性别
  kMale = 1,       // 男性
  kFemale = 2,     // 女性
  kNotStated = 9,  // 未说明的性别
};

// `sex` is set when the grade is OK.
struct ReadSex {
  std::optional<Sex> sex;
  Grade grade = Grade::kMissing;
  bool operator==(const ReadSex&) const = default;
};

// Reads the codes 0, 1, 2, 9 of the standard (leading zero allowed), 男, 女
// with or without 性, 未知, 未说明, and M, F, male, female in any case.
// Anything else is CODE_UNKNOWN. Sources that mean something else by 0 and 1
// have a map of their own, applied before: this function never guesses.
ReadSex ParseSex(std::string_view given);

// "0", "1", "2", "9".
std::string_view SexCode(Sex sex);

// Whether both are male or female and differ. What is unknown contradicts
// nothing.
bool Contradicts(Sex a, Sex b);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_SEX_H_
