// SPDX-License-Identifier: Apache-2.0
#include "tests/population/numbers.h"

#include "absl/strings/str_format.h"

namespace waystation::population {
namespace {

std::string DemoDivision(std::string_view division) {
  return "0" + std::string(division.substr(1));
}

// GB 11714: weights 3 7 9 10 5 8 4 2 over digits and letters (A is 10).
char OrganisationCheck(std::string_view characters) {
  constexpr int kWeights[] = {3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const char c = characters[i];
    sum += kWeights[i] * (c <= '9' ? c - '0' : c - 'A' + 10);
  }
  const int check = 11 - sum % 11;
  return check == 10 ? 'X' : check == 11 ? '0' : static_cast<char>('0' + check);
}

// GB 32100-2015: powers of 3 modulo 31 over 31 characters.
char UnifiedCheck(std::string_view characters) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  std::size_t sum = 0;
  std::size_t weight = 1;
  for (const char c : characters) {
    sum += kAlphabet.find(c) * weight;
    weight = weight * 3 % 31;
  }
  return kAlphabet[(31 - sum % 31) % 31];
}

// `organisation` without its check character.
std::string UnifiedCode(const char* authority, std::string_view division,
                        const std::string& organisation) {
  std::string code = authority + DemoDivision(division) + organisation +
                     OrganisationCheck(organisation);
  code += UnifiedCheck(code);
  return code;
}

std::string Registered(std::string_view division, std::uint64_t sequence) {
  std::string number =
      DemoDivision(division) + absl::StrFormat("%08d", sequence);
  number += RegistrationCheck(number);
  return number;
}

}  // namespace

char CitizenCheck(std::string_view digits) {
  constexpr int kWeights[] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                              3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (digits[i] - '0') * kWeights[i];
  return "10X98765432"[sum % 11];
}

std::string CitizenNumber(std::string_view division, Date birth, int sequence) {
  std::string number =
      DemoDivision(division) +
      absl::StrFormat("%04d%02d%02d%03d", static_cast<int>(birth.year()),
                      static_cast<unsigned>(birth.month()),
                      static_cast<unsigned>(birth.day()), sequence);
  number += CitizenCheck(number);
  return number;
}

std::string FifteenDigits(const std::string& number) {
  return number.substr(0, 6) + number.substr(8, 9);
}

std::string EnterpriseCode(std::string_view division, std::uint64_t serial) {
  return UnifiedCode("91", division, absl::StrFormat("MA%06d", serial));
}

std::string ProprietorCode(std::string_view division, std::uint64_t serial) {
  constexpr std::uint64_t kSerials = 10'000'000;
  return UnifiedCode("92", division,
                     absl::StrFormat("%c%07d", serial < kSerials ? 'L' : 'N',
                                     serial % kSerials));
}

std::string EnterpriseNumber(std::string_view division, std::uint64_t serial) {
  return Registered(division, serial);
}

std::string ProprietorNumber(std::string_view division, std::uint64_t serial) {
  return Registered(division, 60'000'000 + serial);
}

char RegistrationCheck(std::string_view digits) {
  int product = 10;
  for (const char digit : digits.substr(0, 14)) {
    const int sum = (product + digit - '0') % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return static_cast<char>('0' + (11 - product) % 10);
}

}  // namespace waystation::population
