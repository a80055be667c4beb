// SPDX-License-Identifier: Apache-2.0
// Numbers with check characters, computed here from the standards' text: the
// product's own code must not agree with itself. None can be anybody's, since
// their division begins with 0, which is never assigned.
#ifndef TESTS_POPULATION_NUMBERS_H_
#define TESTS_POPULATION_NUMBERS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::population {

using Date = std::chrono::year_month_day;

// GB 11643-1999: `division` with its first digit made 0, the birth date, the
// sequence (odd for men) and the check character.
std::string CitizenNumber(std::string_view division, Date birth, int sequence);

// The check character over 17 digits, ISO 7064 MOD 11-2.
char CitizenCheck(std::string_view digits);

// GB 11643-1989: without century and check character.
std::string FifteenDigits(const std::string& number);

// GB 32100-2015: 91 for an enterprise, 92 for a sole proprietor, division,
// organisation code (GB 11714), check character.
std::string EnterpriseCode(std::string_view division, std::uint64_t serial);
std::string ProprietorCode(std::string_view division, std::uint64_t serial);

// GS 15-2006: division, sequence (0 to 3 begins an enterprise's, 6 to 9 a sole
// proprietor's), check digit. `serial` is below 30 million.
std::string EnterpriseNumber(std::string_view division, std::uint64_t serial);
std::string ProprietorNumber(std::string_view division, std::uint64_t serial);

// The check digit over 14 digits, ISO 7064 MOD 11,10.
char RegistrationCheck(std::string_view digits);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_NUMBERS_H_
