// SPDX-License-Identifier: Apache-2.0
#include "tests/population/world.h"

#include <algorithm>

#include "tests/population/births.h"
#include "tests/population/format.h"
#include "tests/population/person.h"

namespace waystation::population {
namespace {

bool Holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool HasDivision(const std::vector<Place>& places, const std::string& code) {
  return std::any_of(places.begin(), places.end(), [&](const Place& place) {
    return place.division == code;
  });
}

}  // namespace

absl::StatusOr<World> World::Make(Data data, std::uint64_t people,
                                  std::uint64_t seed,
                                  const std::vector<std::string>& places,
                                  const std::vector<std::string>& sectors) {
  if (people == 0 || people > MostPeople()) {
    return absl::InvalidArgumentError("--people must be 1 to " +
                                      std::to_string(MostPeople()));
  }
  World world;
  world.data = std::move(data);
  world.people = people;
  world.seed = seed;
  for (const std::string& code : places) {
    if (!HasDivision(world.data.places, code)) {
      return absl::InvalidArgumentError("no place " + code +
                                        " in data/places.tsv");
    }
  }
  for (const std::string& sector : sectors) {
    if (std::ranges::find(Sectors(), sector) == Sectors().end()) {
      return absl::InvalidArgumentError("no format for the sector " + sector);
    }
  }
  for (const Place& place : world.data.places) {
    const bool exports = Holds(places, place.division);
    auto& list =
        place.origin
            ? (exports ? world.exporting_origins : world.other_origins)
            : (exports ? world.exporting_residences : world.other_residences);
    list.push_back(place);
  }
  for (const auto* list :
       {&world.exporting_origins, &world.exporting_residences}) {
    for (const Place& place : *list) {
      for (const std::string& sector : sectors) {
        world.agencies.push_back({.id = sector + "." + place.division,
                                  .sector = sector,
                                  .place = &place});
      }
    }
  }
  if (world.agencies.empty()) {
    return absl::InvalidArgumentError("no agency exports");
  }
  world.has_story = people >= kStoryPeople &&
                    HasDivision(world.exporting_origins, "341200") &&
                    HasDivision(world.exporting_residences, "320500");
  return world;
}

}  // namespace waystation::population
