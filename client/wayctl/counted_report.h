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
  enum class Shape : std::uint8_t { kCount, kRate, kDays };
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
    v1::NoticeDays days = {};
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
  // Further tables below, without files of their own.
  std::vector<Section> more = {};
};

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

// "3412 安徽省阜阳市".
std::string DivisionText(const std::string& code);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_COUNTED_REPORT_H_
