// SPDX-License-Identifier: Apache-2.0
// Which day and sequence each person's number spells, and which are kept free
// for those who were born on the same day as somebody.
//
//   sequence := decade * 10 + digit
//     digit 1 to 6: who is drawn for that slot
//           7, 8:   a namesake of the one with 3 or 4 of that day and decade
//           9, 10:  a twin of the one with 1 or 2
//
// so that no two people are ever given one number by chance.
#ifndef TESTS_POPULATION_BIRTHS_H_
#define TESTS_POPULATION_BIRTHS_H_

#include <cstdint>

#include "tests/population/data.h"
#include "tests/population/numbers.h"

namespace waystation::population {

struct Birth {
  Date date;
  int sequence = 0;

  Sex sex() const { return sequence % 2 == 1 ? Sex::kMale : Sex::kFemale; }
  bool CanHaveTwin() const;
  bool CanHaveNamesake() const;
  // Of the same day and sex. Only for those who can have one.
  Birth Twin() const;
  Birth Namesake() const;
};

// The most people for whom there are numbers.
std::uint64_t MostPeople();

// The birth that belongs to one of MostPeople() slots.
Birth BirthOfSlot(std::uint64_t slot);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_BIRTHS_H_
