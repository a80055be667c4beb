// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/service_report.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/calendar/china_time.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetServiceReportRequest;
using Response = v1::GetServiceReportResponse;

// --- months ---

constexpr int kMonths = 12;

// Months since the year 0, so that they are counted.
std::optional<int> ReadMonth(std::string_view text) {
  int year = 0;
  int month = 0;
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const char* const begin = text.data();
  const auto [year_end, no_year] = std::from_chars(begin, begin + 4, year);
  const auto [month_end, no_month] =
      std::from_chars(begin + 5, begin + 7, month);
  if (no_year != std::errc() || no_month != std::errc() ||
      year_end != begin + 4 || month_end != begin + 7 || month < 1 ||
      month > kMonths) {
    return std::nullopt;
  }
  return year * kMonths + month - 1;
}

absl::StatusOr<int> MonthOption(const char* option, const std::string& text) {
  const auto month = ReadMonth(text);
  if (month.has_value()) return *month;
  return errors::Error("USAGE",
                       {.field = option, .rule = "a month such as 2026-10"});
}

void SetPeriod(int from, int to, Request& request) {
  request.set_from_year(from / kMonths);
  request.set_from_month(from % kMonths + 1);
  request.set_to_year(to / kMonths);
  request.set_to_month(to % kMonths + 1);
}

// --- what is shown ---

// Of the total, which the hub does not send: sums of sums.
void AddTo(const v1::ServiceSums& from, v1::ServiceSums& to) {
  to.set_offered(to.offered() + from.offered());
  to.set_delivered(to.delivered() + from.delivered());
  to.set_declined(to.declined() + from.declined());
  to.set_offered_left_out(to.offered_left_out() + from.offered_left_out());
  to.set_delivered_left_out(to.delivered_left_out() +
                            from.delivered_left_out());
  to.set_declined_left_out(to.declined_left_out() + from.declined_left_out());
}

std::vector<CountedReport::Value> ValuesOf(const v1::ServiceSums& locals,
                                           const v1::ServiceSums& migrants) {
  std::vector<CountedReport::Value> values;
  std::uint64_t left_out = 0;
  for (const v1::ServiceSums* const sums : {&locals, &migrants}) {
    values.push_back({.count = sums->offered()});
    values.push_back({.count = sums->delivered()});
    values.push_back({.count = sums->declined()});
    left_out += std::uint64_t{sums->offered_left_out()} +
                sums->delivered_left_out() + sums->declined_left_out();
  }
  values.push_back({.count = left_out});
  return values;
}

std::vector<CountedReport::Figure> Figures() {
  std::vector<CountedReport::Figure> figures;
  const auto add = [&](const char* id, std::string title) {
    figures.push_back(
        {.id = id, .title = std::move(title), .told_by = "counts"});
  };
  add("locals_offered", Say("LOCALS: OFFERED"));
  add("locals_delivered", Say("LOCALS: DELIVERED"));
  add("locals_declined", Say("LOCALS: DECLINED"));
  add("migrants_offered", Say("MOVED: OFFERED"));
  add("migrants_delivered", Say("MOVED: DELIVERED"));
  add("migrants_declined", Say("MOVED: DECLINED"));
  figures.push_back({.id = "left_out", .title = Say("NUMBERS LEFT OUT")});
  return figures;
}

Section CardsOf(const Response& response) {
  Table table;
  for (const int group : response.groups()) {
    const CountedReport::Group named = ServiceGroup(group);
    table.columns.push_back({named.name, named.title, false, true});
  }
  table.columns.insert(table.columns.end(),
                       {{"holders", Say("CARD HOLDERS"), true},
                        {"left_out", Say("NUMBERS LEFT OUT"), true},
                        {"oldest_month", Say("FROM THE COUNTS OF")},
                        {"newest_month", Say("TO THOSE OF")}});
  for (const v1::CardReportRow& row : response.cards()) {
    std::vector<Cell>& cells = table.rows.emplace_back();
    for (int i = 0; i < row.values_size(); ++i) {
      cells.push_back(ServiceGroupCell(response.groups(i), row.values(i), {}));
    }
    cells.insert(cells.end(), {Number(row.holders()), Number(row.left_out()),
                               row.oldest_month(), row.newest_month()});
  }
  return {Say("Service cards"), std::move(table)};
}

CountedReport ReportOf(const Request& request, const Response& response,
                       const ServiceTitles& titles,
                       const Surroundings& surroundings) {
  CountedReport report{.title = Say("Services"), .figures = Figures()};
  report.facts = {
      {"as_of_time", Say("As of"),
       TimeCell(response.as_of_time(), surroundings)},
      PeriodFact(request),
      {"providers", Say("Agencies that counted"), Number(response.providers())},
      {"with_health", Say("With counts of health"),
       response.with_health() ? Cell(Say("yes"), "true")
                              : Cell(Say("no"), "false")}};
  if (response.least_shown() > 0) {
    report.facts.push_back(
        {"least_shown", Say("Not shown"),
         Cell(Say("numbers under $0", response.least_shown()),
              absl::StrCat(response.least_shown()))});
  }
  report.as_of_time = response.as_of_time();
  report.conventions = response.conventions();
  for (const int group : response.groups()) {
    report.groups.push_back(ServiceGroup(group));
  }
  v1::ServiceSums locals;
  v1::ServiceSums migrants;
  for (const v1::ServiceReportRow& row : response.rows()) {
    CountedReport::Row& shown = report.rows.emplace_back();
    for (int i = 0; i < row.values_size(); ++i) {
      shown.names.push_back(
          ServiceGroupCell(response.groups(i), row.values(i), titles));
    }
    shown.values = ValuesOf(row.locals(), row.migrants());
    AddTo(row.locals(), locals);
    AddTo(row.migrants(), migrants);
  }
  report.total.values = ValuesOf(locals, migrants);
  if (!response.cards().empty()) {
    report.more.push_back(CardsOf(response));
    report.figures_of_more = {"cards"};
  }
  return report;
}

struct Asked {
  MonthsGiven months;
  std::vector<std::string> by;
  std::string service;
  bool own = false;
  ReportFiles files;
};

absl::Status Report(Session& session, const Asked& asked) {
  Request request;
  request.set_service(asked.service);
  request.set_own(asked.own);
  auto set = SetMonths(asked.months, session.surroundings().now(), 1, request);
  set.Update(SetGroups(asked.by, request));
  set.Update(CheckNew(asked.files));
  if (!set.ok()) return set;
  const auto titles = TitlesOfHub(session);
  if (!titles.ok()) return titles.status();
  const auto response = session.directory().GetServiceReport(request);
  if (!response.ok()) return response.status();
  return ShowReport(
      session, ReportOf(request, *response, *titles, session.surroundings()),
      *response, asked.files);
}

}  // namespace

void AddMonthOptions(CLI::App& verb, const std::string& otherwise,
                     MonthsGiven& months) {
  verb.add_option("--from", months.from,
                  Say("First month, YYYY-MM; without a period, $0", otherwise));
  verb.add_option("--to", months.to, Say("Last month, which counts"));
}

absl::Status SetMonths(const MonthsGiven& given, absl::Time now, int months,
                       Request& request) {
  if (given.from.empty() && given.to.empty()) {
    const codes::Date today = calendar::DayOf(absl::ToUnixMicros(now));
    const int month = static_cast<int>(today.year()) * kMonths +
                      static_cast<int>(unsigned{today.month()}) - 1;
    SetPeriod(month - months, month - 1, request);
    return absl::OkStatus();
  }
  if (given.from.empty() || given.to.empty()) {
    return errors::Error("USAGE",
                         {.field = given.from.empty() ? "--from" : "--to",
                          .rule = "a period has a first and a last month"});
  }
  const auto from = MonthOption("--from", given.from);
  if (!from.ok()) return from.status();
  const auto to = MonthOption("--to", given.to);
  if (!to.ok()) return to.status();
  if (*to < *from) {
    return errors::Error(
        "USAGE", {.field = "--to", .rule = "must not be before --from"});
  }
  SetPeriod(*from, *to, request);
  return absl::OkStatus();
}

Fact PeriodFact(const Request& request) {
  const std::string from = MonthText(request.from_year(), request.from_month());
  const std::string to = MonthText(request.to_year(), request.to_month());
  return {"period", Say("Months"),
          Cell(from == to ? from : Say("$0 to $1", from, to),
               absl::StrCat(from, "/", to))};
}

CountedReport::Group ServiceGroup(int group) {
  const auto title = [&]() -> std::string {
    switch (group) {
      case Request::GROUP_SERVICE:
        return Say("SERVICE");
      case Request::GROUP_CLASS:
        return Say("CLASS");
      case Request::GROUP_PROVINCE:
        return Say("PROVINCE");
      case Request::GROUP_CITY:
        return Say("CITY");
      case Request::GROUP_COUNTY:
        return Say("COUNTY");
      case Request::GROUP_MONTH:
        return Say("MONTH");
      default:
        return Say("PROVIDED BY");
    }
  };
  return {.name = runtime::ShortEnumName(
              *Request::Group_descriptor()->FindValueByNumber(group)),
          .title = title()};
}

Cell ServiceGroupCell(int group, const std::string& value,
                      const ServiceTitles& titles) {
  switch (group) {
    case Request::GROUP_SERVICE:
      return {ServiceText(titles, value), value};
    case Request::GROUP_CLASS:
      return {value.empty() ? value : SayName(value), value};
    case Request::GROUP_MONTH:
      return value;
    case Request::GROUP_PROVIDER:
      return {AgencyText(value), value};
    default:
      return {PlaceText(value), value};
  }
}

void AddServiceReport(Commands& commands, CLI::App& noun) {
  const auto asked = std::make_shared<Asked>();
  CLI::App& verb = commands.Verb(
      noun, "report",
      Say("How often services were offered, delivered and declined"),
      "wayctl service report --by service,county\n  wayctl service report "
      "--from 2026-07 --to 2026-09 --by month --html services.html",
      Needs::kHub,
      [asked](Session& session) { return Report(session, *asked); });
  AddMonthOptions(verb, Say("the last whole one"), asked->months);
  AddGroupOption(verb, Choices<Request::Group>(), asked->by);
  verb.add_option("--service", asked->service,
                  Say("A service of the catalogue"));
  verb.add_flag("--own", asked->own,
                Say("Only what your agency counted, with small numbers"));
  AddFileOptions(verb, asked->files);
}

}  // namespace waystation::wayctl
