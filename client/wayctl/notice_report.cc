// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/notice_report.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/wayctl/calendar_files.h"
#include "client/wayctl/language.h"
#include "client/wayctl/report_document.h"
#include "client/wayctl/values.h"
#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/codes/division.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::wayctl {
namespace {

using Request = v1::GetNoticeRatesRequest;
using Response = v1::GetNoticeRatesResponse;
using Row = v1::NoticeRatesRow;

// One figure of a row: a count, a rate or a number of days.
struct Figure {
  // A field of NoticeCounts or NoticeRatesRow.
  std::string id;
  std::string title;
  std::uint64_t (v1::NoticeCounts::*count)() const = nullptr;
  const v1::NoticeRate& (Row::*rate)() const = nullptr;
  const v1::NoticeDays& (Row::*days)() const = nullptr;
  // The figure whose convention says how it is counted; empty: its own.
  std::string told_by = {};

  const std::string& convention() const {
    return told_by.empty() ? id : told_by;
  }
};

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

// "3412 安徽省阜阳市".
std::string DivisionText(const std::string& code) {
  std::string filled = code;
  if (filled.size() < 6) filled.resize(6, '0');
  const std::string path = codes::DivisionPath(filled);
  return path.empty() ? code : absl::StrCat(code, " ", path);
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
      return {DivisionText(value), value};
    default:
      return Cell(value);
  }
}

Share ShareOf(const v1::NoticeRate& rate) {
  return {.numerator = rate.numerator(), .denominator = rate.denominator()};
}

// "median 5, 90 % within 12, of 30".
std::string DaysText(const v1::NoticeDays& days) {
  if (days.count() == 0) return {};
  return Say("median $0, 90 % within $1, of $2", days.median(),
             days.ninetieth(), days.count());
}

ReportCell FigureCell(const Figure& figure, const Row& row) {
  ReportCell cell;
  if (row.suppressed()) return cell;
  if (figure.count != nullptr) cell.number = (row.counts().*figure.count)();
  if (figure.rate != nullptr) cell.share = ShareOf((row.*figure.rate)());
  if (figure.days != nullptr) cell.text = DaysText((row.*figure.days)());
  return cell;
}

std::string CellText(const ReportCell& cell) {
  if (cell.share.has_value()) return ShareText(*cell.share);
  return cell.number.has_value() ? absl::StrCat(*cell.number) : cell.text;
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

// Of the figures that are shown, in the reader's language.
std::vector<std::string> NotesOf(const Response& report,
                                 const std::vector<Figure>& figures) {
  const bool is_chinese = language::Current() == errors::Language::kChinese;
  std::vector<std::string> notes;
  for (const v1::NoticeConvention& convention : report.conventions()) {
    for (const Figure& figure : figures) {
      if (figure.id != convention.figure()) continue;
      notes.push_back(is_chinese ? convention.chinese() : convention.english());
    }
  }
  return notes;
}

// Rows and the total as people read them, wherever that is.
ReportTable TableOf(const Response& report,
                    const std::vector<Figure>& figures) {
  ReportTable table;
  for (const int group : report.groups()) {
    table.columns.push_back({.title = GroupTitle(group)});
  }
  // The total needs a name.
  if (report.groups().empty()) table.columns.push_back({.title = Say("GROUP")});
  table.names = table.columns.size();
  for (const Figure& figure : figures) {
    table.columns.push_back({.title = figure.title,
                             .is_share = figure.rate != nullptr,
                             .is_number = figure.count != nullptr});
  }
  const auto add = [&](const Row& row, std::vector<ReportCell> cells) {
    for (const Figure& figure : figures) {
      cells.push_back(FigureCell(figure, row));
    }
    if (row.suppressed()) cells[table.names].text = Say("left out");
    table.rows.push_back(std::move(cells));
  };
  for (const Row& row : report.rows()) {
    std::vector<ReportCell> cells;
    for (int i = 0; i < row.values_size(); ++i) {
      cells.push_back(
          {.text = ValueCell(report.groups(i), row.values(i)).shown});
    }
    add(row, std::move(cells));
  }
  std::vector<ReportCell> cells(table.names);
  cells.front().text = Say("total");
  add(report.total(), std::move(cells));
  return table;
}

// One line a figure, so that each stands with what it is counted of, when and
// how.
Table LinesOf(const Response& report, const std::vector<Figure>& figures) {
  Table lines;
  for (const int group : report.groups()) {
    lines.columns.push_back({GroupName(group), ""});
  }
  for (const char* id : {"row", "figure", "numerator", "denominator", "value",
                         "as_of_time", "convention"}) {
    lines.columns.push_back({id, ""});
  }
  const std::string as_of =
      google::protobuf::util::TimeUtil::ToString(report.as_of_time());
  const auto convention = [&](const std::string& figure) -> std::string {
    for (const v1::NoticeConvention& one : report.conventions()) {
      if (one.figure() == figure) {
        return absl::StrCat(one.chinese(), " / ", one.english());
      }
    }
    return {};
  };
  const auto add = [&](const Row& row, const char* what) {
    const auto line = [&](const std::string& figure, const std::string& counted,
                          std::string numerator, std::string denominator,
                          std::string value) {
      std::vector<Cell>& cells = lines.rows.emplace_back();
      for (int i = 0; i < report.groups_size(); ++i) {
        cells.emplace_back(i < row.values_size() ? row.values(i)
                                                 : std::string());
      }
      cells.insert(cells.end(),
                   {Cell(row.suppressed() ? absl::StrCat(what, " left_out")
                                          : std::string(what)),
                    Cell(figure), Cell(std::move(numerator)),
                    Cell(std::move(denominator)), Cell(std::move(value)),
                    Cell(as_of), Cell(convention(counted))});
    };
    for (const Figure& figure : figures) {
      const std::string& how = figure.convention();
      if (row.suppressed()) {
        line(figure.id, how, "", "", "");
      } else if (figure.count != nullptr) {
        line(figure.id, how, absl::StrCat((row.counts().*figure.count)()), "",
             "");
      } else if (figure.rate != nullptr) {
        const v1::NoticeRate& rate = (row.*figure.rate)();
        line(figure.id, how, absl::StrCat(rate.numerator()),
             absl::StrCat(rate.denominator()),
             rate.has_value() ? absl::StrFormat("%.9g", rate.value()) : "");
      } else {
        const v1::NoticeDays& days = (row.*figure.days)();
        const std::string count = absl::StrCat(days.count());
        line(figure.id + ".median", how, "", count,
             days.has_median() ? absl::StrCat(days.median()) : "");
        line(figure.id + ".ninetieth", how, "", count,
             days.has_ninetieth() ? absl::StrCat(days.ninetieth()) : "");
      }
    }
  };
  for (const Row& row : report.rows()) add(row, "row");
  add(report.total(), "total");
  return lines;
}

Sheet SheetOf(const Response& report, const std::vector<Figure>& figures,
              const Surroundings& surroundings) {
  const ReportTable table = TableOf(report, figures);
  Table shown;
  for (const ReportTable::Column& column : table.columns) {
    shown.columns.push_back(
        {"", column.title, column.is_share || column.is_number});
  }
  for (const std::vector<ReportCell>& row : table.rows) {
    std::vector<Cell>& cells = shown.rows.emplace_back();
    for (const ReportCell& cell : row) cells.emplace_back(CellText(cell));
  }
  Table notes{.columns = {{"convention", Say("CONVENTION"), false, true}}};
  for (std::string& note : NotesOf(report, figures)) {
    notes.rows.push_back({Cell(std::move(note))});
  }
  return {.facts = FactsOf(report, surroundings),
          .sections = {{"", std::move(shown)},
                       {Say("How it is counted"), std::move(notes)}},
          .csv = LinesOf(report, figures)};
}

ReportDocument DocumentOf(const Response& report, const std::string& title,
                          const std::vector<Figure>& figures,
                          const Surroundings& surroundings) {
  ReportDocument document{
      .title = title,
      .language =
          language::Current() == errors::Language::kChinese ? "zh-CN" : "en",
      .table = TableOf(report, figures),
      .notes_title = Say("How it is counted"),
      .notes = NotesOf(report, figures),
      .numerator = Say("numerator"),
      .denominator = Say("denominator")};
  for (const Fact& fact : FactsOf(report, surroundings)) {
    document.facts.push_back({.label = fact.label, .text = fact.value.shown});
  }
  return document;
}

// --- what is asked ---

struct Asked {
  std::string from;
  std::string to;
  std::vector<std::string> by;
  std::string xlsx;
  std::string html;
  bool force = false;
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
  for (const std::string& name : asked.by) {
    const auto group = EnumFrom<Request::Group>("--by", name);
    if (!group.ok()) return group.status();
    request.add_groups(*group);
  }
  return request;
}

// Before anything is asked, counted or written.
absl::Status CheckNew(const Asked& asked) {
  for (const std::string& path : {asked.xlsx, asked.html}) {
    if (path.empty() || asked.force) continue;
    if (access(path.c_str(), F_OK) == 0) {
      return errors::Error("EXISTS_ALREADY", {.field = path});
    }
  }
  return absl::OkStatus();
}

absl::Status WriteFile(Session& session, const Asked& asked,
                       const std::string& path, const std::string& contents) {
  const absl::Status written = asked.force
                                   ? runtime::ReplaceFile(path, contents)
                                   : runtime::WriteNewFile(path, contents);
  if (!written.ok()) return written;
  session.out().Note(Say("Written: $0", path));
  return absl::OkStatus();
}

absl::Status Report(Session& session, const Asked& asked,
                    const std::string& title,
                    const std::vector<Figure>& figures) {
  const auto request = RequestOf(asked, session.surroundings().now());
  if (!request.ok()) return request.status();
  if (auto checked = CheckNew(asked); !checked.ok()) return checked;
  const auto report = session.notice().GetNoticeRates(*request);
  if (!report.ok()) return report.status();
  const ReportDocument document =
      DocumentOf(*report, title, figures, session.surroundings());
  if (!asked.xlsx.empty()) {
    const auto workbook = WorkbookOf(document);
    if (!workbook.ok()) return workbook.status();
    if (auto written = WriteFile(session, asked, asked.xlsx, *workbook);
        !written.ok()) {
      return written;
    }
  }
  if (!asked.html.empty()) {
    if (auto written = WriteFile(session, asked, asked.html, HtmlOf(document));
        !written.ok()) {
      return written;
    }
  }
  session.out().Show(*report,
                     SheetOf(*report, figures, session.surroundings()));
  return absl::OkStatus();
}

void AddOptions(CLI::App& verb, Asked& asked) {
  verb.add_option("--from", asked.from,
                  Say("First day on which notices were sent, in China; without "
                      "a period, the month that it is"));
  verb.add_option("--to", asked.to, Say("Last day, which counts"));
  verb.add_option("--by", asked.by,
                  Say("What rows are told apart by, at most 4: $0",
                      language::SayRule(
                          runtime::EnumChoices(*Request::Group_descriptor()))))
      ->delimiter(',')
      ->allow_extra_args(false);
  verb.add_option("--xlsx", asked.xlsx, Say("Write a workbook to this file"));
  verb.add_option("--html", asked.html,
                  Say("Write a page to this file, for a browser or for paper"));
  verb.add_flag("--force", asked.force, Say("Replace files that are there"));
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
