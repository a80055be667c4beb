// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/service_desk.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/wayctl/calendar_files.h"
#include "client/wayctl/input_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "waystation/v1/directory_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 1'000;
// A year, its first day counted.
constexpr int kUsualDays = 364;

// --- points ---

struct PointsAsked {
  std::string division;
  std::string next_to;
  std::string service;
  ListOptions list;
};

absl::Status ShowNextTo(Session& session, const PointsAsked& asked,
                        const ServiceTitles& titles) {
  v1::GetNearestServicePointsRequest request;
  request.set_division(asked.next_to);
  request.set_service(asked.service);
  const auto found = session.directory().GetNearestServicePoints(request);
  if (!found.ok()) return found.status();
  Table rows = PointTable();
  for (const v1::ServicePoint& point : found->points()) {
    rows.rows.push_back(PointRow(point, titles, asked.service));
  }
  Sheet sheet;
  if (found->level() ==
      v1::GetNearestServicePointsResponse::LEVEL_UNSPECIFIED) {
    session.out().Warn(Say("No service point has it in this city."));
    session.Found();
  } else {
    sheet.facts = {{"level", Say("Found in the same"), EnumOf(found->level())},
                   {"division", Say("Division"),
                    Cell(PlaceText(found->division()), found->division())}};
  }
  sheet.sections = {{Say("Service points"), std::move(rows)}};
  session.out().Show(*found, sheet);
  return absl::OkStatus();
}

absl::Status ShowPoints(Session& session, const PointsAsked& asked) {
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  if (!asked.next_to.empty()) return ShowNextTo(session, asked, *titles);
  v1::ListServicePointsRequest request;
  request.set_division(asked.division);
  request.set_service(asked.service);
  return ShowPages(
      session, asked.list, kMostPerPage, request,
      [&](const auto& page) {
        return session.directory().ListServicePoints(page);
      },
      [&](const auto& page) {
        Table rows = PointTable();
        for (const v1::ServicePoint& point : page.points()) {
          rows.rows.push_back(PointRow(point, *titles, asked.service));
        }
        return rows;
      });
}

// --- offers ---

Table OfferTable() {
  return {.columns = {{"agency", Say("PROVIDED BY"), false, true},
                      {"id", Say("OFFER")},
                      {"service", Say("SERVICE"), false, true},
                      {"divisions", Say("FOR WHOEVER LIVES IN"), false, true},
                      {"since", Say("SINCE")},
                      {"until", Say("UNTIL")},
                      {"points", Say("POINTS"), false, true}}};
}

Cell PlacesCell(const v1::ServiceOffer& offer) {
  std::vector<std::string> places;
  for (const std::string& division : offer.divisions()) {
    places.push_back(PlaceText(division));
  }
  return Cell(Joined(places, Say(", ")), Joined(offer.divisions()));
}

std::vector<Cell> OfferRow(const v1::ServiceOffer& offer,
                           const ServiceTitles& titles) {
  return {Cell(AgencyText(offer.agency()), offer.agency()),
          offer.id(),
          Cell(ServiceText(titles, offer.service()), offer.service()),
          PlacesCell(offer),
          DateCell(offer.since()),
          DateCell(offer.until()),
          JoinedCell(offer.points())};
}

struct OffersAsked {
  std::string division;
  std::string service;
  std::string agency;
  bool ended = false;
  ListOptions list;
};

absl::Status ShowOffers(Session& session, const OffersAsked& asked) {
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  v1::ListOffersRequest request;
  request.set_division(asked.division);
  request.set_service(asked.service);
  request.set_agency(asked.agency);
  request.set_ended(asked.ended);
  return ShowPages(
      session, asked.list, kMostPerPage, request,
      [&](const auto& page) { return session.directory().ListOffers(page); },
      [&](const auto& page) {
        Table rows = OfferTable();
        for (const v1::ServiceOffer& offer : page.offers()) {
          rows.rows.push_back(OfferRow(offer, *titles));
        }
        return rows;
      });
}

Sheet OfferSheet(const v1::ServiceOffer& offer, const ServiceTitles& titles) {
  Sheet sheet{
      .facts = {{"id", Say("Offer"), offer.id()},
                {"service", Say("Service"),
                 Cell(ServiceText(titles, offer.service()), offer.service())},
                {"divisions", Say("For whoever lives in"), PlacesCell(offer)},
                {"since", Say("Since"), DateCell(offer.since())},
                {"until", Say("Until"), DateCell(offer.until())}}};
  if (!offer.points().empty()) {
    sheet.facts.push_back(
        {"points", Say("Service points"), JoinedCell(offer.points())});
  }
  return sheet;
}

struct OfferGiven {
  std::string id;
  std::string service;
  std::vector<std::string> divisions;
  std::string since;
  std::string until;
  std::vector<std::string> points;
  bool dry_run = false;
};

// From today, and for a year, unless it says otherwise.
absl::Status SetDays(const OfferGiven& given, absl::Time now,
                     v1::ServiceOffer& offer) {
  codes::Date since = calendar::DayOf(absl::ToUnixMicros(now));
  if (!given.since.empty()) {
    const auto day = DayOption("--since", given.since);
    if (!day.ok()) return day.status();
    since = *day;
  }
  codes::Date until =
      std::chrono::sys_days(since) + std::chrono::days(kUsualDays);
  if (!given.until.empty()) {
    const auto day = DayOption("--until", given.until);
    if (!day.ok()) return day.status();
    until = *day;
  }
  calendar::SetDate(since, offer.mutable_since());
  calendar::SetDate(until, offer.mutable_until());
  return absl::OkStatus();
}

absl::Status PutOffer(Session& session, const OfferGiven& given) {
  v1::PutOfferRequest request;
  request.set_validate_only(given.dry_run);
  v1::ServiceOffer& offer = *request.mutable_offer();
  offer.set_id(given.id);
  offer.set_service(given.service);
  offer.mutable_divisions()->Assign(given.divisions.begin(),
                                    given.divisions.end());
  offer.mutable_points()->Assign(given.points.begin(), given.points.end());
  if (auto set = SetDays(given, session.surroundings().now(), offer);
      !set.ok()) {
    return set;
  }
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  const auto response = session.directory().PutOffer(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response, OfferSheet(response->offer(), *titles));
  if (response->replaces()) {
    session.out().Note(Say("In place of your offer of that name."));
  }
  return absl::OkStatus();
}

absl::Status WithdrawOffer(Session& session, const std::string& id,
                           bool dry_run) {
  v1::WithdrawOfferRequest request;
  request.set_id(id);
  request.set_validate_only(dry_run);
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  const auto response = session.directory().WithdrawOffer(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response, OfferSheet(response->offer(), *titles));
  return absl::OkStatus();
}

// --- counts ---

absl::Status ReportCounts(Session& session, const std::string& file,
                          bool dry_run) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  v1::ReportServiceCountsRequest request;
  const auto places = runtime::ReadYaml(*text, file == "-" ? "stdin" : file,
                                        *request.mutable_month());
  if (!places.ok()) return As("SERVICES_INVALID", places.status());
  request.set_validate_only(dry_run);
  const auto response = session.directory().ReportServiceCounts(request);
  if (!response.ok()) return InFile(response.status(), *places, "month.");
  const v1::ServiceMonth& month = request.month();
  session.out().Show(
      *response,
      {.facts = {
           {"month", Say("Month"), MonthText(month.year(), month.month())},
           {"counts", Say("Counts of services"),
            Number(static_cast<std::uint64_t>(month.counts_size()))},
           {"cards", Say("Counts of cards"),
            Number(static_cast<std::uint64_t>(month.cards_size()))},
           {"replaces", Say("In place of what you said of that month"),
            response->replaces() ? Cell(Say("yes"), "true")
                                 : Cell(Say("no"), "false")}}});
  return absl::OkStatus();
}

CLI::Option* AddService(CLI::App& verb, std::string& service) {
  return verb.add_option("--service", service,
                         Say("A service of the catalogue"));
}

}  // namespace

absl::StatusOr<ServiceTitles> TitlesOfHub(Session& session) {
  const auto listed = session.directory().GetServiceCatalogue({});
  if (!listed.ok()) return listed.status();
  ServiceTitles titles;
  const bool is_chinese = IsChinese();
  for (const v1::CatalogueEntry& entry : listed->services()) {
    titles[entry.code()] = is_chinese ? entry.title_zh() : entry.title_en();
  }
  return titles;
}

std::string ServiceText(const ServiceTitles& titles, const std::string& code) {
  const auto title = titles.find(code);
  if (title == titles.end()) return code;
  return Say("$0 ($1)", title->second, code);
}

std::string MonthText(int year, int month) {
  return absl::StrFormat("%04d-%02d", year, month);
}

Table PointTable() {
  return {.columns = {{"id", Say("POINT")},
                      {"name", Say("NAME"), false, true},
                      {"kind", Say("KIND")},
                      {"division", Say("DIVISION"), false, true},
                      {"address", Say("ADDRESS"), false, true},
                      {"services", Say("SERVICES"), false, true}}};
}

std::vector<Cell> PointRow(const v1::ServicePoint& point,
                           const ServiceTitles& titles,
                           const std::string& wanted) {
  std::vector<std::string> services;
  for (const std::string& code : point.services()) {
    if (!wanted.empty() && code != wanted) continue;
    const auto title = titles.find(code);
    services.push_back(title == titles.end() ? code : title->second);
  }
  return {point.id(),
          IsChinese() ? point.name_zh() : point.name_en(),
          EnumOf(point.kind()),
          Cell(PlaceText(point.division()), point.division()),
          point.address(),
          Cell(Joined(services, Say(", ")), Joined(point.services()))};
}

void AddServiceDesk(Commands& commands, CLI::App& noun) {
  const auto points = std::make_shared<PointsAsked>();
  CLI::App& points_verb = commands.Verb(
      noun, "points", Say("The service points that a hub has"),
      "wayctl service points --division 3201\n  wayctl service points "
      "--next-to 320102002001 --service health.vaccination",
      Needs::kHub,
      [points](Session& session) { return ShowPoints(session, *points); });
  CLI::Option* const in =
      points_verb.add_option("--division", points->division,
                             Say("Those in this division, 2 to 15 digits"));
  points_verb
      .add_option("--next-to", points->next_to,
                  Say("The nearest to this division, 4 to 15 digits"))
      ->excludes(in);
  AddService(points_verb, points->service);
  AddListOptions(points_verb, points->list);

  const auto offers = std::make_shared<OffersAsked>();
  CLI::App& offers_verb = commands.Verb(
      noun, "offers", Say("What agencies offer, to everybody in a place"),
      "wayctl service offers --division 320505", Needs::kHub,
      [offers](Session& session) { return ShowOffers(session, *offers); });
  offers_verb.add_option(
      "--division", offers->division,
      Say("For this division, one above it or one in it, 2 to 15 digits"));
  AddService(offers_verb, offers->service);
  offers_verb.add_option("--agency", offers->agency, Say("Of this agency"));
  offers_verb.add_flag("--ended", offers->ended,
                       Say("Those that ended in the last 31 days, too"));
  AddListOptions(offers_verb, offers->list);

  const auto given = std::make_shared<OfferGiven>();
  CLI::App& offer_verb = commands.Verb(
      noun, "offer", Say("Offer a service to everybody in some divisions"),
      "wayctl service offer welding --service training.vocational_course "
      "--division 320505",
      Needs::kHub,
      [given](Session& session) { return PutOffer(session, *given); });
  offer_verb
      .add_option("ID", given->id,
                  Say("Your name for the offer: lower-case letters, digits, "
                      "underscores; one of yours is replaced"))
      ->required();
  AddService(offer_verb, given->service)->required();
  AddRepeated(offer_verb, "--division", given->divisions,
              Say("For whoever lives there: 6, 9, 12 or 15 digits"))
      .required();
  offer_verb.add_option("--since", given->since,
                        Say("First day, YYYY-MM-DD; today unless given"));
  offer_verb.add_option(
      "--until", given->until,
      Say("Last day, YYYY-MM-DD; a year after the first unless given"));
  AddRepeated(offer_verb, "--point", given->points,
              Say("A service point that provides it"));
  AddDryRun(offer_verb, given->dry_run);

  struct Withdrawn {
    std::string id;
    bool dry_run = false;
  };
  const auto withdrawn = std::make_shared<Withdrawn>();
  CLI::App& withdraw_verb = commands.Verb(
      noun, "withdraw", Say("Take back an offer of yours"),
      "wayctl service withdraw welding", Needs::kHub,
      [withdrawn](Session& session) {
        return WithdrawOffer(session, withdrawn->id, withdrawn->dry_run);
      });
  withdraw_verb.add_option("ID", withdrawn->id, Say("Your name for the offer"))
      ->required();
  AddDryRun(withdraw_verb, withdrawn->dry_run);

  struct Counted {
    std::string file;
    bool dry_run = false;
  };
  const auto counted = std::make_shared<Counted>();
  CLI::App& count_verb = commands.Verb(
      noun, "count",
      Say("Say how often services were offered, delivered and declined in a "
          "month, and how many hold a service card"),
      "wayctl service count month.yaml --dry-run", Needs::kHub,
      [counted](Session& session) {
        return ReportCounts(session, counted->file, counted->dry_run);
      });
  count_verb
      .add_option("FILE", counted->file, Say("YAML; - is standard input"))
      ->required();
  AddDryRun(count_verb, counted->dry_run);
}

}  // namespace waystation::wayctl
