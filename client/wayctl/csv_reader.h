// SPDX-License-Identifier: Apache-2.0
// Rows of a CSV file that somebody wrote, each with the line that it begins in.
#ifndef CLIENT_WAYCTL_CSV_READER_H_
#define CLIENT_WAYCTL_CSV_READER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::wayctl {

struct CsvRow {
  // From 1.
  std::size_t line = 0;
  std::vector<std::string> cells = {};
  // A quote is not closed, or stands in the middle of a cell: the last of
  // `cells`.
  bool is_broken = false;

  bool IsBlank() const;
};

// RFC 4180, with either end of line. A row whose quotes are broken ends with
// its line, so that it takes no other with it. The text is borrowed.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  // nullopt at the end.
  std::optional<CsvRow> Next();

 private:
  // False when the row has ended.
  bool ReadCell(CsvRow& row);

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

// Without a byte order mark in front.
std::string_view WithoutMark(std::string_view text);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_CSV_READER_H_
