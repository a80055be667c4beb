// SPDX-License-Identifier: Apache-2.0
#include "tests/population/format.h"

#include <algorithm>
#include <array>

namespace waystation::population {
namespace {

const std::array<const Format*, 5>& Formats() {
  static const std::array<const Format*, 5> kFormats = {
      &PublicSecurity(), &Labor(), &HealthAtOrigin(), &HealthInCity(),
      &Commerce()};
  return kFormats;
}

}  // namespace

const std::vector<std::string_view>& Sectors() {
  static const std::vector<std::string_view> kSectors = [] {
    std::vector<std::string_view> sectors;
    for (const Format* format : Formats()) sectors.push_back(format->sector);
    const auto repeated = std::ranges::unique(sectors);
    sectors.erase(repeated.begin(), repeated.end());
    return sectors;
  }();
  return kSectors;
}

const Format& FormatOf(const Agency& agency) {
  return **std::ranges::find_if(Formats(), [&](const Format* format) {
    return format->sector == agency.sector &&
           (agency.place->origin ? format->at_origins : format->in_cities);
  });
}

}  // namespace waystation::population
