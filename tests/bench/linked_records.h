// SPDX-License-Identifier: Apache-2.0
// Records of people whose truth is known, read as the hub reads them: through
// the adapters' readers and mappings, and the reading of updates.
#ifndef TESTS_BENCH_LINKED_RECORDS_H_
#define TESTS_BENCH_LINKED_RECORDS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/domain/link.h"
#include "server/domain/score.h"

namespace waystation::bench {

// One record and who it really is about. Uids are places in the list, from 1.
struct Entry {
  domain::LinkFeatures features;
  domain::MatchVector vector;
  std::uint32_t person = 0;
  std::string sector;
  std::vector<std::string> defects;
  // What makes the person easily taken for another: twin, family ...
  std::vector<std::string> kinds;
};

// Of a population: all exports of two cities' four sectors.
std::vector<Entry> ReadPopulation(const std::filesystem::path& people);

// Of people in Latin script (latin_people.h), through a mapping of columns that
// no sector of ours has.
std::vector<Entry> ReadLatin(const std::filesystem::path& people);

// Of the first so many records of a population what is compared, and no more.
std::vector<domain::MatchVector> ReadVectors(
    const std::filesystem::path& people, std::size_t most);

}  // namespace waystation::bench

#endif  // TESTS_BENCH_LINKED_RECORDS_H_
