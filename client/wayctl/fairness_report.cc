// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/fairness_report.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/wayctl/counted_report.h"
#include "client/wayctl/language.h"
#include "client/wayctl/service_desk.h"
#include "client/wayctl/service_files.h"
#include "client/wayctl/service_rates.h"
#include "client/wayctl/service_report.h"
#include "client/wayctl/values.h"
#include "proto/directory/place.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetServiceReportRequest;
using Shape = CountedReport::Shape;

struct Asked {
  std::string residents;
  MonthsGiven months;
  std::vector<std::string> by;
  std::string service;
  std::string division;
  ReportFiles files;
};

// --- what both show ---

template <typename Report>
void AddConventions(const v1::GetServiceReportResponse& response,
                    Report& report) {
  *report.mutable_conventions() = response.conventions();
  for (v1::NoticeConvention& convention : ServiceRateConventions()) {
    *report.add_conventions() = std::move(convention);
  }
}

void AddResidents(const report::v1::ResidentsUsed& residents,
                  std::vector<Fact>& facts) {
  facts.push_back({"residents_source", Say("Residents"),
                   Cell(Say("$0, as of $1", residents.source(),
                            DateText(residents.as_of())),
                        residents.source())});
  facts.push_back(
      {"residents_version", Say("File of residents"), residents.version()});
  if (residents.counties_without() > 0) {
    facts.push_back({"counties_without", Say("In no figure"),
                     Cell(Say("$0 counties that the file of residents lacks",
                              residents.counties_without()),
                          absl::StrCat(residents.counties_without()))});
  }
}

void AddLeast(std::uint32_t least, std::vector<Fact>& facts) {
  if (least == 0) return;
  facts.push_back({"least_shown", Say("Not shown"),
                   Cell(Say("numbers under $0", least), absl::StrCat(least))});
}

template <typename Report, typename ValuesOf>
void AddRows(const Report& report, const ServiceTitles& titles,
             ValuesOf values_of, CountedReport& shown) {
  for (const int group : report.groups()) {
    shown.groups.push_back(ServiceGroup(group));
  }
  for (const auto& row : report.rows()) {
    CountedReport::Row& added = shown.rows.emplace_back();
    for (int i = 0; i < row.values_size(); ++i) {
      added.names.push_back(
          ServiceGroupCell(report.groups(i), row.values(i), titles));
    }
    added.values = values_of(row);
  }
  shown.total.values = values_of(report.total());
  shown.as_of_time = report.as_of_time();
  shown.conventions = report.conventions();
}

absl::StatusOr<ServiceGroups> GroupsOf(const std::vector<std::string>& by,
                                       Request::Group otherwise) {
  Request request;
  if (auto set = SetGroups(by, request); !set.ok()) return set;
  ServiceGroups groups;
  for (const int group : request.groups()) {
    groups.push_back(static_cast<Request::Group>(group));
  }
  if (groups.empty()) groups.push_back(otherwise);
  return groups;
}

absl::StatusOr<config::v1::Residents> ResidentsAsked(Session& session,
                                                     const Asked& asked) {
  auto residents = ReadResidents(session, asked.residents);
  if (!residents.ok() || asked.division.empty()) return residents;
  const bool has_any = std::ranges::any_of(
      residents->counties(), [&](const config::v1::CountyResidents& county) {
        return directory::LiesIn(county.division(), asked.division);
      });
  if (has_any) return residents;
  return errors::Error(
      "USAGE", {.field = "--division",
                .rule = "a division with a county of the file of residents"});
}

// --- fairness ---

CountedReport FairnessShown(const report::v1::FairnessReport& report,
                            const Request& request, const ServiceTitles& titles,
                            const Surroundings& surroundings) {
  CountedReport shown{
      .title = Say("Services to locals and to people who moved"),
      .figures = {
          {.id = "locals",
           .title = Say("LOCALS, PER THOUSAND"),
           .shape = Shape::kPerThousand,
           .told_by = "per_thousand"},
          {.id = "migrants",
           .title = Say("MOVED, PER THOUSAND"),
           .shape = Shape::kPerThousand,
           .told_by = "per_thousand"},
          {.id = "ratio", .title = Say("RATIO"), .shape = Shape::kRatio},
          {.id = "left_out", .title = Say("NUMBERS LEFT OUT")}}};
  shown.facts = {
      {"as_of_time", Say("As of"), TimeCell(report.as_of_time(), surroundings)},
      PeriodFact(request),
      {"with_health", Say("With counts of health"),
       report.with_health() ? Cell(Say("yes"), "true")
                            : Cell(Say("no"), "false")}};
  AddResidents(report.residents(), shown.facts);
  AddLeast(report.least_shown(), shown.facts);
  shown.figures_of_more = {"counts"};
  AddRows(
      report, titles,
      [](const report::v1::FairnessRow& row) {
        std::vector<CountedReport::Value> values(4);
        values[0].rate = row.locals();
        values[0].is_at_least = row.locals_left_out() > 0;
        values[1].rate = row.migrants();
        values[1].is_at_least = row.migrants_left_out() > 0;
        if (row.has_ratio()) values[2].ratio = row.ratio();
        values[3].count =
            std::uint64_t{row.locals_left_out()} + row.migrants_left_out();
        return values;
      },
      shown);
  return shown;
}

absl::Status Fairness(Session& session, const Asked& asked) {
  const auto groups = GroupsOf(asked.by, Request::GROUP_SERVICE);
  if (!groups.ok()) return groups.status();
  Request request;
  for (const Request::Group group : WithCounty(*groups)) {
    request.add_groups(group);
  }
  request.set_service(asked.service);
  auto set = SetMonths(asked.months, session.surroundings().now(), 1, request);
  set.Update(CheckNew(asked.files));
  if (!set.ok()) return set;
  const auto residents = ResidentsAsked(session, asked);
  if (!residents.ok()) return residents.status();
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  const auto response = session.directory().GetServiceReport(request);
  if (!response.ok()) return response.status();
  auto report = FairnessOf(*response, *groups, *residents, asked.division);
  report.set_from_month(MonthText(request.from_year(), request.from_month()));
  report.set_to_month(MonthText(request.to_year(), request.to_month()));
  AddConventions(*response, report);
  return ShowReport(
      session, FairnessShown(report, request, *titles, session.surroundings()),
      report, asked.files);
}

// --- cards ---

CountedReport CardsShown(const report::v1::CardCoverage& report,
                         const Surroundings& surroundings) {
  CountedReport shown{
      .title = Say("Coverage of the service card"),
      .figures = {{.id = "coverage",
                   .title = Say("HOLD A VALID CARD"),
                   .shape = Shape::kRate,
                   .told_by = "card_coverage"},
                  {.id = "left_out", .title = Say("NUMBERS LEFT OUT")},
                  {.id = "not_counted", .title = Say("COUNTIES NOT COUNTED")}}};
  shown.facts = {{"as_of_time", Say("As of"),
                  TimeCell(report.as_of_time(), surroundings)}};
  if (!report.newest_month().empty()) {
    shown.facts.push_back({"counted", Say("From the counts of"),
                           Cell(report.oldest_month() == report.newest_month()
                                    ? report.newest_month()
                                    : Say("$0 to $1", report.oldest_month(),
                                          report.newest_month()),
                                absl::StrCat(report.oldest_month(), "/",
                                             report.newest_month()))});
  }
  AddResidents(report.residents(), shown.facts);
  AddLeast(report.least_shown(), shown.facts);
  shown.figures_of_more = {"cards"};
  AddRows(
      report, {},
      [](const report::v1::CardCoverageRow& row) {
        std::vector<CountedReport::Value> values(3);
        values[0].rate = row.coverage();
        values[0].is_at_least = row.left_out() > 0 || row.not_counted() > 0;
        values[1].count = row.left_out();
        values[2].count = row.not_counted();
        return values;
      },
      shown);
  return shown;
}

absl::Status Cards(Session& session, const Asked& asked) {
  const auto groups = GroupsOf(asked.by, Request::GROUP_COUNTY);
  if (!groups.ok()) return groups.status();
  const bool are_places =
      std::ranges::all_of(*groups, [](Request::Group group) {
        return group == Request::GROUP_PROVINCE ||
               group == Request::GROUP_CITY || group == Request::GROUP_COUNTY;
      });
  if (!are_places) {
    return errors::Error("USAGE",
                         {.field = "--by", .rule = "province, city or county"});
  }
  if (std::set(groups->begin(), groups->end()).size() != groups->size()) {
    return errors::Error("USAGE",
                         {.field = "--by", .rule = "each once, at most 4"});
  }
  Request request;
  request.add_groups(Request::GROUP_COUNTY);
  // Of the counts of services none is wanted.
  request.set_service("registration.service_card");
  auto set = SetMonths(asked.months, session.surroundings().now(), 12, request);
  set.Update(CheckNew(asked.files));
  if (!set.ok()) return set;
  const auto residents = ResidentsAsked(session, asked);
  if (!residents.ok()) return residents.status();
  const auto response = session.directory().GetServiceReport(request);
  if (!response.ok()) return response.status();
  auto report = CoverageOf(*response, *groups, *residents, asked.division);
  AddConventions(*response, report);
  return ShowReport(session, CardsShown(report, session.surroundings()), report,
                    asked.files);
}

// --- the verbs ---

void AddOptions(CLI::App& verb, const std::string& otherwise,
                const std::string& groups, Asked& asked) {
  verb.add_option("--residents", asked.residents,
                  Say("Of how many residents, and who says so: YAML; - is "
                      "standard input"))
      ->required();
  AddMonthOptions(verb, otherwise, asked.months);
  AddGroupOption(verb, groups, asked.by);
  verb.add_option("--division", asked.division,
                  Say("Counties in this division alone"));
  AddFileOptions(verb, asked.files);
}

}  // namespace

void AddServiceRates(Commands& commands, CLI::App& noun) {
  const auto fairness = std::make_shared<Asked>();
  CLI::App& fairness_verb = commands.Verb(
      noun, "fairness",
      Say("Whether locals and people who moved get the same services"),
      "wayctl report fairness --residents residents.yaml\n  wayctl report "
      "fairness --residents residents.yaml --by service,city --html "
      "fairness.html",
      Needs::kHub,
      [fairness](Session& session) { return Fairness(session, *fairness); });
  AddOptions(fairness_verb, Say("the last whole one"),
             Choices<Request::Group>(), *fairness);
  fairness_verb.add_option("--service", fairness->service,
                           Say("A service of the catalogue"));

  const auto cards = std::make_shared<Asked>();
  AddOptions(
      commands.Verb(
          noun, "cards",
          Say("How many of those who moved here hold a valid service card"),
          "wayctl report cards --residents residents.yaml\n  wayctl report "
          "cards --residents residents.yaml --by city --xlsx cards.xlsx",
          Needs::kHub,
          [cards](Session& session) { return Cards(session, *cards); }),
      Say("the last twelve whole ones"), "province, city, county", *cards);
}

}  // namespace waystation::wayctl
