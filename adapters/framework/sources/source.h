// SPDX-License-Identifier: Apache-2.0
// What an agency's system exports, row by row. To add a format: implement
// Source, and name it in table_source.h's OpenSource.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

// Why a row cannot be taken: a reason of proto/errors and, where one is at
// fault, the column.
struct Defect {
  std::string_view reason;
  std::string column;

  bool operator==(const Defect&) const = default;
};

// Views live until the next call of Next.
struct Row {
  // Of its first line in the file, from 1; the header is line 1.
  std::uint64_t line = 0;
  // The whole row without its line end, in the source's working charset.
  std::string_view raw;
  // The wanted columns only, in the order in which they were asked for: what
  // was not asked for ends at the parser. Empty when there is a defect.
  std::vector<std::string_view> fields;
  std::optional<Defect> defect;
};

// Rows in file order. Not thread-safe.
class Source {
 public:
  virtual ~Source() = default;

  // The columns that the file has, in its order and spelling.
  virtual const std::vector<std::string>& columns() const = 0;

  // nullptr at the end. A row that cannot be read is returned with its defect.
  // An error means the file, not the row, is unreadable.
  virtual absl::StatusOr<const Row*> Next() = 0;

  // Charset of Row::raw and Row::fields.
  virtual Charset charset() const = 0;

  // The row as the file would hold it, every column that was not asked for
  // empty, in the file's own bytes. Precondition: the last row of Next, which
  // has no defect.
  virtual std::string WantedBytes(const Row& row) const = 0;

  // `raw` and the header line as they stand in the file.
  virtual std::string OriginalBytes(std::string_view raw) const = 0;
  virtual std::string_view header() const = 0;

  // For progress.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t file_size() const = 0;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_
