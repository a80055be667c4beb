// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/render_table.h"

#include <libsmartcols/libsmartcols.h>

#include <algorithm>
#include <cstdlib>
#include <cwchar>
#include <memory>
#include <string_view>

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

// A dash, so that an empty cell is seen to be one.
std::string Shown(const std::string& text) {
  return text.empty() ? "-" : codes::DisplaySafe(text);
}

void Fill(libscols_line* line, std::size_t column, const std::string& text) {
  scols_line_set_data(line, column, text.c_str());
}

// Columns between two cells.
constexpr int kGap = 2;
// A value is not squeezed below this.
constexpr int kNarrowest = 20;

// Calls visit(character, columns that it takes) for each character.
template <typename Visit>
void ForEachCharacter(const std::string& text, Visit visit) {
  std::mbstate_t state = {};
  for (std::size_t at = 0; at < text.size();) {
    wchar_t character = 0;
    std::size_t size =
        std::mbrtowc(&character, text.data() + at, text.size() - at, &state);
    if (size == 0 || size > text.size() - at) size = 1;
    visit(std::string_view(text).substr(at, size),
          std::max(wcwidth(character), 0));
    at += size;
  }
}

// Breaks lines at spaces, and inside a word only where it is longer than a
// line; Chinese is broken anywhere.
std::string Wrapped(const std::string& text, int width) {
  std::string lines, word;
  int column = 0, word_width = 0;
  const auto end_word = [&] {
    if (column > 0 && column + word_width > width) {
      if (lines.ends_with(' ')) lines.pop_back();
      lines += '\n';
      column = 0;
    }
    lines += word;
    column += word_width;
    word.clear();
    word_width = 0;
  };
  ForEachCharacter(text, [&](std::string_view character, int columns) {
    if (character == " ") {
      end_word();
      if (column < width) {
        lines += ' ';
        ++column;
      }
      return;
    }
    if (columns > 1 || word_width + columns > width) end_word();
    word += character;
    word_width += columns;
  });
  end_word();
  return lines;
}

}  // namespace

int Width(const std::string& text) {
  int width = 0;
  ForEachCharacter(text,
                   [&](std::string_view, int columns) { width += columns; });
  return width;
}

std::string RenderTable(const Table& table, int width, bool color) {
  const SmartTable smart = NewTable(width);
  if (color) scols_table_enable_colors(smart.get(), 1);
  for (const Column& column : table.columns) {
    int flags = column.right ? SCOLS_FL_RIGHT : 0;
    if (width > 0 && column.wide) flags |= SCOLS_FL_WRAP;
    libscols_column* added =
        scols_table_new_column(smart.get(), column.title.c_str(), 0, flags);
    if (color) scols_cell_set_color(scols_column_get_header(added), "bold");
  }
  for (const std::vector<Cell>& row : table.rows) {
    libscols_line* line = scols_table_new_line(smart.get(), nullptr);
    for (std::size_t i = 0; i < row.size(); ++i)
      Fill(line, i, Shown(row[i].shown));
  }
  return Print(smart.get());
}

std::string RenderFacts(const std::vector<Fact>& facts, int width) {
  int labels = 0;
  for (const Fact& fact : facts) labels = std::max(labels, Width(fact.label));
  const auto spaces = [](int count) {
    return std::string(static_cast<std::size_t>(count), ' ');
  };
  std::string text;
  for (const Fact& fact : facts) {
    text += fact.label + spaces(labels - Width(fact.label) + kGap);
    const std::string value = Shown(fact.value.shown);
    const std::string lines =
        width > 0 ? Wrapped(value, std::max(width - labels - kGap, kNarrowest))
                  : value;
    for (const char c : lines) {
      text += c;
      if (c == '\n') text += spaces(labels + kGap);
    }
    text += '\n';
  }
  return text;
}

}  // namespace waystation::wayctl
