// SPDX-License-Identifier: Apache-2.0
// Writes a population: one pass over the people, all files at once, nothing
// kept but counters.
#ifndef TESTS_POPULATION_GENERATE_H_
#define TESTS_POPULATION_GENERATE_H_

#include <filesystem>

#include "absl/status/status.h"
#include "tests/population/world.h"

namespace waystation::population {

// Creates `out`, which must not hold anything yet (ALREADY_EXISTS). README.md
// of this folder describes what is in it afterwards.
absl::Status Generate(const World& world, const std::filesystem::path& out);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_GENERATE_H_
