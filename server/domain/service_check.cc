// SPDX-License-Identifier: Apache-2.0
#include "server/domain/service_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/calendar/dates.h"
#include "proto/directory/check_services.h"
#include "proto/directory/place.h"
#include "waystation/config/v1/services.pb.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::domain {
namespace {

using std::chrono::sys_days;
using v1::Violation;

constexpr int kFirstYear = 2000;
constexpr int kLastYear = 2100;
constexpr int kMostDivisions = 50;
constexpr int kMostPoints = 50;
constexpr int kMostCounts = 2'000;
constexpr int kMostCards = 500;
constexpr int kMonthsBack = 36;
constexpr std::uint64_t kMostCounted = 100'000'000;
constexpr std::chrono::days kLongestOffer{731};
constexpr std::string_view kCardService = "registration.service_card";

Violation Wrong(const char* reason, std::string field, std::string_view rule) {
  Violation violation;
  violation.set_reason(reason);
  violation.set_field(std::move(field));
  violation.set_rule(std::string(rule));
  return violation;
}

Violation Invalid(std::string field, std::string_view rule) {
  return Wrong("INVALID_REQUEST", std::move(field), rule);
}

std::optional<Violation> CheckService(
    const std::string& code, const std::string& field, const v1::Agency& agency,
    const config::v1::ServiceCatalogue& catalogue) {
  const v1::CatalogueEntry* entry = directory::FindService(catalogue, code);
  if (entry == nullptr) return Invalid(field, "a service of the catalogue");
  if (std::find(entry->sectors().begin(), entry->sectors().end(),
                agency.sector()) == entry->sectors().end()) {
    return Wrong("SERVICE_NOT_ALLOWED", field, "");
  }
  return std::nullopt;
}

// A county of which the agency has a part alone is its county, too.
bool IsCountyOf(const v1::Agency& agency, std::string_view county) {
  return directory::LiesIn(county, agency.jurisdiction()) ||
         directory::LiesIn(agency.jurisdiction(), county);
}

std::optional<Violation> CheckCounty(const std::string& division,
                                     const std::string& field,
                                     const v1::Agency& agency) {
  if (!directory::IsCounty(division)) {
    return Invalid(field, directory::kCountyRule);
  }
  if (!IsCountyOf(agency, division)) {
    return Wrong("NOT_IN_JURISDICTION", field, "");
  }
  return std::nullopt;
}

bool IsWithin(const v1::ServiceTally& tally) {
  return std::max({tally.offered(), tally.delivered(), tally.declined()}) <=
         kMostCounted;
}

std::optional<Violation> CheckDays(const v1::ServiceOffer& offer,
                                   codes::Date today) {
  const codes::Date since = calendar::ToDate(offer.since());
  const codes::Date until = calendar::ToDate(offer.until());
  if (!since.ok()) return Invalid("offer.since", "a Gregorian day");
  if (!until.ok()) return Invalid("offer.until", "a Gregorian day");
  if (until < since) {
    return Invalid("offer.until", "not before the first day");
  }
  if (until < today) return Invalid("offer.until", "not before today");
  if (sys_days(until) - sys_days(since) >= kLongestOffer) {
    return Invalid("offer.until", "at most two years after the first day");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Month> Month::Of(int year, int month) {
  if (year < kFirstYear || year > kLastYear || month < 1 || month > 12) {
    return std::nullopt;
  }
  return Month{.index = year * 12 + month - 1};
}

std::string Month::Text() const {
  return absl::StrFormat("%04d-%02d", index / 12, index % 12 + 1);
}

std::optional<Violation> CheckOffer(
    const v1::ServiceOffer& offer, const v1::Agency& agency,
    const config::v1::ServiceCatalogue& catalogue,
    const config::v1::ServicePoints& points, codes::Date today) {
  if (!directory::IsDirectoryId(offer.id())) {
    return Invalid("offer.id", directory::kDirectoryIdRule);
  }
  if (auto wrong =
          CheckService(offer.service(), "offer.service", agency, catalogue)) {
    return wrong;
  }
  if (offer.divisions().empty() || offer.divisions_size() > kMostDivisions) {
    return Invalid("offer.divisions", "1 to 50");
  }
  std::set<std::string_view> divisions;
  for (int i = 0; i < offer.divisions_size(); ++i) {
    const std::string& division = offer.divisions(i);
    const std::string field = absl::StrCat("offer.divisions[", i, "]");
    if (!directory::IsPlace(division)) {
      return Invalid(field, directory::kPlaceRule);
    }
    if (!directory::LiesIn(division, agency.jurisdiction())) {
      return Wrong("NOT_IN_JURISDICTION", field, "");
    }
    if (!divisions.insert(division).second) {
      return Invalid(field, "stands twice");
    }
  }
  if (offer.points_size() > kMostPoints) {
    return Invalid("offer.points", "at most 50");
  }
  std::set<std::string_view> named;
  for (int i = 0; i < offer.points_size(); ++i) {
    const std::string field = absl::StrCat("offer.points[", i, "]");
    const auto point = std::ranges::find(points.points(), offer.points(i),
                                         &v1::ServicePoint::id);
    if (point == points.points().end() ||
        std::find(point->services().begin(), point->services().end(),
                  offer.service()) == point->services().end()) {
      return Invalid(field, "a service point that has this service");
    }
    if (!named.insert(offer.points(i)).second) {
      return Invalid(field, "stands twice");
    }
  }
  return CheckDays(offer, today);
}

std::optional<Violation> CheckServiceMonth(
    const v1::ServiceMonth& month, const v1::Agency& agency,
    const config::v1::ServiceCatalogue& catalogue, codes::Date today) {
  const auto counted = Month::Of(month.year(), month.month());
  const auto now = Month::Of(static_cast<int>(today.year()),
                             static_cast<int>(unsigned{today.month()}));
  if (!counted.has_value() || !now.has_value() || *counted > *now ||
      counted->index < now->index - kMonthsBack) {
    return Invalid("month.month", "this month or one of the 36 before");
  }
  if (month.counts_size() > kMostCounts) {
    return Invalid("month.counts", "at most 2,000");
  }
  if (month.cards_size() > kMostCards) {
    return Invalid("month.cards", "at most 500");
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (int i = 0; i < month.counts_size(); ++i) {
    const v1::ServiceCount& count = month.counts(i);
    const std::string in = absl::StrCat("month.counts[", i, "]");
    if (auto wrong =
            CheckService(count.service(), in + ".service", agency, catalogue)) {
      return wrong;
    }
    if (auto wrong = CheckCounty(count.division(), in + ".division", agency)) {
      return wrong;
    }
    if (!IsWithin(count.locals()) || !IsWithin(count.migrants())) {
      return Invalid(in, "at most 100,000,000");
    }
    if (!seen.emplace(count.service(), count.division()).second) {
      return Invalid(in, "stands twice");
    }
  }
  std::set<std::string_view> counties;
  for (int i = 0; i < month.cards_size(); ++i) {
    const v1::CardCount& cards = month.cards(i);
    const std::string in = absl::StrCat("month.cards[", i, "]");
    if (auto wrong =
            CheckService(std::string(kCardService), in, agency, catalogue)) {
      return wrong;
    }
    if (auto wrong = CheckCounty(cards.division(), in + ".division", agency)) {
      return wrong;
    }
    if (cards.holders() > kMostCounted) {
      return Invalid(in + ".holders", "at most 100,000,000");
    }
    if (!counties.insert(cards.division()).second) {
      return Invalid(in, "stands twice");
    }
  }
  return std::nullopt;
}

}  // namespace waystation::domain
