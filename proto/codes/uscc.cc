// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/uscc.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "proto/codes/division.h"
#include "proto/codes/number_text.h"
#include "proto/codes/organisation_code.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

// The value of each character, -1 for what the alphabet lacks.
constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] =
        static_cast<std::int8_t>(i);
  }
  return values;
}();

constexpr int ValueOf(char c) { return kValues[static_cast<unsigned char>(c)]; }

bool IsOfAlphabet(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return ValueOf(c) >= 0; });
}

bool HasShape(std::string_view text) {
  return text.size() == 18 && IsOfAlphabet(text);
}

std::string_view Part(std::string_view code, std::size_t at, std::size_t size) {
  return HasShape(code) ? code.substr(at, size) : std::string_view();
}

// The authorities of the standard and of its amendment of 2016.
constexpr std::string_view kAuthorities = "123456789ANY";

// Categories are defined under some authorities only; elsewhere there is one.
bool HasCategory(char authority, char category) {
  switch (authority) {
    case '1':  // 机构编制: organ, institution, group without registration,
               // other
    case '9':  // market regulation: enterprise, sole proprietor, cooperative
    case '5':  // civil affairs: association, private unit, foundation, other
      return (category >= '1' && category <= '3') || category == '9';
    default:
      return (category >= '1' && category <= '9');
  }
}

Grade Judge(std::string_view code) {
  Grade grade = Grade::kOk;
  if (kAuthorities.find(code[0]) == std::string_view::npos ||
      !HasCategory(code[0], code[1])) {
    grade = Grade::kCodeUnknown;
  }
  const std::string_view division = code.substr(2, 6);
  // 100000 is the state itself: units registered with the central authorities.
  if (division != "100000" && FindDivision(division) == nullptr) {
    grade = Worse(grade, Grade::kDivisionUnknown);
  }
  if (UsccCheckCharacter(code) != code[17] ||
      OrganisationCodeCheckCharacter(code.substr(8, 8)) != code[16]) {
    grade = Worse(grade, Grade::kChecksumFail);
  }
  return grade;
}

}  // namespace

std::string_view Uscc::authority() const { return Part(code, 0, 1); }
std::string_view Uscc::category() const { return Part(code, 1, 1); }
std::string_view Uscc::division() const { return Part(code, 2, 6); }
std::string_view Uscc::organisation_code() const { return Part(code, 8, 9); }

Uscc ReadUscc(std::string_view given) {
  if (HasShape(given) && !IsRepeated(given)) {
    return {.code = std::string(given), .grade = Judge(given)};
  }
  BareNumber bare = FoldNumber(given);
  if (!bare.readable) return {.code = {}, .grade = Grade::kUnreadable};
  std::string& text = bare.text;
  if (text.empty()) {
    return {
        .code = {},
        .grade = Trim(given).empty() ? Grade::kMissing : Grade::kPlaceholder};
  }
  Grade grade = Grade::kFormat;
  if (IsPlaceholderWord(text) || IsRepeated(text)) {
    grade = Grade::kPlaceholder;
  } else if (HasShape(text)) {
    grade = Judge(text);
  } else if (IsScientific(text) ||
             ((text.size() == 16 || text.size() == 17) && IsOfAlphabet(text))) {
    grade = Grade::kTruncated;
  }
  return {.code = std::move(text), .grade = grade};
}

// GB 32100-2015: weights 3^i mod 31, and what is missing to a multiple of 31.
char UsccCheckCharacter(std::string_view first_seventeen) {
  static constexpr std::array<int, 17> kWeights = {
      1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    sum += ValueOf(first_seventeen[i]) * kWeights[i];
  }
  return kAlphabet[static_cast<std::size_t>((31 - sum % 31) % 31)];
}

bool IsSoleProprietor(const Uscc& uscc) {
  return uscc.authority() == "9" && uscc.category() == "2";
}

}  // namespace waystation::codes
