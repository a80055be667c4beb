// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/report_document.h"
#include "proto/codes/text.h"

namespace waystation::wayctl {
namespace {

// More bars than a page holds are looked up in the table.
constexpr std::size_t kMostBars = 60;

// Black on white with one dark colour: what is printed without colour reads the
// same. Long tables repeat their head on each sheet of paper.
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light; }
body { font: 15px/1.5 "Noto Sans CJK SC", "Source Han Sans SC",
  "Microsoft YaHei", "PingFang SC", sans-serif; color: #111; background: #fff;
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1.5rem; }
dt { color: #555; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #bbb; text-align: left;
  vertical-align: top; }
thead th { border-bottom: 2px solid #111; }
tbody tr:last-child > * { border-top: 2px solid #111; font-weight: bold; }
.n { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: #111; }
.track { fill: #fff; stroke: #888; }
.bar { fill: #1f4e79; }
li { margin: .2rem 0; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr, svg, li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

// Nothing that a source wrote ends a tag, opens one, or turns what is shown.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : codes::DisplaySafe(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string TextOf(const ReportCell& cell) {
  if (cell.share.has_value()) return ShareText(*cell.share);
  if (cell.number.has_value()) return absl::StrCat(*cell.number);
  if (cell.ratio.has_value()) return RatioText(*cell.ratio);
  return cell.text;
}

std::string NameOf(const ReportTable& table,
                   const std::vector<ReportCell>& row) {
  std::string name;
  for (std::size_t i = 0; i < table.names; ++i) {
    if (!name.empty() && !row[i].text.empty()) name += ", ";
    name += row[i].text;
  }
  return name;
}

void AddTable(const ReportTable& table, std::string& page) {
  page += "<div class=\"wide\"><table>\n<thead><tr>";
  for (const ReportTable::Column& column : table.columns) {
    absl::StrAppend(&page, "<th scope=\"col\"",
                    column.is_number || column.is_share ? " class=\"n\"" : "",
                    ">", Escaped(column.title), "</th>");
  }
  page += "</tr></thead>\n<tbody>\n";
  for (const std::vector<ReportCell>& row : table.rows) {
    page += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_name = i < table.names;
      const ReportTable::Column& column = table.columns[i];
      absl::StrAppend(&page, is_name ? "<th scope=\"row\"" : "<td",
                      column.is_number || column.is_share ? " class=\"n\"" : "",
                      ">", Escaped(TextOf(row[i])),
                      is_name ? "</th>" : "</td>");
    }
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

double ValueOf(const Share& share) {
  return static_cast<double>(share.numerator) /
         static_cast<double>(share.denominator);
}

// What a whole bar stands for: all there is, and of times per thousand the most
// that the table has, so that its charts can be held against each other.
double WholeBar(const ReportTable& table) {
  double most = 0;
  for (const std::vector<ReportCell>& row : table.rows) {
    for (const ReportCell& cell : row) {
      if (!cell.share.has_value() || cell.share->denominator == 0) continue;
      if (cell.share->out_of == 100) return 1;
      most = std::max(most, ValueOf(*cell.share));
    }
  }
  return most > 0 ? most : 1;
}

// One column of shares as bars, a row each.
void AddChart(const ReportTable& table, std::size_t column, std::string& page) {
  constexpr int kWidth = 1060;
  constexpr int kLabels = 460;
  constexpr int kBars = 400;
  constexpr int kRow = 24;
  const int height = kRow * static_cast<int>(table.rows.size()) + 4;
  const std::string title = Escaped(table.columns[column].title);
  absl::StrAppend(&page, "<h2>", title,
                  "</h2>\n<svg role=\"img\" viewBox=\"0 0 ", kWidth, " ",
                  height, "\"><title>", title, "</title>\n");
  const double whole = WholeBar(table);
  int y = 2;
  for (const std::vector<ReportCell>& row : table.rows) {
    const ReportCell& cell = row[column];
    absl::StrAppend(&page, "<text x=\"", kLabels - 8, "\" y=\"", y + 16,
                    "\" text-anchor=\"end\">", Escaped(NameOf(table, row)),
                    "</text><rect class=\"track\" x=\"", kLabels, "\" y=\"",
                    y + 3, "\" width=\"", kBars, "\" height=\"", kRow - 8,
                    "\"/>");
    if (cell.share.has_value() && cell.share->denominator > 0) {
      const double width = kBars * std::min(1.0, ValueOf(*cell.share) / whole);
      absl::StrAppend(&page, "<rect class=\"bar\" x=\"", kLabels, "\" y=\"",
                      y + 3, "\" width=\"", absl::StrFormat("%.1f", width),
                      "\" height=\"", kRow - 8, "\"/>");
    }
    absl::StrAppend(&page, "<text x=\"", kLabels + kBars + 8, "\" y=\"", y + 16,
                    "\">", Escaped(TextOf(cell)), "</text>\n");
    y += kRow;
  }
  page += "</svg>\n";
}

}  // namespace

std::string PercentText(const Share& share) {
  if (share.denominator == 0) return {};
  return absl::StrFormat("%.1f %s", share.out_of * ValueOf(share),
                         share.out_of == 100 ? "%" : "‰");
}

std::string RatioText(double ratio) { return absl::StrFormat("%.2f", ratio); }

std::string ShareText(const Share& share) {
  std::string text = absl::StrCat(share.is_at_least ? "≥ " : "",
                                  share.numerator, " / ", share.denominator);
  if (share.denominator > 0) {
    absl::StrAppend(&text, " (", PercentText(share), ")");
  }
  return text;
}

std::string HtmlOf(const ReportDocument& document) {
  std::string page = absl::StrCat(
      "<!doctype html>\n<html lang=\"", Escaped(document.language),
      "\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
      Escaped(document.title), "</title>\n<style>");
  page.append(kStyle);
  absl::StrAppend(&page, "</style>\n</head>\n<body>\n<h1>",
                  Escaped(document.title), "</h1>\n<dl>\n");
  for (const ReportDocument::Line& fact : document.facts) {
    absl::StrAppend(&page, "<dt>", Escaped(fact.label), "</dt><dd>",
                    Escaped(fact.text), "</dd>\n");
  }
  page += "</dl>\n";
  AddTable(document.table, page);
  if (document.table.rows.size() <= kMostBars) {
    for (std::size_t i = 0; i < document.table.columns.size(); ++i) {
      if (document.table.columns[i].is_share) {
        AddChart(document.table, i, page);
      }
    }
  }
  absl::StrAppend(&page, "<h2>", Escaped(document.notes_title),
                  "</h2>\n<ul>\n");
  for (const std::string& note : document.notes) {
    absl::StrAppend(&page, "<li>", Escaped(note), "</li>\n");
  }
  page += "</ul>\n</body>\n</html>\n";
  return page;
}

}  // namespace waystation::wayctl
