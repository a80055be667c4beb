// SPDX-License-Identifier: Apache-2.0
// What is wrong with files of the directory of services: the catalogue, service
// points, and numbers of residents. Pure; thread-safe.
//
// The files are data that anybody may change, so what the schema cannot refuse
// is refused here: a title that makes a service a duty, a price or a check, or
// says for whom by age, marriage or descent (domain facts 5.2); and what tells
// of pregnancy, birth or family in any class but health, whose codes are never
// held with a person.
#ifndef WAYSTATION_PROTO_DIRECTORY_CHECK_SERVICES_H_
#define WAYSTATION_PROTO_DIRECTORY_CHECK_SERVICES_H_

#include <string_view>
#include <vector>

#include "proto/errors/error.h"

namespace waystation::config::v1 {
class Residents;
class ServiceCatalogue;
class ServicePoints;
}  // namespace waystation::config::v1
namespace waystation::v1 {
class CatalogueEntry;
}  // namespace waystation::v1

namespace waystation::directory {

// deploy/services/catalogue.yaml and points.yaml as they were when the program
// was built.
extern const std::string_view kDefaultCatalogue;
extern const std::string_view kDefaultPoints;

// All: by field path such as "services[2].code", in the order of the
// file; empty if nothing.
std::vector<errors::FieldViolation> CheckCatalogue(
    const config::v1::ServiceCatalogue& file);
// Points have services of that catalogue.
std::vector<errors::FieldViolation> CheckPoints(
    const config::v1::ServicePoints& file,
    const config::v1::ServiceCatalogue& catalogue);
// Of how many residents rates are.
std::vector<errors::FieldViolation> CheckResidents(
    const config::v1::Residents& file);

// nullptr for a code that the catalogue does not have.
const v1::CatalogueEntry* FindService(
    const config::v1::ServiceCatalogue& catalogue, std::string_view code);

// Whether services are counted there: six digits of a county that some list
// has, no city and no province.
bool IsCounty(std::string_view division);
inline constexpr std::string_view kCountyRule = "a county, six digits";

// Whether `id` may name a point or an offer.
bool IsDirectoryId(std::string_view id);
inline constexpr std::string_view kDirectoryIdRule =
    "1 to 64 lower-case letters, digits and underscores";

// Whether a point may stand, or a service be offered, in `division`: 6, 9, 12
// or 15 digits, of a county that some list has.
bool IsPlace(std::string_view division);
inline constexpr std::string_view kPlaceRule =
    "6, 9, 12 or 15 digits, of a county that is known";

}  // namespace waystation::directory

#endif  // WAYSTATION_PROTO_DIRECTORY_CHECK_SERVICES_H_
