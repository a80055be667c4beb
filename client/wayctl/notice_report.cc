// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/notice_report.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/wayctl/calendar_files.h"
#include "client/wayctl/counted_report.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetNoticeRatesRequest;
using Response = v1::GetNoticeRatesResponse;
using Row = v1::NoticeRatesRow;

using Figure = RowFigure<Row, v1::NoticeCounts>;

std::vector<Figure> RatesFigures() {
  using Counts = v1::NoticeCounts;
  return {
      {.id = "sent", .title = Say("SENT"), .count = &Counts::sent},
      {.id = "withdrawn",
       .title = Say("TAKEN BACK"),
       .count = &Counts::withdrawn},
      {.id = "rerouted", .title = Say("PASSED ON"), .count = &Counts::rerouted},
      {.id = "delivery", .title = Say("DELIVERED"), .rate = &Row::delivery},
      {.id = "acceptance",
       .title = Say("ACCEPTED IN TIME"),
       .rate = &Row::acceptance},
      {.id = "feedback", .title = Say("ANSWERED"), .rate = &Row::feedback},
      {.id = "timely_feedback",
       .title = Say("ANSWERED IN TIME"),
       .rate = &Row::timely_feedback}};
}

std::vector<Figure> TimelinessFigures() {
  using Counts = v1::NoticeCounts;
  return {{.id = "sent", .title = Say("SENT"), .count = &Counts::sent},
          {.id = "withdrawn",
           .title = Say("TAKEN BACK"),
           .count = &Counts::withdrawn},
          {.id = "late",
           .title = Say("DONE LATE"),
           .count = &Counts::late,
           .told_by = "timeliness"},
          {.id = "overdue",
           .title = Say("OPEN AND LATE"),
           .count = &Counts::overdue,
           .told_by = "timeliness"},
          {.id = "pending",
           .title = Say("NOT DUE"),
           .count = &Counts::pending,
           .told_by = "timeliness"},
          {.id = "without_deadline",
           .title = Say("NO DEADLINE"),
           .count = &Counts::without_deadline,
           .told_by = "timeliness"},
          {.id = "timeliness",
           .title = Say("DONE IN TIME"),
           .rate = &Row::timeliness},
          {.id = "working_days",
           .title = Say("WORKING DAYS"),
           .days = &Row::working_days},
          {.id = "calendar_days",
           .title = Say("CALENDAR DAYS"),
           .days = &Row::calendar_days}};
}

// --- what is shown ---

// Heads of CSV columns are the names of groups as --by takes them.
std::string GroupName(int group) {
  return runtime::ShortEnumName(
      *Request::Group_descriptor()->FindValueByNumber(group));
}

std::string GroupTitle(int group) {
  switch (group) {
    case Request::GROUP_KIND:
      return Say("KIND");
    case Request::GROUP_SENDER:
      return Say("SENDER");
    case Request::GROUP_RECIPIENT:
      return Say("RECIPIENT");
    case Request::GROUP_SENDER_SECTOR:
      return Say("SENDER'S SECTOR");
    case Request::GROUP_RECIPIENT_SECTOR:
      return Say("RECIPIENT'S SECTOR");
    case Request::GROUP_PROVINCE:
      return Say("PROVINCE");
    case Request::GROUP_CITY:
      return Say("CITY");
    case Request::GROUP_COUNTY:
      return Say("COUNTY");
    default:
      return Say("MONTH");
  }
}

Cell ValueCell(int group, const std::string& value) {
  switch (group) {
    case Request::GROUP_KIND: {
      v1::Notice::Kind kind = v1::Notice::KIND_UNSPECIFIED;
      return v1::Notice::Kind_Parse(value, &kind) ? EnumOf(kind) : Cell(value);
    }
    case Request::GROUP_SENDER:
    case Request::GROUP_RECIPIENT:
      return {AgencyText(value), value};
    case Request::GROUP_SENDER_SECTOR:
    case Request::GROUP_RECIPIENT_SECTOR:
      return {SayName(value), value};
    case Request::GROUP_PROVINCE:
    case Request::GROUP_CITY:
    case Request::GROUP_COUNTY:
      return {PlaceText(value), value};
    default:
      return Cell(value);
  }
}

std::string PeriodText(const Response& report) {
  return Say("$0 to $1, by China's days",
             calendar::TextOf(calendar::ToDate(report.from())),
             calendar::TextOf(calendar::ToDate(report.to())));
}

std::vector<Fact> FactsOf(const Response& report,
                          const Surroundings& surroundings) {
  std::vector<Fact> facts = {
      {"period", Say("Period"), PeriodText(report)},
      {"as_of_time", Say("As of"), TimeCell(report.as_of_time(), surroundings)},
      {"extent", Say("Notices"), EnumOf(report.extent())}};
  if (report.least_shown() > 0) {
    facts.push_back({"least_shown", Say("Left out"),
                     Cell(Say("rows of fewer than $0 cases, and what would "
                              "tell of them",
                              report.least_shown()),
                          std::to_string(report.least_shown()))});
  }
  return facts;
}

CountedReport ReportOf(const Response& response, std::string title,
                       const std::vector<Figure>& figures,
                       const Surroundings& surroundings) {
  CountedReport report = CountedReportOf(
      response, figures, [](int group, const std::string& value) {
        return ValueCell(group, value).shown;
      });
  report.title = std::move(title);
  report.facts = FactsOf(response, surroundings);
  for (const int group : response.groups()) {
    report.groups.push_back(
        {.name = GroupName(group), .title = GroupTitle(group)});
  }
  return report;
}

// --- what is asked ---

struct Asked {
  std::string from;
  std::string to;
  std::vector<std::string> by;
  ReportFiles files;
};

// The month that it is in China, unless a period is given.
absl::Status SetPeriod(const Asked& asked, absl::Time now, Request& request) {
  using std::chrono::sys_days;
  codes::Date first;
  codes::Date last;
  if (asked.from.empty() && asked.to.empty()) {
    const codes::Date today = calendar::DayOf(absl::ToUnixMicros(now));
    const auto month = today.year() / today.month();
    first = month / 1;
    last = sys_days(month / std::chrono::last);
  } else if (asked.from.empty() || asked.to.empty()) {
    return errors::Error("USAGE",
                         {.field = asked.from.empty() ? "--from" : "--to",
                          .rule = "a period has a first and a last day"});
  } else {
    const auto from = DayOption("--from", asked.from);
    if (!from.ok()) return from.status();
    const auto to = DayOption("--to", asked.to);
    if (!to.ok()) return to.status();
    if (*to < *from) {
      return errors::Error(
          "USAGE", {.field = "--to", .rule = "must not be before --from"});
    }
    first = *from;
    last = *to;
  }
  calendar::SetDate(first, request.mutable_from());
  calendar::SetDate(last, request.mutable_to());
  return absl::OkStatus();
}

absl::StatusOr<Request> RequestOf(const Asked& asked, absl::Time now) {
  Request request;
  if (auto set = SetPeriod(asked, now, request); !set.ok()) return set;
  if (auto set = SetGroups(asked.by, request); !set.ok()) return set;
  return request;
}

absl::Status Report(Session& session, const Asked& asked,
                    const std::string& title,
                    const std::vector<Figure>& figures) {
  const auto request = RequestOf(asked, session.surroundings().now());
  if (!request.ok()) return request.status();
  if (auto checked = CheckNew(asked.files); !checked.ok()) return checked;
  const auto response = session.notice().GetNoticeRates(*request);
  if (!response.ok()) return response.status();
  return ShowReport(session,
                    ReportOf(*response, title, figures, session.surroundings()),
                    *response, asked.files);
}

void AddOptions(CLI::App& verb, Asked& asked) {
  verb.add_option("--from", asked.from,
                  Say("First day on which notices were sent, in China; without "
                      "a period, the month that it is"));
  verb.add_option("--to", asked.to, Say("Last day, which counts"));
  AddGroupOption(verb, Choices<Request::Group>(), asked.by);
  AddFileOptions(verb, asked.files);
}

}  // namespace

void AddNoticeReports(Commands& commands, CLI::App& noun) {
  const auto rates = std::make_shared<Asked>();
  AddOptions(
      commands.Verb(
          noun, "rates",
          Say("How many cases between agencies were accepted and answered, and "
              "in time"),
          "wayctl report rates --by kind,recipient\n  wayctl report rates "
          "--from 2026-11-01 --to 2026-11-30 --html rates.html",
          Needs::kHub,
          [rates](Session& session) {
            return Report(session, *rates, Say("Rates of cases"),
                          RatesFigures());
          }),
      *rates);
  const auto timeliness = std::make_shared<Asked>();
  AddOptions(
      commands.Verb(
          noun, "timeliness",
          Say("How many cases between agencies were done in time, and in how "
              "many days"),
          "wayctl report timeliness --by recipient\n  wayctl report timeliness "
          "--by month,kind --xlsx days.xlsx",
          Needs::kHub,
          [timeliness](Session& session) {
            return Report(session, *timeliness, Say("Timeliness of cases"),
                          TimelinessFigures());
          }),
      *timeliness);
}

}  // namespace waystation::wayctl
