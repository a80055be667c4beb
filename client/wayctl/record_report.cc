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
#include "proto/language/error_text.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/record_rates.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetRecordRatesRequest;
using Response = v1::GetRecordRatesResponse;
using Row = v1::RecordRatesRow;

// One figure of a row: a count or a rate.
struct Figure {
  // A field of RecordCounts or RecordRatesRow.
  std::string id;
  std::string title;
  std::uint64_t (v1::RecordCounts::*count)() const = nullptr;
  const v1::NoticeRate& (Row::*rate)() const = nullptr;
};

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
      return DivisionText(value);
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
  CountedReport report{.title = std::move(title),
                       .facts = FactsOf(response, surroundings),
                       .as_of_time = response.as_of_time(),
                       .conventions = response.conventions()};
  for (const int group : response.groups()) {
    report.groups.push_back(GroupOf(group));
  }
  for (const Figure& figure : figures) {
    report.figures.push_back({.id = figure.id,
                              .title = figure.title,
                              .shape = figure.count != nullptr
                                           ? CountedReport::Shape::kCount
                                           : CountedReport::Shape::kRate});
  }
  const auto row_of = [&](const Row& row) {
    CountedReport::Row shown{.suppressed = row.suppressed()};
    for (int i = 0; i < row.values_size(); ++i) {
      shown.names.emplace_back(ValueText(response.groups(i), row.values(i)),
                               row.values(i));
    }
    if (row.suppressed()) return shown;
    for (const Figure& figure : figures) {
      CountedReport::Value& value = shown.values.emplace_back();
      if (figure.count != nullptr) value.count = (row.counts().*figure.count)();
      if (figure.rate != nullptr) value.rate = (row.*figure.rate)();
    }
    return shown;
  };
  for (const Row& row : response.rows()) report.rows.push_back(row_of(row));
  report.total = row_of(response.total());
  return report;
}

struct Asked {
  std::vector<std::string> by;
  ReportFiles files;
};

absl::StatusOr<Request> RequestOf(const Asked& asked) {
  Request request;
  for (const std::string& name : asked.by) {
    const auto group = EnumFrom<Request::Group>("--by", name);
    if (!group.ok()) return group.status();
    request.add_groups(*group);
  }
  return request;
}

absl::Status Report(Session& session, const Asked& asked, bool with_sides) {
  auto request = RequestOf(asked);
  if (!request.ok()) return request.status();
  request->set_with_sides(with_sides);
  if (auto checked = CheckNew(asked.files); !checked.ok()) return checked;
  const auto response = session.registry().GetRecordRates(*request);
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
  verb.add_option("--by", asked.by,
                  Say("What rows are told apart by, at most 4: $0",
                      language::SayRule(
                          runtime::EnumChoices(*Request::Group_descriptor()))))
      ->delimiter(',')
      ->allow_extra_args(false);
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
