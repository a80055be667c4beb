// SPDX-License-Identifier: Apache-2.0
#include "server/hub/directory_desk.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "proto/agreement/sectors.h"
#include "proto/auditlog/hash.h"
#include "proto/calendar/dates.h"
#include "proto/directory/check_services.h"
#include "proto/directory/place.h"
#include "proto/directory/service_class.h"
#include "proto/errors/error.h"
#include "server/domain/service_check.h"
#include "server/domain/service_report.h"
#include "server/hub/act_work.h"
#include "server/hub/fault.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"
#include "waystation/store/v1/services.pb.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::sys_days;

constexpr std::string_view kOffersObject = "service_offers";
// Followed by the month: "service_counts/2026-10".
constexpr std::string_view kCountsObject = "service_counts/";
constexpr int kMostOffers = 200;
constexpr int kMostMonths = 24;
constexpr int kMostGroups = 4;
constexpr int kMostFound = 100;
// After which an offer that ended is forgotten.
constexpr std::chrono::days kKept{31};

using StoredOffers = store::v1::StoredServiceOffers;

absl::Status Damaged(const storage::ObjectRow& row) {
  return errors::Error(
      "STORE_DAMAGED",
      {.metadata = {{"table", "object"}, {"row", row.kind + " " + row.id}}});
}

// By agency.
absl::StatusOr<std::vector<std::pair<std::string, StoredOffers>>> LoadOffers(
    const storage::Store& store) {
  const auto rows = store.ListObjects(kOffersObject);
  if (!rows.ok()) return StoreError(rows.status());
  std::vector<std::pair<std::string, StoredOffers>> all;
  for (const storage::ObjectRow& row : *rows) {
    auto& [agency, offers] = all.emplace_back();
    agency = row.id;
    if (!offers.ParseFromString(row.bytes)) return Damaged(row);
  }
  return all;
}

absl::StatusOr<StoredOffers> LoadOffersOf(const storage::Store& store,
                                          const std::string& agency) {
  auto all = LoadOffers(store);
  if (!all.ok()) return all.status();
  for (auto& [id, offers] : *all) {
    if (id == agency) return std::move(offers);
  }
  return StoredOffers();
}

sys_days LastDayOf(const v1::ServiceOffer& offer) {
  return sys_days(calendar::ToDate(offer.until()));
}

void ForgetEnded(codes::Date today, StoredOffers& offers) {
  auto& all = *offers.mutable_offers();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const v1::ServiceOffer& offer) {
                             return LastDayOf(offer) + kKept < sys_days(today);
                           }),
            all.end());
}

v1::ServiceOffer* FindOffer(StoredOffers& offers, const std::string& id) {
  const auto found =
      std::ranges::find(*offers.mutable_offers(), id, &v1::ServiceOffer::id);
  return found == offers.mutable_offers()->end() ? nullptr : &*found;
}

// Puts an object with a leaf that says what was done to `object`, and the hash
// of what was said.
void Put(Planning& planning, const Caller& caller, std::string kind,
         std::string bytes, std::string_view act, const std::string& object,
         std::string_view said, v1::AuditEvent& event) {
  SayAdministered(caller, caller.agency, act, object, said, event);
  planning.batch.objects.push_back({.kind = std::move(kind),
                                    .id = caller.agency,
                                    .bytes = std::move(bytes)});
}

absl::StatusOr<v1::Agency> AgencyOf(const Core& core, const Caller& caller) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* entry = registry->Find(caller.agency);
  if (entry == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  return entry->agency;
}

// 2 and 4 digits besides those of a place.
absl::Status CheckDivision(const std::string& division, bool is_required,
                           size_t fewest) {
  if (division.empty() && !is_required) return absl::OkStatus();
  std::string filled = division;
  if (division.size() == 2 || division.size() == 4) filled.resize(6, '0');
  if (division.size() >= fewest && directory::IsPlace(filled)) {
    return absl::OkStatus();
  }
  return errors::Error(
      "INVALID_REQUEST",
      {.field = "division",
       .rule = fewest == 2
                   ? "2, 4, 6, 9, 12 or 15 digits of a division that is known"
                   : "4, 6, 9, 12 or 15 digits of a division that is known"});
}

absl::Status CheckKnown(const Core& core, const std::string& service) {
  if (service.empty() || directory::FindService(core.options.services.catalogue,
                                                service) != nullptr) {
    return absl::OkStatus();
  }
  return errors::Error(
      "INVALID_REQUEST",
      {.field = "service", .rule = "a service of the catalogue"});
}

v1::GetNearestServicePointsResponse::Level LevelOf(size_t digits) {
  using Response = v1::GetNearestServicePointsResponse;
  switch (digits) {
    case 15:
      return Response::LEVEL_UNIT;
    case 12:
      return Response::LEVEL_COMMUNITY;
    case 9:
      return Response::LEVEL_STREET;
    case 6:
      return Response::LEVEL_COUNTY;
    default:
      return Response::LEVEL_CITY;
  }
}

// Of a sorted list, those from behind the place that the token names.
// `place_of` writes an item's place, by which the list is sorted and which no
// other has.
template <typename Item, typename PlaceOf, typename Take>
absl::Status TakePage(const PageTokens& tokens, const std::string& list,
                      const std::string& token, int32_t asked_size,
                      const std::vector<Item>& items, PlaceOf place_of,
                      Take take, std::string& next) {
  const auto size = PageSize(asked_size, {.usual = 100, .most = 1000});
  if (!size.ok()) return size.status();
  auto from = items.begin();
  if (!token.empty()) {
    const auto place = tokens.Decode(list, token);
    if (!place.ok()) return place.status();
    from = std::ranges::upper_bound(items, *place, {}, place_of);
  }
  size_t taken = 0;
  for (auto item = from; item != items.end(); ++item) {
    if (taken++ == *size) {
      next = tokens.Encode(list, place_of(*(item - 1)));
      return absl::OkStatus();
    }
    take(*item);
  }
  return absl::OkStatus();
}

struct Period {
  domain::Month from;
  domain::Month to;
};

absl::StatusOr<Period> PeriodOf(const v1::GetServiceReportRequest& request) {
  const auto from =
      domain::Month::Of(request.from_year(), request.from_month());
  const auto to = domain::Month::Of(request.to_year(), request.to_month());
  if (!from.has_value()) {
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "from_month", .rule = "a month from 2000 to 2100"});
  }
  if (!to.has_value() || *to < *from ||
      to->index - from->index >= kMostMonths) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "to_month",
                          .rule = "not before the first month, at most 24 in "
                                  "all"});
  }
  return Period{*from, *to};
}

absl::Status CheckGroups(const v1::GetServiceReportRequest& request) {
  using Request = v1::GetServiceReportRequest;
  std::set<int> seen;
  for (const int group : request.groups()) {
    if (!Request::Group_IsValid(group) || group == Request::GROUP_UNSPECIFIED) {
      return errors::Error(
          "INVALID_REQUEST",
          {.field = "groups", .rule = "one of the closed list"});
    }
    if (!seen.insert(group).second || request.groups_size() > kMostGroups) {
      return errors::Error("INVALID_REQUEST",
                           {.field = "groups", .rule = "each once, at most 4"});
    }
  }
  return absl::OkStatus();
}

// What was counted, of all agencies or of one.
struct Counted {
  domain::Month month;
  std::string provider;
  v1::ServiceMonth counted;
};

absl::StatusOr<std::vector<Counted>> LoadCounts(const storage::Store& store,
                                                const Period& period,
                                                const std::string& agency) {
  std::vector<Counted> all;
  for (int index = period.from.index; index <= period.to.index; ++index) {
    const domain::Month month{.index = index};
    const auto rows = store.ListObjects(
        absl::StrCat(std::string(kCountsObject), month.Text()));
    if (!rows.ok()) return StoreError(rows.status());
    for (const storage::ObjectRow& row : *rows) {
      if (!agency.empty() && row.id != agency) continue;
      Counted& one = all.emplace_back();
      one.month = month;
      one.provider = row.id;
      if (!one.counted.ParseFromString(row.bytes)) return Damaged(row);
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<v1::GetServiceCatalogueResponse>
DirectoryDesk::GetServiceCatalogue(
    const v1::GetServiceCatalogueRequest& request) const {
  const config::v1::ServiceCatalogue& catalogue =
      core_.options.services.catalogue;
  v1::GetServiceCatalogueResponse response;
  response.set_version(catalogue.version());
  for (const v1::CatalogueEntry& entry : catalogue.services()) {
    if (request.service_class().empty() ||
        directory::ServiceClassOf(entry.code()) == request.service_class()) {
      *response.add_services() = entry;
    }
  }
  return response;
}

absl::StatusOr<v1::ListServicePointsResponse> DirectoryDesk::ListPoints(
    const v1::ListServicePointsRequest& request) const {
  absl::Status status = CheckDivision(request.division(), false, 2);
  status.Update(CheckKnown(core_, request.service()));
  if (!status.ok()) return status;
  std::vector<const v1::ServicePoint*> points;
  for (const v1::ServicePoint& point : core_.options.services.points.points()) {
    const bool has = request.service().empty() ||
                     std::find(point.services().begin(), point.services().end(),
                               request.service()) != point.services().end();
    if (has && (request.division().empty() ||
                directory::LiesIn(point.division(), request.division()))) {
      points.push_back(&point);
    }
  }
  const auto place_of = [](const v1::ServicePoint* point) {
    return absl::StrCat(point->division(), " ", point->id());
  };
  std::ranges::sort(points, {}, place_of);
  v1::ListServicePointsResponse response;
  status = TakePage(
      core_.tokens,
      absl::StrCat("points ", request.division(), " ", request.service()),
      request.page_token(), request.page_size(), points, place_of,
      [&](const v1::ServicePoint* point) { *response.add_points() = *point; },
      *response.mutable_next_page_token());
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::GetNearestServicePointsResponse> DirectoryDesk::FindPoints(
    const v1::GetNearestServicePointsRequest& request) const {
  absl::Status status = CheckDivision(request.division(), true, 4);
  status.Update(CheckKnown(core_, request.service()));
  if (!status.ok()) return status;
  v1::GetNearestServicePointsResponse response;
  const auto nearest = directory::FindNearest(
      core_.options.services.points, request.division(), request.service());
  if (!nearest.has_value()) return response;
  response.set_level(LevelOf(nearest->division.size()));
  response.set_division(nearest->division);
  for (const v1::ServicePoint* point : nearest->points) {
    if (response.points_size() == kMostFound) break;
    *response.add_points() = *point;
  }
  return response;
}

absl::StatusOr<v1::ListOffersResponse> DirectoryDesk::ListOffers(
    const v1::ListOffersRequest& request) {
  absl::Status status = CheckDivision(request.division(), false, 2);
  status.Update(CheckKnown(core_, request.service()));
  if (!status.ok()) return status;
  const auto all = LoadOffers(core_.store);
  if (!all.ok()) return all.status();
  const sys_days today{core_.Today()};
  const auto is_for = [&](const v1::ServiceOffer& offer) {
    return request.division().empty() ||
           std::ranges::any_of(
               offer.divisions(), [&](const std::string& division) {
                 return directory::LiesIn(request.division(), division) ||
                        directory::LiesIn(division, request.division());
               });
  };
  std::vector<const v1::ServiceOffer*> offers;
  for (const auto& [agency, stored] : *all) {
    if (!request.agency().empty() && agency != request.agency()) continue;
    for (const v1::ServiceOffer& offer : stored.offers()) {
      if (!request.service().empty() && offer.service() != request.service()) {
        continue;
      }
      const auto kept = request.ended() ? kKept : std::chrono::days(0);
      if (LastDayOf(offer) + kept < today) continue;
      if (is_for(offer)) offers.push_back(&offer);
    }
  }
  const auto place_of = [](const v1::ServiceOffer* offer) {
    return absl::StrCat(offer->service(), " ", offer->agency(), " ",
                        offer->id());
  };
  std::ranges::sort(offers, {}, place_of);
  v1::ListOffersResponse response;
  status = TakePage(
      core_.tokens,
      absl::StrCat("offers ", request.division(), " ", request.service(), " ",
                   request.agency(), request.ended() ? " ended" : ""),
      request.page_token(), request.page_size(), offers, place_of,
      [&](const v1::ServiceOffer* offer) { *response.add_offers() = *offer; },
      *response.mutable_next_page_token());
  if (!status.ok()) return status;
  return response;
}

void DirectoryDesk::PutOffer(const Caller& caller, v1::PutOfferRequest request,
                             Hub::Callback<v1::PutOfferResponse> done) {
  auto response = std::make_shared<v1::PutOfferResponse>();
  committer_.Submit(std::make_unique<ActWork>(
      [this, caller, request = std::move(request), response](
          Planning& planning, v1::AuditEvent& event) -> absl::Status {
        const auto agency = AgencyOf(core_, caller);
        if (!agency.ok()) return agency.status();
        const codes::Date today = core_.Today();
        if (const auto wrong = domain::CheckOffer(
                request.offer(), *agency, core_.options.services.catalogue,
                core_.options.services.points, today)) {
          return ErrorOf(*wrong);
        }
        auto offers = LoadOffersOf(core_.store, caller.agency);
        if (!offers.ok()) return offers.status();
        ForgetEnded(today, *offers);
        v1::ServiceOffer offer = request.offer();
        // Nor does it carry words in fields that nobody knows.
        offer.DiscardUnknownFields();
        const auto now = TimeUtil::MicrosecondsToTimestamp(core_.clock.Now());
        offer.set_agency(caller.agency);
        *offer.mutable_published_time() = now;
        *offer.mutable_changed_time() = now;
        v1::ServiceOffer* const held = FindOffer(*offers, offer.id());
        response->set_replaces(held != nullptr);
        if (held != nullptr) {
          *offer.mutable_published_time() = held->published_time();
          *held = offer;
        } else if (offers->offers_size() >= kMostOffers) {
          return errors::Error("LIMIT_REACHED", {.rule = "at most 200 offers"});
        } else {
          *offers->add_offers() = offer;
          std::sort(
              offers->mutable_offers()->begin(),
              offers->mutable_offers()->end(),
              [](const auto& a, const auto& b) { return a.id() < b.id(); });
        }
        *response->mutable_offer() = offer;
        if (request.validate_only()) return absl::OkStatus();
        Put(planning, caller, std::string(kOffersObject),
            offers->SerializeAsString(), "offer.put",
            absl::StrCat(offer.id(), " ", offer.service()),
            offer.SerializeAsString(), event);
        return absl::OkStatus();
      },
      AnswerOf(response, std::move(done))));
}

void DirectoryDesk::WithdrawOffer(
    const Caller& caller, v1::WithdrawOfferRequest request,
    Hub::Callback<v1::WithdrawOfferResponse> done) {
  auto response = std::make_shared<v1::WithdrawOfferResponse>();
  committer_.Submit(std::make_unique<ActWork>(
      [this, caller, request = std::move(request), response](
          Planning& planning, v1::AuditEvent& event) -> absl::Status {
        auto offers = LoadOffersOf(core_.store, caller.agency);
        if (!offers.ok()) return offers.status();
        ForgetEnded(core_.Today(), *offers);
        auto& all = *offers->mutable_offers();
        const auto held =
            std::ranges::find(all, request.id(), &v1::ServiceOffer::id);
        if (held == all.end()) {
          return errors::Error("NOT_AVAILABLE", {.field = "id"});
        }
        const v1::ServiceOffer offer = *held;
        *response->mutable_offer() = offer;
        if (request.validate_only()) return absl::OkStatus();
        all.erase(held);
        Put(planning, caller, std::string(kOffersObject),
            offers->SerializeAsString(), "offer.withdraw",
            absl::StrCat(offer.id(), " ", offer.service()),
            offer.SerializeAsString(), event);
        return absl::OkStatus();
      },
      AnswerOf(response, std::move(done))));
}

void DirectoryDesk::ReportCounts(
    const Caller& caller, v1::ReportServiceCountsRequest request,
    Hub::Callback<v1::ReportServiceCountsResponse> done) {
  auto response = std::make_shared<v1::ReportServiceCountsResponse>();
  committer_.Submit(std::make_unique<ActWork>(
      [this, caller, request = std::move(request), response](
          Planning& planning, v1::AuditEvent& event) -> absl::Status {
        const auto agency = AgencyOf(core_, caller);
        if (!agency.ok()) return agency.status();
        v1::ServiceMonth said = request.month();
        said.DiscardUnknownFields();
        if (const auto wrong = domain::CheckServiceMonth(
                said, *agency, core_.options.services.catalogue,
                core_.Today())) {
          return ErrorOf(*wrong);
        }
        const domain::Month month =
            *domain::Month::Of(said.year(), said.month());
        const auto held =
            LoadCounts(core_.store, {month, month}, caller.agency);
        if (!held.ok()) return held.status();
        response->set_replaces(!held->empty());
        if (request.validate_only()) return absl::OkStatus();
        const std::string bytes = said.SerializeAsString();
        Put(planning, caller,
            absl::StrCat(std::string(kCountsObject), month.Text()), bytes,
            "service.count", month.Text(), bytes, event);
        return absl::OkStatus();
      },
      AnswerOf(response, std::move(done))));
}

absl::StatusOr<v1::GetServiceReportResponse> DirectoryDesk::Report(
    const Caller& caller, const v1::GetServiceReportRequest& request) {
  const auto period = PeriodOf(request);
  if (!period.ok()) return period.status();
  absl::Status status = CheckGroups(request);
  status.Update(CheckKnown(core_, request.service()));
  if (!status.ok()) return status;
  std::string sector;
  if (!caller.agency.empty()) {
    const auto agency = AgencyOf(core_, caller);
    if (!agency.ok()) return agency.status();
    sector = agency->sector();
  } else if (request.own()) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "own", .rule = "for agencies"});
  }
  const auto counted =
      LoadCounts(core_.store, *period, request.own() ? caller.agency : "");
  if (!counted.ok()) return counted.status();

  domain::ServiceReportTerms terms{
      .groups = {},
      .service = request.service(),
      .least = request.own() ? 0 : core_.options.notice_terms.least_shown,
      // Who serves health, whoever watches over all, and nobody else
      // (domain facts 5.2, 4).
      .with_health = request.own() || sector == agreement::kHealth ||
                     caller.role == Role::kOffice ||
                     caller.role == Role::kAuditor};
  for (const int group : request.groups()) {
    terms.groups.push_back(
        static_cast<v1::GetServiceReportRequest::Group>(group));
  }
  std::vector<domain::CountedMonth> months;
  std::set<std::string_view> providers;
  for (const Counted& one : *counted) {
    months.push_back({.provider = one.provider,
                      .month = one.month,
                      .counted = &one.counted});
    providers.insert(one.provider);
  }
  v1::GetServiceReportResponse response;
  if (!domain::CountServices(months, terms, response)) {
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "groups",
         .rule = "5,000 rows at most: fewer groups, or a shorter period"});
  }
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(core_.clock.Now());
  *response.mutable_groups() = request.groups();
  response.set_least_shown(terms.least);
  response.set_with_health(terms.with_health);
  response.set_providers(static_cast<uint32_t>(providers.size()));
  const auto conventions = domain::ServiceConventions();
  response.mutable_conventions()->Assign(conventions.begin(),
                                         conventions.end());
  return response;
}

}  // namespace waystation::hub
