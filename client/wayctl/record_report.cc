// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/record_report.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/counted_report.h"
#include "client/wayctl/language.h"
#include "client/wayctl/report_document.h"
#include "client/wayctl/values.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/record_rates.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetRecordRatesRequest;
using Response = v1::GetRecordRatesResponse;
using Row = v1::RecordRatesRow;

using Figure = RowFigure<Row, v1::RecordCounts>;

Figure RecordsFigure() {
  return {.id = "records",
          .title = Say("RECORDS"),
          .count = &v1::RecordCounts::records};
}

std::vector<Figure> QualityFigures() {
  return {
      RecordsFigure(),
      {.id = "core", .title = Say("NAME, SEX, BIRTH DATE"), .rate = &Row::core},
      {.id = "number", .title = Say("SOUND NUMBER"), .rate = &Row::number},
      {.id = "soundness",
       .title = Say("SOUND CLAIMS"),
       .rate = &Row::soundness},
      {.id = "freshness", .title = Say("FRESH"), .rate = &Row::freshness}};
}

std::vector<Figure> CoverageFigures() {
  return {
      RecordsFigure(),
      {.id = "moved", .title = Say("MOVED"), .count = &v1::RecordCounts::moved},
      {.id = "joint_registration",
       .title = Say("ON BOTH SIDES"),
       .rate = &Row::joint_registration}};
}

// Heads of CSV columns are the names of groups as --by takes them.
CountedReport::Group GroupOf(int group) {
  const auto title = [&]() -> std::string {
    switch (group) {
      case Request::GROUP_AGENCY:
        return Say("AGENCY");
      case Request::GROUP_SECTOR:
        return Say("SECTOR");
      case Request::GROUP_PROVINCE:
        return Say("PROVINCE");
      case Request::GROUP_CITY:
        return Say("CITY");
      default:
        return Say("COUNTY");
    }
  };
  return {.name = runtime::ShortEnumName(
              *Request::Group_descriptor()->FindValueByNumber(group)),
          .title = title()};
}

std::string ValueText(int group, const std::string& value) {
  switch (group) {
    case Request::GROUP_AGENCY:
      return AgencyText(value);
    case Request::GROUP_SECTOR:
      return SayName(value);
    default:
      return PlaceText(value);
  }
}

std::vector<Fact> FactsOf(const Response& report,
                          const Surroundings& surroundings) {
  std::vector<Fact> facts = {
      {"as_of_time", Say("As of"), TimeCell(report.as_of_time(), surroundings)},
      {"extent", Say("Records"), EnumOf(report.extent())}};
  if (report.least_shown() > 0) {
    facts.push_back({"least_shown", Say("Left out"),
                     Cell(Say("rows of fewer than $0 records, and what would "
                              "tell of them",
                              report.least_shown()),
                          std::to_string(report.least_shown()))});
  }
  return facts;
}

// How each attribute is filled, of all records together.
Section AttributesOf(const Row& total) {
  Table table{.columns = {{"attribute", Say("ATTRIBUTE")},
                          {"held", Say("CLAIMED BY"), true},
                          {"sound", Say("WITHOUT A REMARK"), true}}};
  for (const v1::AttributeRates& rates : total.attributes()) {
    table.rows.push_back(
        {Cell(SayName(rates.attribute()), rates.attribute()),
         Cell(ShareText({.numerator = rates.held(),
                         .denominator = total.counts().records()})),
         Cell(ShareText(
             {.numerator = rates.sound(), .denominator = rates.held()}))});
  }
  return {Say("Attributes, of all records"), std::move(table)};
}

CountedReport ReportOf(const Response& response, std::string title,
                       const std::vector<Figure>& figures,
                       const Surroundings& surroundings) {
  CountedReport report = CountedReportOf(response, figures, ValueText);
  report.title = std::move(title);
  report.facts = FactsOf(response, surroundings);
  for (const int group : response.groups()) {
    report.groups.push_back(GroupOf(group));
  }
  return report;
}

struct Asked {
  std::vector<std::string> by;
  ReportFiles files;
};

absl::Status Report(Session& session, const Asked& asked, bool with_sides) {
  Request request;
  request.set_with_sides(with_sides);
  if (auto set = SetGroups(asked.by, request); !set.ok()) return set;
  if (auto checked = CheckNew(asked.files); !checked.ok()) return checked;
  const auto response = session.registry().GetRecordRates(request);
  if (!response.ok()) return response.status();
  CountedReport report = ReportOf(
      *response,
      with_sides ? Say("Known on both sides") : Say("Quality of records"),
      with_sides ? CoverageFigures() : QualityFigures(),
      session.surroundings());
  if (!with_sides && !response->total().suppressed()) {
    report.more.push_back(AttributesOf(response->total()));
  }
  return ShowReport(session, report, *response, asked.files);
}

void AddOptions(CLI::App& verb, Asked& asked) {
  AddGroupOption(verb, Choices<Request::Group>(), asked.by);
  AddFileOptions(verb, asked.files);
}

}  // namespace

void AddRecordReports(Commands& commands, CLI::App& noun) {
  const auto quality = std::make_shared<Asked>();
  AddOptions(
      commands.Verb(
          noun, "quality",
          Say("How complete, sound and fresh the records of agencies are"),
          "wayctl report quality --by agency\n  wayctl report quality --by "
          "sector,city --html quality.html",
          Needs::kHub,
          [quality](Session& session) {
            return Report(session, *quality, false);
          }),
      *quality);
  const auto coverage = std::make_shared<Asked>();
  AddOptions(
      commands.Verb(
          noun, "coverage",
          Say("Of how many people who moved both sides know; not for agencies"),
          "wayctl report coverage --by sector,city\n  wayctl report coverage "
          "--by agency --xlsx coverage.xlsx",
          Needs::kHub,
          [coverage](Session& session) {
            return Report(session, *coverage, true);
          }),
      *coverage);
}

}  // namespace waystation::wayctl
