// SPDX-License-Identifier: Apache-2.0
// What a hub ought to find when it joins records by strong identifiers alone
// (design 6) and lets public security's birth date and name stand before all
// others (design 7).
#ifndef TESTS_POPULATION_TRUTH_H_
#define TESTS_POPULATION_TRUTH_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/population/record.h"

namespace waystation::population {

// In which batches something holds.
using Batches = std::array<bool, kBatches>;

// One person whom a hub ought to hold.
struct ExpectedPerson {
  std::string id;
  // Whether there are records of the person, and whether these disagree, at the
  // end of each batch.
  Batches known = {};
  Batches birth_conflict = {};
  Batches name_conflict = {};
};

// What ought to follow from all records of one human being.
struct Expectation {
  // Beside each record, the place in `persons` of the one in whom it ought to
  // end up. Records with a usable number are the first; those of them whose
  // name was cut the second, which the first is a candidate for; the others
  // stand alone.
  std::vector<std::size_t> person_of;
  std::vector<ExpectedPerson> persons;
  // Who ought to come of all of them together, cut names left aside, by
  // whatever means they find each other.
  ExpectedPerson whole;

  const ExpectedPerson& PersonOf(std::size_t record) const {
    return persons[person_of[record]];
  }
};

Expectation Expect(const std::vector<Record>& records);

// The counts over everybody, by batch.
class Summary {
 public:
  // People in rising order.
  void Add(const Person& person, const std::vector<Record>& records,
           const Expectation& expectation);

  // "measure,00,01,02", in a fixed order.
  std::string ToCsv() const;

 private:
  using Counts = std::array<std::uint64_t, kBatches>;
  Counts records_ = {}, broken_ = {}, people_ = {}, persons_ = {};
  Counts birth_conflicts_ = {}, name_conflicts_ = {}, candidates_ = {};
  Counts whole_birth_conflicts_ = {}, whole_name_conflicts_ = {};
  std::map<std::string, Counts> rows_;  // by agency
  std::map<std::string, std::uint64_t> defects_;
  std::map<std::string, std::uint64_t> kinds_;  // people
  Batches before_known_ = {};                   // by number, the person before
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_TRUTH_H_
