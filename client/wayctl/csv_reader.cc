// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/csv_reader.h"

#include <algorithm>

namespace waystation::wayctl {
namespace {

// A quote that is open for longer was forgotten: a file of which each line has
// such a one is not read to its end for each.
constexpr std::size_t kLongestQuoted = 65'536;

}  // namespace

bool CsvRow::IsBlank() const {
  return std::ranges::all_of(
      cells, [](const std::string& cell) { return cell.empty(); });
}

std::optional<CsvRow> CsvReader::Next() {
  if (at_ >= text_.size()) return std::nullopt;
  const std::size_t start = at_;
  const std::size_t line = line_;
  CsvRow row{.line = line};
  while (ReadCell(row)) {
  }
  if (row.is_broken) {
    at_ = std::min(text_.find('\n', start), text_.size() - 1) + 1;
    line_ = line + 1;
  }
  return row;
}

bool CsvReader::ReadCell(CsvRow& row) {
  std::string& cell = row.cells.emplace_back();
  const bool is_quoted = at_ < text_.size() && text_[at_] == '"';
  if (is_quoted) {
    for (++at_;; ++at_) {
      if (at_ >= text_.size() || cell.size() > kLongestQuoted) {
        row.is_broken = true;
        return false;
      }
      if (text_[at_] == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') break;
      }
      if (text_[at_] == '\n') ++line_;
      cell += text_[at_];
    }
  }
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n' || c == ',') {
      ++at_;
      if (c == '\n') ++line_;
      return c == ',';
    }
    if (c == '\r') continue;
    if (is_quoted || c == '"') row.is_broken = true;
    cell += c;
  }
  return false;
}

std::string_view WithoutMark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return text;
}

}  // namespace waystation::wayctl
