// SPDX-License-Identifier: Apache-2.0
// Records of a dBase table through shapelib, which is given the file by its
// whole name, to read, and nothing beside it. Left to itself shapelib looks for
// the name with other endings and for a code page in a .cpg file, and prints
// what goes wrong.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_TABLE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/sources/dbf_header.h"

namespace waystation::adapters {

// Not thread-safe.
class DbfTable {
 public:
  // nullopt when shapelib refuses it. Precondition: ReadDbfHeader has not.
  static std::optional<DbfTable> Open(const std::string& path);
  DbfTable(DbfTable&&) noexcept;
  ~DbfTable();

  std::vector<DbfField> fields() const;
  std::uint32_t records() const;
  std::uint16_t record_size() const;

  // The record with its mark; nullopt past the end of the file. The view lives
  // until the next call.
  std::optional<std::string_view> Record(std::uint32_t index);

 private:
  struct Handle;
  explicit DbfTable(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_DBF_TABLE_H_
