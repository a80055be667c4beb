// SPDX-License-Identifier: Apache-2.0
// What an agency's system exports, row by row. To add a format: implement
// Source, and name it in open_source.cc.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

// The longest row that is read; a longer one is a defect.
inline constexpr std::size_t kMaxRow = std::size_t{1} << 20;

// Why a row cannot be taken: a reason of proto/errors and, where one is at
// fault, the column.
struct Defect {
  std::string_view reason;
  std::string column;

  bool operator==(const Defect&) const = default;
};

// Views live until the next call of Next.
struct Row {
  // Its place in the file, from 1: the number of its first line, the header
  // being line 1; of a record in a DBF; of an entry in a Bundle.
  std::uint64_t line = 0;
  // The whole row as it stands in the file, without its line end; of a file in
  // UTF-16 in the source's working charset.
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

  // The columns that the file has, in its order and spelling. Where no header
  // names them they are those that rows had so far.
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

  // `raw` and the header as lines of text that say the same, which the
  // quarantine keeps: of text they are what stands in the file.
  virtual std::string OriginalBytes(std::string_view raw) const = 0;
  virtual std::string_view header() const = 0;

  // What was passed over so far and is no row, by kind: reasons of
  // proto/errors, and what the file calls such things where it has names.
  struct Kind {
    std::string_view reason;
    std::string name;
    auto operator<=>(const Kind&) const = default;
  };
  virtual std::map<Kind, std::uint64_t> passed_over() const { return {}; }

  // Why the file as a whole may not be what it is said to be: reasons of
  // proto/errors. Its rows are read all the same.
  virtual std::vector<std::string_view> doubts() const { return {}; }

  // For progress.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t file_size() const = 0;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SOURCE_H_
