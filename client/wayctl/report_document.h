// SPDX-License-Identifier: Apache-2.0
// A report as a file shows it to people who have no wayctl: a page for a
// browser and for paper, a workbook for a spreadsheet. Both stand by
// themselves.
#ifndef CLIENT_WAYCTL_REPORT_DOCUMENT_H_
#define CLIENT_WAYCTL_REPORT_DOCUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::wayctl {

// A rate, always with what it is a share of.
struct Share {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 0;
  // 100 for a share of what there is, 1,000 for how often of so many.
  std::uint32_t out_of = 100;
  // Something was left out of the numerator.
  bool is_at_least = false;
};

// Text, a number, a share or a ratio; empty where nothing is shown.
struct ReportCell {
  std::string text = {};
  std::optional<std::uint64_t> number = {};
  std::optional<Share> share = {};
  std::optional<double> ratio = {};
};

struct ReportTable {
  struct Column {
    std::string title;
    // Its cells are shares: three columns of a workbook.
    bool is_share = false;
    // Numbers stand to the right.
    bool is_number = false;
  };
  std::vector<Column> columns = {};
  // The last one is the total.
  std::vector<std::vector<ReportCell>> rows = {};
  // Columns that name a row.
  std::size_t names = 0;
};

struct ReportDocument {
  struct Line {
    std::string label;
    std::string text;
  };
  std::string title;
  // Of the page, such as "zh-CN".
  std::string language;
  std::vector<Line> facts = {};
  ReportTable table = {};
  std::string notes_title = {};
  // How figures are counted.
  std::vector<std::string> notes = {};
  // Heads of the columns of a share in a workbook.
  std::string numerator = {};
  std::string denominator = {};
};

// "90.0 %" or "9.0 ‰", and nothing of nothing.
std::string PercentText(const Share& share);
// "45 / 50 (90.0 %)", behind "≥" where it is at least so much.
std::string ShareText(const Share& share);
// "0.85".
std::string RatioText(double ratio);

// HTML with a chart for each column of shares, drawn as SVG. Loads nothing,
// runs nothing; all text is escaped.
std::string HtmlOf(const ReportDocument& document);

// An Office Open XML workbook: the table with numbers as numbers, and how they
// are counted. FILE_NOT_WRITTEN where no temporary file can be.
absl::StatusOr<std::string> WorkbookOf(const ReportDocument& document);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_REPORT_DOCUMENT_H_
