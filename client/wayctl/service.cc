// SPDX-License-Identifier: Apache-2.0
// wayctl service: what services there are, and where the nearest point is, from
// files alone: what is free for everybody is no secret, and nobody has to say
// who they are to learn of it. What takes a hub is in service_desk and
// service_report.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/service_desk.h"
#include "client/wayctl/service_files.h"
#include "client/wayctl/service_report.h"
#include "client/wayctl/values.h"
#include "proto/directory/check_services.h"
#include "proto/directory/place.h"
#include "proto/directory/service_class.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/service_report.pb.h"

namespace waystation::wayctl {
namespace {

using config::v1::ServiceCatalogue;
using config::v1::ServicePoints;
using report::v1::NearestServicePoints;
using report::v1::ServiceLintReport;

Cell Count(int number) { return Number(static_cast<std::uint64_t>(number)); }

// Where files are, and what is looked for in them.
struct Asked {
  std::string catalogue;
  std::string points;
  std::string service_class;
  std::string service;
  std::string division;
};

struct Files {
  ServiceCatalogue catalogue;
  ServicePoints points;
};

absl::StatusOr<Files> ReadFiles(Session& session, const Asked& asked) {
  auto catalogue = ReadCatalogue(session, asked.catalogue);
  if (!catalogue.ok()) return catalogue.status();
  auto points = ReadPoints(session, asked.points, *catalogue);
  if (!points.ok()) return points.status();
  return Files{*std::move(catalogue), *std::move(points)};
}

// --- lint ---

absl::Status Lint(Session& session, const Asked& asked) {
  if (asked.catalogue.empty() && asked.points.empty()) {
    return errors::Error(
        "USAGE", {.field = "CATALOGUE", .rule = "a catalogue, or --points"});
  }
  const auto files = ReadFiles(session, asked);
  if (!files.ok()) return files.status();
  ServiceLintReport report;
  if (!asked.catalogue.empty()) {
    auto& linted = *report.add_files();
    linted.set_file(asked.catalogue);
    linted.set_version(files->catalogue.version());
    linted.set_services(files->catalogue.services_size());
  }
  if (!asked.points.empty()) {
    auto& linted = *report.add_files();
    linted.set_file(asked.points);
    linted.set_version(files->points.version());
    linted.set_points(files->points.points_size());
  }
  Table rows{.columns = {{"file", Say("FILE"), false, true},
                         {"version", Say("VERSION")},
                         {"services", Say("SERVICES"), true},
                         {"points", Say("POINTS"), true}}};
  for (const auto& file : report.files()) {
    rows.rows.push_back({file.file(), file.version(), Count(file.services()),
                         Count(file.points())});
  }
  session.out().Show(report, {.sections = {{Say("Files"), std::move(rows)}}});
  return absl::OkStatus();
}

// --- catalogue ---

absl::Status ShowCatalogue(Session& session, const Asked& asked) {
  const auto read = ReadCatalogue(session, asked.catalogue);
  if (!read.ok()) return read.status();
  ServiceCatalogue shown;
  shown.set_version(read->version());
  Table rows{.columns = {{"code", Say("SERVICE")},
                         {"title", Say("TITLE"), false, true},
                         {"sectors", Say("PROVIDED BY"), false, true},
                         {"source", Say("GOES BACK TO"), false, true}}};
  for (const v1::CatalogueEntry& entry : read->services()) {
    if (!asked.service_class.empty() &&
        directory::ServiceClassOf(entry.code()) != asked.service_class) {
      continue;
    }
    *shown.add_services() = entry;
    std::vector<std::string> sectors;
    for (const std::string& sector : entry.sectors()) {
      sectors.push_back(SayName(sector));
    }
    rows.rows.push_back(
        {entry.code(), IsChinese() ? entry.title_zh() : entry.title_en(),
         Cell(Joined(sectors, Say(", ")), Joined(entry.sectors())),
         IsChinese() ? entry.source_zh() : entry.source_en()});
  }
  session.out().Show(shown,
                     {.facts = {{"version", Say("Version"), shown.version()}},
                      .sections = {{Say("Services"), rows}},
                      .csv = rows});
  session.out().Note(Say(
      "All services are free, and for whoever lives there. Nobody has to take "
      "one, and nothing else depends on it."));
  return absl::OkStatus();
}

// --- nearest ---

NearestServicePoints::Level LevelOf(std::size_t digits) {
  switch (digits) {
    case 15:
      return NearestServicePoints::LEVEL_UNIT;
    case 12:
      return NearestServicePoints::LEVEL_COMMUNITY;
    case 9:
      return NearestServicePoints::LEVEL_STREET;
    case 6:
      return NearestServicePoints::LEVEL_COUNTY;
    default:
      return NearestServicePoints::LEVEL_CITY;
  }
}

absl::Status CheckAsked(const Asked& asked, const ServiceCatalogue& catalogue) {
  std::string filled = asked.division;
  if (filled.size() == 4) filled.resize(6, '0');
  if (!directory::IsPlace(filled) || filled.substr(2, 4) == "0000") {
    return errors::Error(
        "USAGE",
        {.field = "DIVISION",
         .rule = "4, 6, 9, 12 or 15 digits of a division that is known"});
  }
  if (!asked.service.empty() &&
      directory::FindService(catalogue, asked.service) == nullptr) {
    return errors::Error(
        "USAGE", {.field = "--service", .rule = "a service of the catalogue"});
  }
  return absl::OkStatus();
}

ServiceTitles TitlesOf(const ServiceCatalogue& catalogue) {
  ServiceTitles titles;
  const bool is_chinese = IsChinese();
  for (const v1::CatalogueEntry& entry : catalogue.services()) {
    titles[entry.code()] = is_chinese ? entry.title_zh() : entry.title_en();
  }
  return titles;
}

absl::Status ShowNearest(Session& session, const Asked& asked) {
  const auto files = ReadFiles(session, asked);
  if (!files.ok()) return files.status();
  if (auto wrong = CheckAsked(asked, files->catalogue); !wrong.ok()) {
    return wrong;
  }
  const auto found =
      directory::FindNearest(files->points, asked.division, asked.service);
  NearestServicePoints nearest;
  Sheet sheet;
  if (found.has_value()) {
    nearest.set_level(LevelOf(found->division.size()));
    nearest.set_division(found->division);
    for (const v1::ServicePoint* const point : found->points) {
      *nearest.add_points() = *point;
    }
    sheet.facts = {{"level", Say("Found in the same"), EnumOf(nearest.level())},
                   {"division", Say("Division"),
                    Cell(PlaceText(nearest.division()), nearest.division())}};
  } else {
    session.out().Warn(Say("No service point has it in this city."));
    session.Found();
  }
  const ServiceTitles titles = TitlesOf(files->catalogue);
  Table rows = PointTable();
  for (const v1::ServicePoint& point : nearest.points()) {
    rows.rows.push_back(PointRow(point, titles, asked.service));
  }
  sheet.csv = rows;
  sheet.sections = {{Say("Service points"), std::move(rows)}};
  session.out().Show(nearest, sheet);
  return absl::OkStatus();
}

// --- the verbs ---

void AddCatalogueOption(CLI::App& verb, Asked& asked) {
  verb.add_option("--catalogue", asked.catalogue,
                  Say("A catalogue; that of this release unless given"));
}

}  // namespace

void AddService(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "service",
      Say("What services there are, where, and how often they are taken up"));

  const auto listed = std::make_shared<Asked>();
  CLI::App& list = commands.Verb(
      noun, "catalogue", Say("What services there are, and who provides them"),
      "wayctl service catalogue\n  wayctl service catalogue --class training",
      Needs::kNothing,
      [listed](Session& session) { return ShowCatalogue(session, *listed); });
  std::vector<std::string> classes(directory::kServiceClasses.begin(),
                                   directory::kServiceClasses.end());
  classes.emplace_back(directory::kHealthServiceClass);
  std::ranges::sort(classes);
  list.add_option("--class", listed->service_class, Say("Of this class alone"))
      ->check(CLI::IsMember(classes));
  AddCatalogueOption(list, *listed);

  const auto near = std::make_shared<Asked>();
  CLI::App& nearest = commands.Verb(
      noun, "nearest", Say("The service points next to a division"),
      "wayctl service nearest 320102002001 --service health.vaccination\n"
      "  wayctl service nearest 320505 --points points.yaml",
      Needs::kNothing,
      [near](Session& session) { return ShowNearest(session, *near); });
  nearest
      .add_option("DIVISION", near->division,
                  Say("Of a city, county, street or community, or of the unit "
                      "of a grid"))
      ->required();
  nearest.add_option("--service", near->service,
                     Say("That have this service; any unless given"));
  nearest.add_option("--points", near->points,
                     Say("Service points; those of this release unless given"));
  AddCatalogueOption(nearest, *near);

  const auto linted = std::make_shared<Asked>();
  CLI::App& lint = commands.Verb(
      noun, "lint", Say("Whether files of services are sound"),
      "wayctl service lint catalogue.yaml --points points.yaml",
      Needs::kNothing,
      [linted](Session& session) { return Lint(session, *linted); });
  lint.add_option("CATALOGUE", linted->catalogue,
                  Say("YAML; - is standard input"));
  lint.add_option("--points", linted->points,
                  Say("Service points, which have services of that catalogue, "
                      "or else of that of this release"));

  AddServiceDesk(commands, noun);
  AddServiceReport(commands, noun);
}

}  // namespace waystation::wayctl
