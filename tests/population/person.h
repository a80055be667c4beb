// SPDX-License-Identifier: Apache-2.0
// The truth about one person: a pure function of the seed and the position, so
// that nothing is remembered between people and ten million of them need no
// more memory than ten.
#ifndef TESTS_POPULATION_PERSON_H_
#define TESTS_POPULATION_PERSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/population/numbers.h"
#include "tests/population/random.h"
#include "tests/population/world.h"

namespace waystation::population {

// The first three people are the story's: who they are is fixed, not drawn.
inline constexpr std::uint64_t kStoryWorker = 0;
inline constexpr std::uint64_t kBrokenRowNeighbour = 1;
inline constexpr std::uint64_t kStoryEmployer = 2;
inline constexpr std::uint64_t kStoryPeople = 3;
inline constexpr std::uint64_t kFirstDrawn = 10;

struct Name {
  std::vector<std::string> characters;
  std::size_t surname_size = 0;  // 0 where there is no surname
  bool has_rare = false;         // holds a character that GBK lacks

  bool minority() const { return surname_size == 0; }
  std::string Text() const;
};

struct Home {
  const County* county = nullptr;
  std::string town;     // three digits: 341202 + 003
  std::string village;  // three digits
  std::string address;
};

struct Employer {
  std::string uscc;
  std::string number;  // of the labour agency, AAB001
  std::string name;
  std::string phone;  // given for its workers too, now and then
  std::string county;
  std::uint64_t serial = 0;  // among those of its place
  Date founded;
};

struct Job {
  Employer employer;
  Date since;
};

// What somebody runs: a stall or workshop of one's own, or an enterprise as its
// legal representative.
struct Business {
  std::string uscc;
  std::string registration;  // GS 15-2006; empty since October 2015
  std::string title;
  Date since;
  char state = '1';  // 1 in business, 2 revoked, 4 closed
};

struct Person {
  std::uint64_t index = 0;
  std::string id;  // P00000001
  Name name;
  Sex sex = Sex::kMale;
  Date birth;
  std::string number;
  // Another person, before or after this one, to whom the number was issued as
  // well.
  std::optional<std::uint64_t> same_number_as;
  // What makes the person easily taken for another (kin.h): twin, family,
  // father_and_son, namesake, common_name.
  std::vector<std::string> kinds;
  // The id of the first of those who belong together; empty for others.
  std::string kin;
  // Home at the origin (household registration) and in the city.
  const Place* origin = nullptr;
  const Place* residence = nullptr;
  Home household;
  Home home;
  // What the employer filed instead of `home`; empty when the same.
  std::string filed_address;
  std::string phone;
  std::string education;  // GB/T 4658-2006
  Date arrived;
  Job former_job;  // at the origin; ends before the arrival
  Job job;         // in the city
  // What they run if they run anything: at the origin, in the city.
  Business former_business;
  Business business;
};

std::string PersonId(std::uint64_t index);

Person MakePerson(const World& world, std::uint64_t index);

// Draws that later exports need again.
Home DrawHome(const World& world, const Place& place, Random& random);
std::string DrawPhone(Random& random);
Employer DrawEmployer(const World& world, const Place& place, Random& random);

// Whether the person is one whose life is told, not drawn.
bool IsTold(const World& world, std::uint64_t index);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_PERSON_H_
