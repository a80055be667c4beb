// SPDX-License-Identifier: Apache-2.0
// Which of two divisions lies in the other, down to the unit of a grid (15
// digits), and what is next to a division.
#ifndef WAYSTATION_PROTO_DIRECTORY_PLACE_H_
#define WAYSTATION_PROTO_DIRECTORY_PLACE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::config::v1 {
class ServicePoints;
}  // namespace waystation::config::v1
namespace waystation::v1 {
class ServicePoint;
}  // namespace waystation::v1

namespace waystation::directory {

// The digits that all divisions within `division` begin with: 3205 for 320500,
// 320505 for 320505000000. In today's numbering, where that is certain.
std::string PlacePrefix(std::string_view division);

// Whether all of `inner` lies in `outer`. Reflexive.
bool LiesIn(std::string_view inner, std::string_view outer);

// Points next to a division.
struct Nearest {
  // As many digits as the level where they were found: 15, 12, 9, 6 or 4.
  std::string division;
  // By division and id. They belong to the file.
  std::vector<const v1::ServicePoint*> points;
};

// Those that have `service` (empty: any) in the division itself, else in the
// smallest one around it, up to the city. nullopt: none. Precondition: IsPlace,
// or the four digits of a city.
std::optional<Nearest> FindNearest(const config::v1::ServicePoints& file,
                                   std::string_view division,
                                   std::string_view service);

}  // namespace waystation::directory

#endif  // WAYSTATION_PROTO_DIRECTORY_PLACE_H_
