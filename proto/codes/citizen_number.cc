// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/citizen_number.h"

#include <array>
#include <cstddef>
#include <utility>

#include "proto/codes/ascii.h"
#include "proto/codes/division.h"
#include "proto/codes/number_text.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

// Nobody alive, and nobody whose record is still kept, is older.
constexpr int kOldestYears = 150;

constexpr int ValueOf(char c) { return c - '0'; }

// 18 characters of which the first 17 are digits and the last one or X.
bool HasShape(std::string_view text) {
  return text.size() == 18 && IsDigits(text.substr(0, 17)) &&
         (text[17] == 'X' || IsDigits(text.substr(17)));
}

// What people type, and systems invent, where there is no number. Some pass the
// check: 000000000000000001 does.
bool IsPlaceholder(std::string_view number) {
  const std::string_view birth = number.substr(6, 8);
  return IsRepeated(number.substr(0, 6)) || IsRepeated(number.substr(0, 17)) ||
         IsCounting(number.substr(0, 17)) || birth == "19000101" ||
         birth == "00000000" || number.ends_with("0000");
}

// Three lost digits are what a spreadsheet leaves of a number that it took for
// one: it keeps fifteen.
bool LostDigits(std::string_view number) {
  return number.ends_with("000") && CitizenNumberCheckCharacter(number) != '0';
}

struct DivisionFinding {
  CitizenNumberKind kind;
  Grade grade;
};

DivisionFinding JudgeDivision(std::string_view division, int birth_year,
                              CitizenNumberProfile profile) {
  if (division[0] == '0') {
    return {CitizenNumberKind::kDemo, profile == CitizenNumberProfile::kDemo
                                          ? Grade::kOk
                                          : Grade::kDivisionUnknown};
  }
  if (division[0] == '9') return {CitizenNumberKind::kForeigner, Grade::kOk};
  if (division == "810000" || division == "820000" || division == "830000") {
    return {CitizenNumberKind::kResidentPermit, Grade::kOk};
  }
  const std::span<const Division> history = DivisionHistory(division);
  if (history.empty()) {
    return {CitizenNumberKind::kMainland, Grade::kDivisionUnknown};
  }
  return {CitizenNumberKind::kMainland, history.back().until < birth_year
                                            ? Grade::kDivisionOutOfTime
                                            : Grade::kOk};
}

Grade JudgeBirth(Date birth, Date today) {
  if (!birth.ok() ||
      birth.year() < today.year() - std::chrono::years(kOldestYears)) {
    return Grade::kDateImpossible;
  }
  return birth > today ? Grade::kDateFuture : Grade::kOk;
}

CitizenNumber Judge(std::string number, bool upgraded, Date today,
                    CitizenNumberProfile profile) {
  CitizenNumber result{.number = std::move(number),
                       .grade = upgraded ? Grade::kOk15Upgraded : Grade::kOk};
  const std::string_view text = result.number;
  const Date birth(
      std::chrono::year(ToInt(text.substr(6, 4))),
      std::chrono::month(static_cast<unsigned>(ToInt(text.substr(10, 2)))),
      std::chrono::day(static_cast<unsigned>(ToInt(text.substr(12, 2)))));
  if (birth.ok()) result.birth_date = PartialDate::Of(birth);
  result.sex = ValueOf(text[16]) % 2 == 1 ? Sex::kMale : Sex::kFemale;

  const DivisionFinding division =
      JudgeDivision(text.substr(0, 6), static_cast<int>(birth.year()), profile);
  result.kind = division.kind;
  const auto find = [&](Grade grade) {
    result.grade = Worse(result.grade, grade);
  };
  find(division.grade);
  find(JudgeBirth(birth, today));
  if (CitizenNumberCheckCharacter(text) != text[17]) {
    find(Grade::kChecksumFail);
    if (LostDigits(text)) find(Grade::kTruncated);
  }
  if (IsPlaceholder(text)) find(Grade::kPlaceholder);
  return result;
}

CitizenNumber JudgeFifteen(std::string_view digits, Date today,
                           CitizenNumberProfile profile) {
  CitizenNumber result =
      Judge(*UpgradeCitizenNumber(digits), true, today, profile);
  if (IsRepeated(digits) || IsCounting(digits) || digits.ends_with("000")) {
    result.grade = Worse(result.grade, Grade::kPlaceholder);
  }
  return result;
}

// What could not be read as a number, and why.
Grade JudgeRest(std::string_view text) {
  if (IsPlaceholderWord(text)) return Grade::kPlaceholder;
  if (IsDigits(text)) {
    if (IsRepeated(text) || IsCounting(text)) return Grade::kPlaceholder;
    return text.size() == 16 || text.size() == 17 ? Grade::kTruncated
                                                  : Grade::kFormat;
  }
  if (IsScientific(text)) return Grade::kTruncated;
  // 3205**********041X, or 18 digits that passed through a floating number.
  const bool masked =
      (text.size() == 15 || text.size() == 18) &&
      text.find_first_not_of("0123456789X*") == std::string_view::npos;
  const bool floating =
      text.size() == 20 && text.ends_with(".0") && IsDigits(text.substr(0, 18));
  return masked || floating ? Grade::kTruncated : Grade::kFormat;
}

}  // namespace

std::string_view CitizenNumber::division() const {
  return HasShape(number) ? std::string_view(number).substr(0, 6)
                          : std::string_view();
}

CitizenNumber ReadCitizenNumber(std::string_view given, Date today,
                                CitizenNumberProfile profile) {
  if (HasShape(given)) {
    return Judge(std::string(given), false, today, profile);
  }
  if (given.size() == 15 && IsDigits(given)) {
    return JudgeFifteen(given, today, profile);
  }
  BareNumber bare = FoldNumber(given);
  if (!bare.readable) return {.number = {}, .grade = Grade::kUnreadable};
  std::string& text = bare.text;
  if (text.empty()) {
    return {
        .number = {},
        .grade = Trim(given).empty() ? Grade::kMissing : Grade::kPlaceholder};
  }
  // Old systems print * for X.
  if (text.size() == 18 && text[17] == '*' && IsDigits(text.substr(0, 17))) {
    text[17] = 'X';
  }
  if (HasShape(text)) return Judge(std::move(text), false, today, profile);
  if (text.size() == 15 && IsDigits(text)) {
    return JudgeFifteen(text, today, profile);
  }
  const Grade grade = JudgeRest(text);
  return {.number = std::move(text), .grade = grade};
}

Grade CrossCheck(const CitizenNumber& number, Sex stated_sex,
                 const std::optional<PartialDate>& stated_birth_date) {
  Grade grade = number.grade;
  if (!IsStrong(grade)) return grade;
  if (stated_birth_date && number.birth_date) {
    const PartialDate& stated = *stated_birth_date;
    const DateAgreement agreement = CompareDates(number.birth_date, stated);
    const bool contradicts = stated.lunar
                                 ? agreement == DateAgreement::kContradicts ||
                                       agreement == DateAgreement::kSwapped
                                 : !Refines(*number.birth_date, stated);
    if (contradicts) grade = Worse(grade, Grade::kBirthConflict);
  }
  if (Contradicts(number.sex, stated_sex)) {
    grade = Worse(grade, Grade::kSexConflict);
  }
  return grade;
}

// ISO 7064 MOD 11-2; the weights are 2^(18-i) mod 11 (GB 11643-1999).
char CitizenNumberCheckCharacter(std::string_view first_seventeen) {
  static constexpr std::array<int, 17> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                   3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    sum += ValueOf(first_seventeen[i]) * kWeights[i];
  }
  return "10X98765432"[sum % 11];
}

std::optional<std::string> UpgradeCitizenNumber(std::string_view number) {
  if (HasShape(number)) return std::string(number);
  if (number.size() != 15 || !IsDigits(number)) return std::nullopt;
  const std::string_view sequence = number.substr(12);
  const bool centenarian = sequence >= "996" && sequence <= "999";
  std::string upgraded =
      Join({number.substr(0, 6), centenarian ? "18" : "19", number.substr(6)});
  upgraded.push_back(CitizenNumberCheckCharacter(upgraded));
  return upgraded;
}

bool HoldsCitizenNumber(std::string_view text, Date today) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_last = IsDigit(text[i]) || text[i] == 'X' || text[i] == 'x';
    const bool ends = i + 1 == text.size() || !IsDigit(text[i + 1]);
    if (run == 17 && ends && is_last) {
      const CitizenNumber number = ReadCitizenNumber(
          text.substr(i - 17, 18), today, CitizenNumberProfile::kDemo);
      if (IsStrong(number.grade)) return true;
    }
    run = IsDigit(text[i]) ? run + 1 : 0;
  }
  return false;
}

std::string MaskCitizenNumber(std::string_view number) {
  std::string masked(number.size(), '*');
  if (number.size() < 15) return masked;
  masked.replace(0, 4, number.substr(0, 4));
  masked.replace(number.size() - 4, 4, number.substr(number.size() - 4));
  return masked;
}

std::string DemoDivision(std::string_view division) {
  return Join({"0", division.substr(1)});
}

}  // namespace waystation::codes
