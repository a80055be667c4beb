// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/notices/form.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "adapters/framework/decoding/replacing.h"
#include "adapters/framework/sources/format.h"
#include "adapters/framework/sources/table_source.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::adapters {
namespace {

constexpr std::string_view kField = "field";
constexpr std::string_view kValue = "value";
constexpr std::string_view kExplanation = "explanation";
constexpr std::string_view kEnd = "end";
// A form has some thirty rows.
constexpr std::size_t kLargest = std::size_t{256} << 10;

Dialect DialectOf(Charset charset) { return {.charset = charset}; }

// What begins so is a formula to a spreadsheet program: = + - @, a tab, and the
// full-width forms, which some take for the same.
bool IsFormula(std::string_view value) {
  constexpr auto kBeginnings = std::to_array<std::string_view>(
      {"=", "+", "-", "@", "\t", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"});
  return std::ranges::any_of(kBeginnings, [&](std::string_view beginning) {
    return value.starts_with(beginning);
  });
}

void AppendRow(const Dialect& dialect, std::string_view field,
               std::string_view value, std::string_view explanation,
               std::string& bytes) {
  bool first = true;
  for (const std::string_view cell : {field, value, explanation}) {
    if (!first) bytes.push_back(dialect.delimiter);
    first = false;
    std::string encoded;
    EncodeReplacing(dialect.charset, cell, encoded);
    AppendField(dialect, encoded, bytes);
  }
  // Spreadsheet programs of the desks that have nothing else want both.
  bytes += "\r\n";
}

std::string Trimmed(std::string_view text) {
  return std::string(codes::Trim(text));
}

// The first cell of the last line that says something.
std::string LastCell(std::string_view bytes) {
  const std::size_t last = bytes.find_last_not_of(" \t\r\n");
  std::string_view text = bytes.substr(0, last + 1);
  if (const auto line = text.find_last_of("\r\n");
      line != std::string_view::npos) {
    text.remove_prefix(line + 1);
  }
  std::string cell(text.substr(0, text.find(',')));
  std::erase(cell, '"');
  return absl::AsciiStrToLower(Trimmed(cell));
}

}  // namespace

std::string WriteForm(const std::vector<FormRow>& rows, Charset charset) {
  const Dialect dialect = DialectOf(charset);
  // By this a spreadsheet program knows UTF-8.
  std::string bytes = charset == Charset::kUtf8 ? "\xEF\xBB\xBF" : "";
  AppendRow(dialect, kField, kValue, kExplanation, bytes);
  for (const FormRow& row : rows) {
    AppendRow(dialect, row.field,
              IsFormula(row.value) ? "'" + row.value : row.value,
              row.explanation, bytes);
  }
  AppendRow(dialect, kEnd, "", "", bytes);
  return bytes;
}

absl::StatusOr<ReadForm> ReadFormFile(const std::string& path,
                                      Charset charset) {
  ReadForm form;
  const auto bytes = runtime::ReadFile(path, kLargest);
  if (!bytes.ok()) return bytes.status();
  form.is_whole = LastCell(*bytes) == kEnd;
  if (!form.is_whole) return form;
  const TableFormat format{.dialect = DialectOf(charset), .columns = {}};
  auto source = TableSource::Open(path, format,
                                  {std::string(kField), std::string(kValue)});
  if (!source.ok()) {
    form.problems.push_back(
        {.line = 1, .field = {}, .rule = "a header: field,value,explanation"});
    return form;
  }
  std::set<std::string> seen;
  for (;;) {
    const auto row = (*source)->Next();
    if (!row.ok()) return row.status();
    if (*row == nullptr) return form;
    if ((*row)->defect && (*row)->defect->reason == "ROW_QUOTE") {
      // A text of several lines that is not at its end, and a line of it that
      // reads as the last row.
      return ReadForm();
    }
    if ((*row)->defect) {
      form.problems.push_back(
          {.line = (*row)->line,
           .field = {},
           .rule = "a row of the form: field,value,explanation, in "
                   "the configured charset"});
      continue;
    }
    FormRow filled{.field = {}, .value = {}, .line = (*row)->line};
    if (Decode((*source)->charset(), (*row)->fields[0], filled.field) ||
        Decode((*source)->charset(), (*row)->fields[1], filled.value)) {
      form.problems.push_back({.line = filled.line,
                               .field = {},
                               .rule = "text in the configured charset"});
      continue;
    }
    filled.field = absl::AsciiStrToLower(Trimmed(filled.field));
    filled.value = Trimmed(filled.value);
    if (filled.field.empty() || filled.field == kEnd || filled.value.empty()) {
      continue;
    }
    if (!seen.insert(filled.field).second) {
      form.problems.push_back(
          {.line = filled.line, .field = {}, .rule = "stands twice"});
      continue;
    }
    form.rows.push_back(std::move(filled));
  }
}

}  // namespace waystation::adapters
