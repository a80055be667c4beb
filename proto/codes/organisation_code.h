// SPDX-License-Identifier: Apache-2.0
// The organisation code (组织机构代码) of GB 11714-1997: eight characters 0-9,
// A-Z and a check character, written D2143569-X. It lives on inside the unified
// social credit code.

#ifndef WAYSTATION_PROTO_CODES_ORGANISATION_CODE_H_
#define WAYSTATION_PROTO_CODES_ORGANISATION_CODE_H_

#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

struct OrganisationCode {
  // Nine characters without hyphen when readable, else what remained.
  std::string code;
  Grade grade = Grade::kMissing;
  bool operator==(const OrganisationCode&) const = default;
};

// OK, CHECKSUM_FAIL, PLACEHOLDER, FORMAT, MISSING or UNREADABLE.
OrganisationCode ReadOrganisationCode(std::string_view given);

// The check character over the first eight: '0' to '9' or 'X'. Precondition: at
// least eight characters, digits and capital letters all.
char OrganisationCodeCheckCharacter(std::string_view first_eight);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_ORGANISATION_CODE_H_
