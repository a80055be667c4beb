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

// What ought to follow from all records of one person.
struct Expectation {
  // Beside each record: the person in whom it is expected to end up. Records
  // without a usable number stand alone.
  std::vector<std::string> persons;
  // Whether the person's strong records disagree at the end of each batch.
  Batches birth_conflict = {};
  Batches name_conflict = {};
  // Whether the person has a strong record that was read.
  Batches known_by_number = {};
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
  Counts records_ = {}, broken_ = {}, persons_ = {};
  Counts birth_conflicts_ = {}, name_conflicts_ = {}, candidates_ = {};
  std::map<std::string, Counts> rows_;  // by agency
  std::map<std::string, std::uint64_t> defects_;
  Batches before_known_ = {};  // the person before
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_TRUTH_H_
