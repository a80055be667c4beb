// SPDX-License-Identifier: Apache-2.0
// A report of counts and rates, whatever they count: as a table with how each
// figure is counted, as lines of CSV that stand by themselves, as a page and as
// a workbook.
#ifndef CLIENT_WAYCTL_COUNTED_REPORT_H_
#define CLIENT_WAYCTL_COUNTED_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/values.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "waystation/v1/notice_rates.pb.h"

namespace waystation::wayctl {

struct CountedReport {
  // A rate per thousand may be more than one of one: times, of residents.
  enum class Shape : std::uint8_t {
    kCount,
    kRate,
    kPerThousand,
    kDays,
    kRatio
  };
  struct Figure {
    // As CSV names it, and as its convention does.
    std::string id;
    std::string title;
    Shape shape = Shape::kCount;
    // The figure whose convention says how it is counted; empty: its own.
    std::string told_by = {};
  };
  // What rows are told apart by.
  struct Group {
    // As --by takes it.
    std::string name;
    std::string title;
  };
  // The one that its figure's shape names is set.
  struct Value {
    std::uint64_t count = 0;
    v1::NoticeRate rate = {};
    // Of a rate: numbers were left out of what it counts.
    bool is_at_least = false;
    v1::NoticeDays days = {};
    std::optional<double> ratio = {};
  };
  struct Row {
    // For each group, as people read it and as it came; empty of a total.
    std::vector<Cell> names = {};
    bool suppressed = false;
    // For each figure, unless suppressed.
    std::vector<Value> values = {};
  };
  std::string title;
  std::vector<Group> groups = {};
  std::vector<Figure> figures = {};
  std::vector<Fact> facts = {};
  std::vector<Row> rows = {};
  Row total = {};
  google::protobuf::Timestamp as_of_time = {};
  google::protobuf::RepeatedPtrField<v1::NoticeConvention> conventions = {};
  // Further tables below, without files of their own, and the figures in them
  // whose conventions are told.
  std::vector<Section> more = {};
  std::vector<std::string> figures_of_more = {};
};

// One figure of a row of an API's report: a count of its counts, a rate or
// days.
template <typename Row, typename Counts>
struct RowFigure {
  // A field of Counts or Row.
  std::string id;
  std::string title;
  std::uint64_t (Counts::*count)() const = nullptr;
  const v1::NoticeRate& (Row::*rate)() const = nullptr;
  const v1::NoticeDays& (Row::*days)() const = nullptr;
  // As of CountedReport::Figure.
  std::string told_by = {};

  CountedReport::Shape shape() const {
    if (count != nullptr) return CountedReport::Shape::kCount;
    return rate != nullptr ? CountedReport::Shape::kRate
                           : CountedReport::Shape::kDays;
  }
};

// Figures, rows, time and conventions of an API's report; title, groups and
// facts are the caller's to add. name_of(group, value) is how people read it.
template <typename Response, typename Row, typename Counts, typename NameOf>
CountedReport CountedReportOf(
    const Response& response,
    const std::vector<RowFigure<Row, Counts>>& figures, NameOf name_of) {
  CountedReport report;
  report.as_of_time = response.as_of_time();
  report.conventions = response.conventions();
  for (const auto& figure : figures) {
    report.figures.push_back({.id = figure.id,
                              .title = figure.title,
                              .shape = figure.shape(),
                              .told_by = figure.told_by});
  }
  const auto row_of = [&](const Row& row) {
    CountedReport::Row shown{.suppressed = row.suppressed()};
    for (int i = 0; i < row.values_size(); ++i) {
      shown.names.emplace_back(name_of(response.groups(i), row.values(i)),
                               row.values(i));
    }
    if (row.suppressed()) return shown;
    for (const auto& figure : figures) {
      CountedReport::Value& value = shown.values.emplace_back();
      if (figure.count != nullptr) value.count = (row.counts().*figure.count)();
      if (figure.rate != nullptr) value.rate = (row.*figure.rate)();
      if (figure.days != nullptr) value.days = (row.*figure.days)();
    }
    return shown;
  };
  for (const Row& row : response.rows()) report.rows.push_back(row_of(row));
  report.total = row_of(response.total());
  return report;
}

// --by, with the groups of an API's report, and what was given for it.
void AddGroupOption(CLI::App& verb, const std::string& choices,
                    std::vector<std::string>& by);
template <typename Request>
absl::Status SetGroups(const std::vector<std::string>& by, Request& request) {
  for (const std::string& name : by) {
    const auto group = EnumFrom<typename Request::Group>("--by", name);
    if (!group.ok()) return group.status();
    request.add_groups(*group);
  }
  return absl::OkStatus();
}

// Where else a report is to go.
struct ReportFiles {
  std::string xlsx;
  std::string html;
  bool force = false;
};

void AddFileOptions(CLI::App& verb, ReportFiles& files);

// EXISTS_ALREADY for a file that is there and is not to be replaced: to be
// asked before anything is counted.
absl::Status CheckNew(const ReportFiles& files);

// Writes the files, then shows the report; `message` is what JSON shows.
absl::Status ShowReport(Session& session, const CountedReport& report,
                        const google::protobuf::Message& message,
                        const ReportFiles& files);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_COUNTED_REPORT_H_
