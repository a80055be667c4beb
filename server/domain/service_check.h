// SPDX-License-Identifier: Apache-2.0
// Whether a provider's offer, or its counts of a month, may be taken as they
// are. Both are held against the catalogue; neither names a person.
#ifndef WAYSTATION_SERVER_DOMAIN_SERVICE_CHECK_H_
#define WAYSTATION_SERVER_DOMAIN_SERVICE_CHECK_H_

#include <compare>
#include <optional>
#include <string>

#include "proto/codes/date.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::config::v1 {
class ServiceCatalogue;
class ServicePoints;
}  // namespace waystation::config::v1
namespace waystation::v1 {
class Agency;
class ServiceMonth;
class ServiceOffer;
}  // namespace waystation::v1

namespace waystation::domain {

// By an index that grows by one a month, so that months are counted.
struct Month {
  int index = 0;
  // nullopt unless the year is 2000 to 2100 and the month 1 to 12.
  static std::optional<Month> Of(int year, int month);
  // "2026-10".
  std::string Text() const;
  auto operator<=>(const Month&) const = default;
};

// What is wrong first, by field path from the offer ("offer.divisions[1]") and
// reason: SERVICE_NOT_ALLOWED, NOT_IN_JURISDICTION or INVALID_REQUEST; nullopt
// if nothing. `today` is the day in China.
std::optional<v1::Violation> CheckOffer(
    const v1::ServiceOffer& offer, const v1::Agency& agency,
    const config::v1::ServiceCatalogue& catalogue,
    const config::v1::ServicePoints& points, codes::Date today);

// The same of counts, from "month"; of the month that it is or one of the 36
// before.
std::optional<v1::Violation> CheckServiceMonth(
    const v1::ServiceMonth& month, const v1::Agency& agency,
    const config::v1::ServiceCatalogue& catalogue, codes::Date today);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_SERVICE_CHECK_H_
