// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/render_table.h"

#include <libsmartcols/libsmartcols.h>

#include <cstdlib>
#include <memory>

#include "proto/codes/text.h"

namespace waystation::wayctl {
namespace {

struct Freed {
  void operator()(libscols_table* table) const { scols_unref_table(table); }
  void operator()(char* text) const { std::free(text); }
};
using SmartTable = std::unique_ptr<libscols_table, Freed>;

SmartTable NewTable(int width) {
  SmartTable table(scols_new_table());
  if (width > 0) {
    scols_table_set_termforce(table.get(), SCOLS_TERMFORCE_ALWAYS);
    scols_table_set_termwidth(table.get(), static_cast<std::size_t>(width));
  } else {
    scols_table_set_termforce(table.get(), SCOLS_TERMFORCE_NEVER);
  }
  scols_table_set_column_separator(table.get(), "  ");
  return table;
}

std::string Print(libscols_table* table) {
  char* text = nullptr;
  if (scols_print_table_to_string(table, &text) != 0) return {};
  const std::unique_ptr<char, Freed> owned(text);
  std::string printed = text == nullptr ? "" : text;
  // Cells are filled up to their column; ends of lines are not data.
  std::string lines;
  std::size_t at = 0;
  while (at < printed.size()) {
    const std::size_t end = std::min(printed.find('\n', at), printed.size());
    std::string line = printed.substr(at, end - at);
    line.erase(line.find_last_not_of(' ') + 1);
    lines += line + "\n";
    at = end + 1;
  }
  return lines;
}

void Fill(libscols_line* line, std::size_t column, const std::string& text) {
  // An empty cell would be taken for the end of the line by a reader's eye.
  const std::string safe = text.empty() ? "-" : codes::DisplaySafe(text);
  scols_line_set_data(line, column, safe.c_str());
}

}  // namespace

std::string RenderTable(const Table& table, int width, bool color) {
  const SmartTable smart = NewTable(width);
  if (color) scols_table_enable_colors(smart.get(), 1);
  for (const Column& column : table.columns) {
    int flags = column.right ? SCOLS_FL_RIGHT : 0;
    if (width > 0 && !column.right) flags |= SCOLS_FL_WRAP;
    libscols_column* added =
        scols_table_new_column(smart.get(), column.title.c_str(), 0, flags);
    if (color) scols_cell_set_color(scols_column_get_header(added), "bold");
  }
  for (const std::vector<Cell>& row : table.rows) {
    libscols_line* line = scols_table_new_line(smart.get(), nullptr);
    for (std::size_t i = 0; i < row.size(); ++i) Fill(line, i, row[i].shown);
  }
  return Print(smart.get());
}

std::string RenderFacts(const std::vector<Fact>& facts, int width) {
  if (facts.empty()) return {};
  const SmartTable smart = NewTable(width);
  scols_table_enable_noheadings(smart.get(), 1);
  scols_table_new_column(smart.get(), "label", 0, 0);
  scols_table_new_column(smart.get(), "value", 0,
                         width > 0 ? SCOLS_FL_WRAP : 0);
  for (const Fact& fact : facts) {
    libscols_line* line = scols_table_new_line(smart.get(), nullptr);
    Fill(line, 0, fact.label);
    Fill(line, 1, fact.value.shown);
  }
  return Print(smart.get());
}

}  // namespace waystation::wayctl
