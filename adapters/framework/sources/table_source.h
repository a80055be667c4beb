// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_TABLE_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_TABLE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/framework/sources/byte_reader.h"
#include "adapters/framework/sources/format.h"
#include "adapters/framework/sources/source.h"
#include "adapters/framework/sources/split.h"

namespace waystation::adapters {

// CSV and delimited text, in memory that does not depend on the file's size.
// Column names are compared without regard to case, and a label behind a
// backtick is left out (aac003`姓名). Empty lines are skipped, as is the ^Z
// with which DOS ended its files. Defects: ROW_COLUMNS, ROW_QUOTE,
// ROW_TOO_LONG, ROW_NUL, ROW_CHARSET (a row in UTF-8 within a file in GB
// 18030).
class TableSource final : public Source {
 public:
  // FILE_EMPTY for a file without a byte, COLUMN_MISSING with the names of all
  // wanted columns that the file lacks, COLUMN_TWICE for a wanted one that it
  // has twice: each before any row is read. Else as ByteReader::Open.
  static absl::StatusOr<std::unique_ptr<TableSource>> Open(
      const std::string& path, const TableFormat& format,
      const std::vector<std::string>& wanted);

  const std::vector<std::string>& columns() const override { return columns_; }
  absl::StatusOr<const Row*> Next() override;
  Charset charset() const override;
  std::string WantedBytes(const Row& row) const override;
  std::string OriginalBytes(std::string_view raw) const override;
  std::string_view header() const override { return header_; }
  std::uint64_t bytes_read() const override { return reader_.bytes_read(); }
  std::uint64_t file_size() const override { return reader_.file_size(); }

 private:
  TableSource(ByteReader reader, const TableFormat& format);

  absl::Status ReadHeader(const TableFormat& format);
  // Takes `bytes` from the window and counts their lines.
  void Take(std::size_t bytes, std::uint64_t lines);
  absl::Status SkipOverlongRow();
  void SetFields(std::string_view raw);
  void SetDefect(std::string_view reason, std::size_t column);

  ByteReader reader_;
  Dialect dialect_;
  Charset file_charset_;
  std::string header_;
  std::vector<std::string> columns_;
  // For each wanted column: its index in the file.
  std::vector<std::size_t> wanted_;
  std::uint64_t line_ = 1;
  std::size_t to_skip_ = 0;
  std::vector<Span> spans_;
  std::vector<std::string> scratch_;
  std::string overlong_;
  Row row_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_TABLE_SOURCE_H_
