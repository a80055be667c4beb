// SPDX-License-Identifier: Apache-2.0
// What a run is about: the seed, how many people, and which agencies export.
#ifndef TESTS_POPULATION_WORLD_H_
#define TESTS_POPULATION_WORLD_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/population/data.h"

namespace waystation::population {

// The first export and the later ones: batch 0, 1 and 2.
inline constexpr int kBatches = 3;
inline constexpr std::chrono::sys_days kExportDays[kBatches] = {
    std::chrono::sys_days(std::chrono::year(2026) / 3 / 2),
    std::chrono::sys_days(std::chrono::year(2026) / 3 / 9),
    std::chrono::sys_days(std::chrono::year(2026) / 3 / 16)};

struct Agency {
  std::string id;  // public_security.341200
  std::string sector;
  const Place* place = nullptr;
};

struct World {
  Data data;
  std::uint64_t people = 0;
  std::uint64_t seed = 0;
  std::vector<Agency> agencies;
  // Places of each role whose agencies export, and the others.
  std::vector<Place> exporting_origins, exporting_residences;
  std::vector<Place> other_origins, other_residences;
  // The people of the story are there when Fuyang and Suzhou export.
  bool has_story = false;

  World() = default;
  World(World&&) = default;  // The places that are pointed to stay put.
  World& operator=(World&&) = default;

  // `places` are prefectures of places.tsv, `sectors` those of format.h.
  // INVALID_ARGUMENT for others, or for more people than there are numbers.
  static absl::StatusOr<World> Make(Data data, std::uint64_t people,
                                    std::uint64_t seed,
                                    const std::vector<std::string>& places,
                                    const std::vector<std::string>& sectors);
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_WORLD_H_
