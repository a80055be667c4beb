// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/organisation_code.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "proto/codes/number_text.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

bool IsCapitalOrDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

int ValueOf(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

}  // namespace

OrganisationCode ReadOrganisationCode(std::string_view given) {
  BareNumber bare = FoldNumber(given);
  if (!bare.readable) return {.code = {}, .grade = Grade::kUnreadable};
  std::string& text = bare.text;
  if (text.empty()) {
    return {
        .code = {},
        .grade = Trim(given).empty() ? Grade::kMissing : Grade::kPlaceholder};
  }
  Grade grade = Grade::kOk;
  if (IsPlaceholderWord(text) || IsRepeated(text)) {
    grade = Grade::kPlaceholder;
  } else if (text.size() != 9 ||
             !std::all_of(text.begin(), text.end(), IsCapitalOrDigit)) {
    grade = Grade::kFormat;
  } else if (OrganisationCodeCheckCharacter(text) != text[8]) {
    grade = Grade::kChecksumFail;
  }
  return {.code = std::move(text), .grade = grade};
}

// GB 11714-1997: 11 minus the weighted sum modulo 11; 10 is X and 11 is 0.
char OrganisationCodeCheckCharacter(std::string_view first_eight) {
  static constexpr std::array<int, 8> kWeights = {3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    sum += ValueOf(first_eight[i]) * kWeights[i];
  }
  return "0X987654321"[sum % 11];
}

}  // namespace waystation::codes
