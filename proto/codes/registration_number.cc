// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/registration_number.h"

#include <cstddef>
#include <utility>

#include "proto/codes/ascii.h"
#include "proto/codes/division.h"
#include "proto/codes/number_text.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

RegistrantKind KindOf(char first_of_sequence) {
  if (first_of_sequence <= '3') return RegistrantKind::kDomesticEnterprise;
  if (first_of_sequence <= '5') return RegistrantKind::kForeignEnterprise;
  return RegistrantKind::kSoleProprietor;
}

// Authorities carry division codes, with numbers of their own below the
// province; 100000 is the central authority.
bool KnowsAuthority(std::string_view authority) {
  return authority == "100000" ||
         FindDivision(Join({authority.substr(0, 2), "0000"})) != nullptr;
}

}  // namespace

std::string_view RegistrationNumber::authority() const {
  return number.size() == 15 && IsDigits(number)
             ? std::string_view(number).substr(0, 6)
             : std::string_view();
}

RegistrationNumber ReadRegistrationNumber(std::string_view given) {
  BareNumber bare = FoldNumber(given);
  if (!bare.readable) return {.number = {}, .grade = Grade::kUnreadable};
  std::string& text = bare.text;
  if (text.empty()) {
    return {
        .number = {},
        .grade = Trim(given).empty() ? Grade::kMissing : Grade::kPlaceholder};
  }
  RegistrationNumber result{.number = std::move(text), .grade = Grade::kFormat};
  const std::string_view number = result.number;
  if (IsPlaceholderWord(number) || IsRepeated(number) || IsCounting(number)) {
    result.grade = Grade::kPlaceholder;
  } else if (IsScientific(number)) {
    result.grade = Grade::kTruncated;
  } else if (IsDigits(number)) {
    if (number.size() == 15) {
      result.kind = KindOf(number[6]);
      result.grade = RegistrationNumberCheckDigit(number) == number[14]
                         ? Grade::kOk
                         : Grade::kChecksumFail;
      if (!KnowsAuthority(number.substr(0, 6))) {
        result.grade = Worse(result.grade, Grade::kDivisionUnknown);
      }
    } else if (number.size() == 14) {
      result.grade = Grade::kTruncated;
    } else if (number.size() == 13) {
      result.grade = Grade::kAmbiguous;
    }
  }
  return result;
}

// ISO 7064 MOD 11,10 (GS 15-2006).
char RegistrationNumberCheckDigit(std::string_view first_fourteen) {
  int product = 10;
  for (std::size_t i = 0; i < 14; ++i) {
    int sum = (product + (first_fourteen[i] - '0')) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return static_cast<char>('0' + (11 - product) % 10);
}

}  // namespace waystation::codes
