// SPDX-License-Identifier: Apache-2.0
// The one way in which wayctl shows what it got: the API's message for machines
// (JSON, YAML), rows for people and spreadsheets (table, CSV). Data goes to
// standard output; everything else, notes and questions, to standard error.
//
// Nothing that a source wrote can move the cursor, change direction or hide:
// text for a terminal passes codes::DisplaySafe here and nowhere else.
#ifndef CLIENT_WAYCTL_OUTPUT_H_
#define CLIENT_WAYCTL_OUTPUT_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/wayctl/surroundings.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace waystation::wayctl {

enum class Format { kTable, kJson, kYaml, kCsv };

// kTable for a name that is none.
Format FormatByName(std::string_view name);

// Unless NO_COLOR is set, or the terminal is a dumb one.
bool WantsColor(const Surroundings& surroundings);

// One value: as people read it, and as scripts do.
struct Cell {
  Cell(std::string text) : shown(text), raw(std::move(text)) {}  // NOLINT
  Cell(const char* text) : Cell(std::string(text)) {}            // NOLINT
  Cell(std::string shown_text, std::string raw_text)
      : shown(std::move(shown_text)), raw(std::move(raw_text)) {}

  std::string shown;
  std::string raw;
};

Cell Number(std::uint64_t number);

struct Column {
  std::string id;     // Head of the CSV column; the same in each language.
  std::string title;  // Head of the table's column.
  bool right = false;
  // Free text, which is wrapped where a terminal is narrow.
  bool wide = false;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows = {};
};

// One line of what is known of one thing.
struct Fact {
  std::string id;
  std::string label;
  Cell value;
};

struct Section {
  std::string title;
  Table table;
};

// One thing for people: facts, then tables.
struct Sheet {
  std::vector<Fact> facts = {};
  std::vector<Section> sections = {};
  // What CSV shows; otherwise the first section, or the facts when there is
  // none.
  std::optional<Table> csv = {};
};

class Output {
 public:
  Output(Surroundings& surroundings, Format format, bool color);
  ~Output();

  Format format() const { return format_; }

  // A list comes page by page. CSV is written as it comes; the others at the
  // end.
  void Page(const google::protobuf::Message& page, const Table& rows);
  void EndList();

  // A list without an end: each page is written as it comes, JSON on one line.
  void Stream(const google::protobuf::Message& page, const Table& rows);

  // One thing.
  void Show(const google::protobuf::Message& message, const Sheet& sheet);

  // The same for people only, on standard error: what is about to happen.
  void Preview(const Sheet& sheet);

  // A line on standard error.
  void Note(std::string_view text);
  void Warn(std::string_view text);
  // "error: text", then the advice.
  void Error(std::string_view text, std::string_view advice);

  // An API message on standard error, in the chosen format.
  void ErrorMessage(const google::protobuf::Message& message);

 private:
  void WriteMessage(const google::protobuf::Message& message,
                    std::ostream& stream, bool to_terminal) const;
  void WriteTable(const Table& table, std::ostream& stream,
                  bool to_terminal) const;
  void WriteSheet(const Sheet& sheet, std::ostream& stream,
                  bool to_terminal) const;
  void WriteCsv(const Table& table, bool heading);

  Surroundings& surroundings_;
  const Format format_;
  const bool color_;
  // Of the list that is being written.
  std::unique_ptr<google::protobuf::Message> merged_;
  Table rows_;
  bool begun_ = false;
};

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_OUTPUT_H_
