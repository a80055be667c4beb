// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/counted_report.h"

#include <unistd.h>

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/language.h"
#include "client/wayctl/report_document.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/runtime/file.h"

namespace waystation::wayctl {
namespace {

using Figure = CountedReport::Figure;
using Row = CountedReport::Row;
using Shape = CountedReport::Shape;
using Value = CountedReport::Value;

Share ShareOf(const Figure& figure, const Value& value) {
  return {.numerator = value.rate.numerator(),
          .denominator = value.rate.denominator(),
          .out_of = figure.shape == Shape::kPerThousand ? 1'000U : 100U,
          .is_at_least = value.is_at_least};
}

bool IsRate(const Figure& figure) {
  return figure.shape == Shape::kRate || figure.shape == Shape::kPerThousand;
}

// "median 5, 90 % within 12, of 30".
std::string DaysText(const v1::NoticeDays& days) {
  if (days.count() == 0) return {};
  return Say("median $0, 90 % within $1, of $2", days.median(),
             days.ninetieth(), days.count());
}

ReportCell FigureCell(const Figure& figure, const Value& value) {
  ReportCell cell;
  switch (figure.shape) {
    case Shape::kCount:
      cell.number = value.count;
      break;
    case Shape::kRate:
    case Shape::kPerThousand:
      cell.share = ShareOf(figure, value);
      break;
    case Shape::kRatio:
      cell.ratio = value.ratio;
      break;
    case Shape::kDays:
      cell.text = DaysText(value.days);
      break;
  }
  return cell;
}

std::string CellText(const ReportCell& cell) {
  if (cell.share.has_value()) return ShareText(*cell.share);
  if (cell.ratio.has_value()) return RatioText(*cell.ratio);
  return cell.number.has_value() ? absl::StrCat(*cell.number) : cell.text;
}

// The figure whose convention says how it is counted.
const std::string& ToldBy(const Figure& figure) {
  return figure.told_by.empty() ? figure.id : figure.told_by;
}

// Of the figures that are shown, in the reader's language.
std::vector<std::string> NotesOf(const CountedReport& report) {
  const bool is_chinese = IsChinese();
  std::vector<std::string> notes;
  std::set<std::string_view> told(report.figures_of_more.begin(),
                                  report.figures_of_more.end());
  for (const Figure& figure : report.figures) {
    told.insert(ToldBy(figure));
  }
  for (const v1::NoticeConvention& convention : report.conventions) {
    if (!told.contains(convention.figure())) continue;
    notes.push_back(is_chinese ? convention.chinese() : convention.english());
  }
  return notes;
}

// Rows and the total as people read them, wherever that is.
ReportTable TableOf(const CountedReport& report) {
  ReportTable table;
  for (const CountedReport::Group& group : report.groups) {
    table.columns.push_back({.title = group.title});
  }
  // The total needs a name.
  if (report.groups.empty()) table.columns.push_back({.title = Say("GROUP")});
  table.names = table.columns.size();
  for (const Figure& figure : report.figures) {
    table.columns.push_back({.title = figure.title,
                             .is_share = IsRate(figure),
                             .is_number = figure.shape == Shape::kCount ||
                                          figure.shape == Shape::kRatio});
  }
  const auto add = [&](const Row& row, std::vector<ReportCell> cells) {
    for (std::size_t i = 0; i < report.figures.size(); ++i) {
      cells.push_back(row.suppressed
                          ? ReportCell()
                          : FigureCell(report.figures[i], row.values[i]));
    }
    if (row.suppressed) cells[table.names].text = Say("left out");
    table.rows.push_back(std::move(cells));
  };
  for (const Row& row : report.rows) {
    std::vector<ReportCell> cells;
    for (const Cell& name : row.names) cells.push_back({.text = name.shown});
    add(row, std::move(cells));
  }
  std::vector<ReportCell> cells(table.names);
  cells.front().text = Say("total");
  add(report.total, std::move(cells));
  return table;
}

// One line a figure, so that each stands with what it is counted of, when and
// how.
Table LinesOf(const CountedReport& report) {
  Table lines;
  for (const CountedReport::Group& group : report.groups) {
    lines.columns.push_back({group.name, ""});
  }
  for (const char* id : {"row", "figure", "numerator", "denominator", "value",
                         "as_of_time", "convention"}) {
    lines.columns.push_back({id, ""});
  }
  const std::string as_of =
      google::protobuf::util::TimeUtil::ToString(report.as_of_time);
  const auto convention = [&](const std::string& figure) -> std::string {
    for (const v1::NoticeConvention& one : report.conventions) {
      if (one.figure() == figure) {
        return absl::StrCat(one.chinese(), " / ", one.english());
      }
    }
    return {};
  };
  const auto add = [&](const Row& row, const char* what) {
    bool is_at_least = false;
    const auto line = [&](const std::string& figure, const std::string& counted,
                          std::string numerator, std::string denominator,
                          std::string value) {
      std::vector<Cell>& cells = lines.rows.emplace_back();
      for (std::size_t i = 0; i < report.groups.size(); ++i) {
        cells.emplace_back(i < row.names.size() ? row.names[i].raw
                                                : std::string());
      }
      cells.insert(cells.end(),
                   {Cell(row.suppressed ? absl::StrCat(what, " left_out")
                         : is_at_least  ? absl::StrCat(what, " at_least")
                                        : std::string(what)),
                    Cell(figure), Cell(std::move(numerator)),
                    Cell(std::move(denominator)), Cell(std::move(value)),
                    Cell(as_of), Cell(convention(counted))});
    };
    for (std::size_t i = 0; i < report.figures.size(); ++i) {
      const Figure& figure = report.figures[i];
      const std::string& how = ToldBy(figure);
      if (row.suppressed) {
        line(figure.id, how, "", "", "");
        continue;
      }
      const Value& value = row.values[i];
      is_at_least = value.is_at_least;
      if (figure.shape == Shape::kCount) {
        line(figure.id, how, absl::StrCat(value.count), "", "");
      } else if (figure.shape == Shape::kRatio) {
        line(figure.id, how, "", "",
             value.ratio.has_value() ? absl::StrFormat("%.9g", *value.ratio)
                                     : "");
      } else if (IsRate(figure)) {
        line(figure.id, how, absl::StrCat(value.rate.numerator()),
             absl::StrCat(value.rate.denominator()),
             value.rate.has_value()
                 ? absl::StrFormat("%.9g", value.rate.value())
                 : "");
      } else {
        const v1::NoticeDays& days = value.days;
        const std::string count = absl::StrCat(days.count());
        line(figure.id + ".median", how, "", count,
             days.has_median() ? absl::StrCat(days.median()) : "");
        line(figure.id + ".ninetieth", how, "", count,
             days.has_ninetieth() ? absl::StrCat(days.ninetieth()) : "");
      }
    }
  };
  for (const Row& row : report.rows) add(row, "row");
  add(report.total, "total");
  return lines;
}

Sheet SheetOf(const CountedReport& report) {
  const ReportTable table = TableOf(report);
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
  for (std::string& note : NotesOf(report)) {
    notes.rows.push_back({Cell(std::move(note))});
  }
  Sheet sheet{.facts = report.facts,
              .sections = {{"", std::move(shown)}},
              .csv = LinesOf(report)};
  sheet.sections.insert(sheet.sections.end(), report.more.begin(),
                        report.more.end());
  sheet.sections.push_back({Say("How it is counted"), std::move(notes)});
  return sheet;
}

ReportDocument DocumentOf(const CountedReport& report) {
  ReportDocument document{.title = report.title,
                          .language = IsChinese() ? "zh-CN" : "en",
                          .table = TableOf(report),
                          .notes_title = Say("How it is counted"),
                          .notes = NotesOf(report),
                          .numerator = Say("numerator"),
                          .denominator = Say("denominator")};
  for (const Fact& fact : report.facts) {
    document.facts.push_back({.label = fact.label, .text = fact.value.shown});
  }
  return document;
}

absl::Status WriteFile(Session& session, const ReportFiles& files,
                       const std::string& path, const std::string& contents) {
  const absl::Status written = files.force
                                   ? runtime::ReplaceFile(path, contents)
                                   : runtime::WriteNewFile(path, contents);
  if (!written.ok()) return written;
  session.out().Note(Say("Written: $0", path));
  return absl::OkStatus();
}

}  // namespace

void AddGroupOption(CLI::App& verb, const std::string& choices,
                    std::vector<std::string>& by) {
  verb.add_option("--by", by,
                  Say("What rows are told apart by, at most 4: $0", choices))
      ->delimiter(',')
      ->allow_extra_args(false);
}

void AddFileOptions(CLI::App& verb, ReportFiles& files) {
  verb.add_option("--xlsx", files.xlsx, Say("Write a workbook to this file"));
  verb.add_option("--html", files.html,
                  Say("Write a page to this file, for a browser or for paper"));
  verb.add_flag("--force", files.force, Say("Replace files that are there"));
}

absl::Status CheckNew(const ReportFiles& files) {
  for (const std::string& path : {files.xlsx, files.html}) {
    if (path.empty() || files.force) continue;
    if (access(path.c_str(), F_OK) == 0) {
      return errors::Error(
          "EXISTS_ALREADY",
          {.field = path, .rule = "--force replaces files that are there"});
    }
  }
  return absl::OkStatus();
}

absl::Status ShowReport(Session& session, const CountedReport& report,
                        const google::protobuf::Message& message,
                        const ReportFiles& files) {
  const ReportDocument document = DocumentOf(report);
  if (!files.xlsx.empty()) {
    const auto workbook = WorkbookOf(document);
    if (!workbook.ok()) return workbook.status();
    if (auto written = WriteFile(session, files, files.xlsx, *workbook);
        !written.ok()) {
      return written;
    }
  }
  if (!files.html.empty()) {
    if (auto written = WriteFile(session, files, files.html, HtmlOf(document));
        !written.ok()) {
      return written;
    }
  }
  session.out().Show(message, SheetOf(report));
  return absl::OkStatus();
}

}  // namespace waystation::wayctl
