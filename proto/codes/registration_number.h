// SPDX-License-Identifier: Apache-2.0
// The business registration number (工商注册号) of GS 15-2006, in use until the
// unified social credit code replaced it: 15 digits.
//
//     number := authority[6] sequence[8] check      ISO 7064 MOD 11,10
//
// The two map onto each other through an official table only, never by
// computation.

#ifndef WAYSTATION_PROTO_CODES_REGISTRATION_NUMBER_H_
#define WAYSTATION_PROTO_CODES_REGISTRATION_NUMBER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

// Who registered, by the first digit of the sequence.
enum class RegistrantKind : std::uint8_t {
  kUnknown,
  kDomesticEnterprise,  // 0 to 3
  kForeignEnterprise,   // 4, 5
  kSoleProprietor,      // 6 to 9: one natural person
};

struct RegistrationNumber {
  // The digits when readable, else what remained after folding.
  std::string number;
  Grade grade = Grade::kMissing;
  RegistrantKind kind = RegistrantKind::kUnknown;

  // Six digits of the registering authority; empty unless 15 digits.
  std::string_view authority() const;

  bool operator==(const RegistrationNumber&) const = default;
};

// OK, CHECKSUM_FAIL, DIVISION_UNKNOWN (an authority under no known province),
// AMBIGUOUS (13 digits: the older number, which has no check digit), TRUNCATED
// (14 digits, scientific notation), PLACEHOLDER, FORMAT, MISSING, UNREADABLE.
RegistrationNumber ReadRegistrationNumber(std::string_view given);

// The check digit over the first 14. Precondition: at least 14 digits.
char RegistrationNumberCheckDigit(std::string_view first_fourteen);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_REGISTRATION_NUMBER_H_
