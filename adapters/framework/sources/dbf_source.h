// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/framework/sources/dbf_header.h"
#include "adapters/framework/sources/dbf_table.h"
#include "adapters/framework/sources/format.h"
#include "adapters/framework/sources/source.h"

namespace waystation::adapters {

// Records of a dBase table, in file order, in memory that does not depend on
// the file's size. Spaces and NULs that fill a field up are no part of its
// value. A deleted record is passed over (ROW_DELETED). The charset is that of
// the format: the table's own code page is often unset or wrong, and only
// doubted where it names the charset of another language (CODE_PAGE_DIFFERS).
// Defects: ROW_MARK, ROW_NUL, ROW_CHARSET.
//
// As text, for the quarantine, a record is a row of its fields in the format's
// dialect; what is no text (a memo's number, a FoxPro integer) is left empty.
class DbfSource final : public Source {
 public:
  // FILE_EMPTY, FILE_CHARSET, what ReadDbfHeader says, COLUMN_MISSING and
  // COLUMN_TWICE as TableSource, COLUMN_TYPE for a wanted one that is no text:
  // each before any record is read.
  static absl::StatusOr<std::unique_ptr<DbfSource>> Open(
      const std::string& path, const TableFormat& format,
      const std::vector<std::string>& wanted);

  const std::vector<std::string>& columns() const override { return columns_; }
  // FILE_CHANGED when the file has become shorter.
  absl::StatusOr<const Row*> Next() override;
  Charset charset() const override { return dialect_.charset; }
  std::string WantedBytes(const Row& row) const override;
  std::string OriginalBytes(std::string_view raw) const override;
  std::string_view header() const override { return header_line_; }
  std::map<Kind, std::uint64_t> passed_over() const override;
  std::vector<std::string_view> doubts() const override;
  std::uint64_t bytes_read() const override;
  std::uint64_t file_size() const override { return file_size_; }

 private:
  struct Field {
    std::size_t begin = 0;
    std::size_t width = 0;
    bool is_text = true;
  };

  DbfSource(DbfTable table, DbfHeader header, std::uint64_t file_size,
            const Dialect& dialect);
  absl::Status FindFields(const std::string& path,
                          const std::vector<std::string>& wanted);
  std::string_view Value(std::string_view record, std::size_t field) const;
  void SetFields(std::string_view record);

  DbfTable table_;
  DbfHeader header_;
  std::uint64_t file_size_;
  Dialect dialect_;
  std::string header_line_;
  std::vector<std::string> columns_;
  std::vector<Field> fields_;
  // For each wanted column: its index in the file.
  std::vector<std::size_t> wanted_;
  std::uint32_t next_ = 0;
  std::uint64_t deleted_ = 0;
  Row row_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_SOURCE_H_
