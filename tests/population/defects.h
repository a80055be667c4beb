// SPDX-License-Identifier: Apache-2.0
// The seeded defects and their rates. README.md of this folder tells what share
// of records has each; the test counts them.
#ifndef TESTS_POPULATION_DEFECTS_H_
#define TESTS_POPULATION_DEFECTS_H_

#include <string_view>
#include <vector>

#include "tests/population/format.h"
#include "tests/population/record.h"

namespace waystation::population {

// Per ten thousand records, unless the comment says otherwise.
namespace rates {
inline constexpr unsigned kNumberFifteen = 400;  // of those born before 1985
inline constexpr unsigned kNumberLowerX = 3000;  // of numbers that end in X
inline constexpr unsigned kNumberWrongCheck = 100;
inline constexpr unsigned kNumberZeros = 50;
inline constexpr unsigned kNumberTemporary = 50;  // 000000YYYYMMDD0000
inline constexpr unsigned kNumberMissing = 100;
inline constexpr unsigned kNumberFullWidth = 100;
inline constexpr unsigned kNumberSpaced = 60;
inline constexpr unsigned kNumberSpreadsheet = 100;  // of labor
inline constexpr unsigned kBirthFormat = 1000;
inline constexpr unsigned kBirthLunar = 120;
inline constexpr unsigned kBirthSwapped = 60;
inline constexpr unsigned kBirthYearOnly = 80;
inline constexpr unsigned kBirthMonthOnly = 80;
inline constexpr unsigned kBirthImpossible = 40;
inline constexpr unsigned kBirthPlaceholder = 40;
inline constexpr unsigned kBirthDisagrees = 200;  // of people police hold twice
inline constexpr unsigned kName = 500;            // of people, in one record
inline constexpr unsigned kSeparator = 5000;      // of names with separator
inline constexpr unsigned kRareUnmapped = 3000;   // of rare names, GB18030
inline constexpr unsigned kSexInWords = 200;
inline constexpr unsigned kDeadDivision = 200;    // of people it can befall
inline constexpr unsigned kSharedPhone = 500;     // of labor
inline constexpr unsigned kEducation1984 = 4000;  // where the lists differ
inline constexpr unsigned kEnteredLate = 300;
}  // namespace rates

// Spells number, name and birth date of a record, defects included, and says
// what ought to follow. `name_defect` is whether this is the person's one
// record with a wrong name, `other_birth` whether it states another day than
// the other police record.
void SpellIdentity(const World& world, const Format& format, bool name_defect,
                   bool other_birth, Random& random, Record& record);

// The same without any defect.
void SpellCleanIdentity(const Format& format, Record& record);

// What several formats have: sex in words, and rows of text that end too soon
// or too late.
void SpoilSex(Record& record, Random& random);
std::vector<DamageRate> TextDamages();

}  // namespace waystation::population

#endif  // TESTS_POPULATION_DEFECTS_H_
