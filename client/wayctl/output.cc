// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/output.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <ostream>

#include "client/wayctl/language.h"
#include "client/wayctl/render_table.h"
#include "proto/codes/text.h"
#include "proto/runtime/yaml.h"

namespace waystation::wayctl {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

// Line by line, since line ends are ours.
std::string SafeLines(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    safe += codes::DisplaySafe(text.substr(0, end));
    if (end == std::string_view::npos) break;
    safe += '\n';
    text.remove_prefix(end + 1);
  }
  return safe;
}

// RFC 4180.
void AppendCsvField(std::string_view value, std::string& line) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

Table FactsAsTable(const std::vector<Fact>& facts) {
  Table table{.columns = {{"field", ""}, {"value", ""}}};
  for (const Fact& fact : facts) {
    table.rows.push_back({Cell(fact.id), fact.value});
  }
  return table;
}

}  // namespace

Format FormatByName(std::string_view name) {
  if (name == "json") return Format::kJson;
  if (name == "yaml") return Format::kYaml;
  if (name == "csv") return Format::kCsv;
  return Format::kTable;
}

bool WantsColor(const Surroundings& surroundings) {
  return surroundings.env("NO_COLOR").empty() &&
         surroundings.env("TERM") != "dumb";
}

Cell Number(std::uint64_t number) { return Cell(std::to_string(number)); }

Output::Output(Surroundings& surroundings, Format format, bool color)
    : surroundings_(surroundings), format_(format), color_(color) {}

Output::~Output() = default;

void Output::Page(const google::protobuf::Message& page, const Table& rows) {
  switch (format_) {
    case Format::kCsv:
      WriteCsv(rows, /*heading=*/!begun_);
      break;
    case Format::kTable:
      rows_.columns = rows.columns;
      rows_.rows.insert(rows_.rows.end(), rows.rows.begin(), rows.rows.end());
      break;
    default:
      if (merged_ == nullptr) merged_.reset(page.New());
      merged_->MergeFrom(page);
  }
  begun_ = true;
}

void Output::EndList() {
  if (format_ == Format::kTable && !rows_.rows.empty()) {
    WriteTable(rows_, surroundings_.out, surroundings_.out_is_terminal);
  }
  if (format_ == Format::kTable && rows_.rows.empty()) {
    Note(Say("There is nothing to list."));
  }
  if (merged_ != nullptr) {
    // Whether there was more is said on standard error.
    if (const auto* token =
            merged_->GetDescriptor()->FindFieldByName("next_page_token")) {
      merged_->GetReflection()->ClearField(merged_.get(), token);
    }
    WriteMessage(*merged_, surroundings_.out, surroundings_.out_is_terminal);
  }
  merged_.reset();
  rows_ = {};
  begun_ = false;
}

void Output::Stream(const google::protobuf::Message& page, const Table& rows) {
  std::ostream& out = surroundings_.out;
  const bool to_terminal = surroundings_.out_is_terminal;
  switch (format_) {
    case Format::kCsv:
      WriteCsv(rows, /*heading=*/!begun_);
      break;
    case Format::kTable:
      if (!rows.rows.empty()) WriteTable(rows, out, to_terminal);
      break;
    case Format::kYaml:
      out << "---\n";
      WriteMessage(page, out, to_terminal);
      break;
    case Format::kJson: {
      std::string line;
      if (google::protobuf::util::MessageToJsonString(page, &line).ok()) {
        out << (to_terminal ? SafeLines(line) : line) << "\n";
      }
    }
  }
  begun_ = true;
}

void Output::Show(const google::protobuf::Message& message,
                  const Sheet& sheet) {
  switch (format_) {
    case Format::kTable:
      WriteSheet(sheet, surroundings_.out, surroundings_.out_is_terminal);
      return;
    case Format::kCsv:
      WriteCsv(sheet.csv                 ? *sheet.csv
               : !sheet.sections.empty() ? sheet.sections.front().table
                                         : FactsAsTable(sheet.facts),
               /*heading=*/true);
      return;
    default:
      WriteMessage(message, surroundings_.out, surroundings_.out_is_terminal);
  }
}

void Output::Preview(const Sheet& sheet) {
  WriteSheet(sheet, surroundings_.err, surroundings_.err_is_terminal);
}

void Output::Note(std::string_view text) {
  surroundings_.err << SafeLines(text) << "\n";
}

void Output::Warn(std::string_view text) {
  const bool color = color_ && surroundings_.err_is_terminal;
  surroundings_.err << (color ? kYellow : "") << Say("warning: ")
                    << (color ? kPlain : "") << SafeLines(text) << "\n";
}

void Output::Error(std::string_view text, std::string_view advice) {
  const bool color = color_ && surroundings_.err_is_terminal;
  surroundings_.err << (color ? kRed : "") << Say("error: ")
                    << (color ? kPlain : "") << SafeLines(text) << "\n";
  if (!advice.empty()) Note(advice);
}

void Output::ErrorMessage(const google::protobuf::Message& message) {
  WriteMessage(message, surroundings_.err, surroundings_.err_is_terminal);
}

void Output::WriteMessage(const google::protobuf::Message& message,
                          std::ostream& stream, bool to_terminal) const {
  std::string text;
  if (format_ == Format::kYaml) {
    text = runtime::WriteYaml(message);
  } else {
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    // Fails only for an Any of a type that we do not link.
    if (!google::protobuf::util::MessageToJsonString(message, &text, options)
             .ok()) {
      text = "{}";
    }
  }
  if (!text.ends_with('\n')) text += '\n';
  stream << (to_terminal ? SafeLines(text) : text);
}

void Output::WriteTable(const Table& table, std::ostream& stream,
                        bool to_terminal) const {
  stream << RenderTable(table, to_terminal ? surroundings_.width : 0,
                        color_ && to_terminal);
}

void Output::WriteSheet(const Sheet& sheet, std::ostream& stream,
                        bool to_terminal) const {
  const bool color = color_ && to_terminal;
  stream << RenderFacts(sheet.facts, to_terminal ? surroundings_.width : 0);
  for (const Section& section : sheet.sections) {
    if (section.table.rows.empty()) continue;
    if (!section.title.empty()) {
      stream << "\n"
             << (color ? kBold : "") << codes::DisplaySafe(section.title)
             << (color ? kPlain : "") << "\n";
    }
    WriteTable(section.table, stream, to_terminal);
  }
}

void Output::WriteCsv(const Table& table, bool heading) {
  std::string text;
  if (heading) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) text += ',';
      AppendCsvField(table.columns[i].id, text);
    }
    text += '\n';
  }
  for (const std::vector<Cell>& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      AppendCsvField(row[i].raw, text);
    }
    text += '\n';
  }
  surroundings_.out << (surroundings_.out_is_terminal ? SafeLines(text) : text);
}

}  // namespace waystation::wayctl
