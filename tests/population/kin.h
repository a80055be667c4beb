// SPDX-License-Identifier: Apache-2.0
// Who is easily taken for whom (D4.2): twins, families under one roof, and
// people who share a birthday and a common name. People come in eights, and who
// of eight belongs together is drawn for the eight:
//
//   eight := twin twin member member member member namesake namesake
//
// each pair and family only now and then. It is a pure function of the seed and
// the position, as all of a person is; whoever is drawn from another has a
// higher index.
#ifndef TESTS_POPULATION_KIN_H_
#define TESTS_POPULATION_KIN_H_

#include <cstdint>

#include "tests/population/births.h"
#include "tests/population/world.h"

namespace waystation::population {

enum class Kind {
  kNone,
  // Two of one sex, day, surname and home, with names that differ in one
  // character, and often with one telephone.
  kTwin,
  // Two to four under one roof; parents and children share the surname, and
  // many a telephone.
  kFamily,
  // Two of one day, sex, common name, county of registration and city, who have
  // nothing to do with each other.
  kNamesake,
};

struct Kin {
  Kind kind = Kind::kNone;
  // The first of them: whose roof it is, or who was there first.
  std::uint64_t head = 0;

  bool under_one_roof() const {
    return kind == Kind::kTwin || kind == Kind::kFamily;
  }
};

// Of nobody, `head` is the person.
Kin KinOf(const World& world, std::uint64_t index);

// The birth that the person's own number spells.
Birth BirthOf(const World& world, std::uint64_t index);

// How a name is passed on in a family: the father's, or the father's with
// another last character.
enum class PassedOn { kNone, kNear, kSame };

struct FatherAndSon {
  PassedOn name = PassedOn::kNone;
  // Of the family: 1 to 3 behind its head. Which of the two is the father
  // follows from their births.
  std::uint64_t other = 0;
};

// Of the family whose head this is.
FatherAndSon FatherAndSonOf(const World& world, std::uint64_t head);

// Whether one could be the other's parent: both have the surname then.
bool IsAGenerationApart(const Birth& a, const Birth& b);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_KIN_H_
