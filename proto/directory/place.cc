// SPDX-License-Identifier: Apache-2.0
#include "proto/directory/place.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

#include "proto/codes/division.h"
#include "waystation/config/v1/services.pb.h"

namespace waystation::directory {
namespace {

// Digits of a city, county, street, community and unit (GB/T 2260 and what
// statistics add to it; the last three are the grid's).
constexpr auto kLevels = std::to_array<std::size_t>({15, 12, 9, 6, 4});
constexpr std::size_t kCounty = 6;

bool Has(const v1::ServicePoint& point, std::string_view service) {
  return service.empty() ||
         std::find(point.services().begin(), point.services().end(), service) !=
             point.services().end();
}

}  // namespace

std::string PlacePrefix(std::string_view division) {
  std::string prefix(division);
  if (prefix.size() >= kCounty) {
    const std::string county =
        codes::CurrentDivision(prefix.substr(0, kCounty));
    if (county.size() == kCounty) prefix.replace(0, kCounty, county);
  }
  // "All of it": zeros of a level that is not reached.
  while (prefix.size() > kCounty && prefix.ends_with("000")) {
    prefix.resize(prefix.size() - 3);
  }
  while (prefix.size() <= kCounty && prefix.size() > 2 &&
         prefix.size() % 2 == 0 && prefix.ends_with("00")) {
    prefix.resize(prefix.size() - 2);
  }
  return prefix;
}

bool LiesIn(std::string_view inner, std::string_view outer) {
  return PlacePrefix(inner).starts_with(PlacePrefix(outer));
}

std::optional<Nearest> FindNearest(const config::v1::ServicePoints& file,
                                   std::string_view division,
                                   std::string_view service) {
  struct Place {
    std::string prefix;
    const v1::ServicePoint* point = nullptr;
  };
  std::vector<Place> places;
  for (const v1::ServicePoint& point : file.points()) {
    if (Has(point, service)) {
      places.push_back({PlacePrefix(point.division()), &point});
    }
  }
  const std::string from = PlacePrefix(division);
  for (const std::size_t digits : kLevels) {
    if (digits > from.size()) continue;
    Nearest nearest{.division = from.substr(0, digits), .points = {}};
    for (const Place& place : places) {
      if (place.prefix.starts_with(nearest.division)) {
        nearest.points.push_back(place.point);
      }
    }
    if (nearest.points.empty()) continue;
    std::ranges::sort(nearest.points, {}, [](const v1::ServicePoint* point) {
      return std::tie(point->division(), point->id());
    });
    return nearest;
  }
  return std::nullopt;
}

}  // namespace waystation::directory
