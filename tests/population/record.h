// SPDX-License-Identifier: Apache-2.0
// What each agency holds of a person, with the defects that registers have
// (D4.2), and what ought to follow from it. A pure function of the person.
#ifndef TESTS_POPULATION_RECORD_H_
#define TESTS_POPULATION_RECORD_H_

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/population/person.h"

namespace waystation::population {

// How a row is broken in the file that first has it.
enum class Damage {
  kNone,
  kCut,
  kCutInCharacter,
  kExtraColumn,
  kNoKey,
  kLoneSurrogate,
};

// What a record says at one export, apart from who it is about.
struct Content {
  Home home;
  std::string filed_address;
  std::string phone;
  std::string education;
  Job job;
  std::optional<Date> job_until;
  Business business;
  std::optional<Date> trained;
  std::optional<Date> cancelled;
  std::chrono::sys_seconds modified;
};

struct Record {
  const Person* person = nullptr;
  const Agency* agency = nullptr;
  int since = 0;  // the batch that has it first
  Damage damage = Damage::kNone;

  // As this register spells them.
  std::string number;
  std::string name;
  std::string birth;
  std::string household_code;
  std::string home_code;  // of the first export; later ones use the county's

  // What ought to follow: whether the number links, whether the name is another
  // one than the clean one, or so short that it contradicts it, and the birth
  // date that is stated: a day, a month or a year alone, or nothing.
  bool strong = false;
  bool name_differs = false;
  bool name_cut = false;
  std::string birth_stated;

  std::vector<std::string> defects;

  // The row of each batch, where the batch has one.
  std::array<std::optional<Content>, kBatches> rows;

  bool accepted() const { return damage == Damage::kNone; }
  bool Has(std::string_view defect) const;
};

// At least one. They point to `person` and into `world`.
std::vector<Record> MakeRecords(const World& world, const Person& person);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_RECORD_H_
