// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/framework/sources/split.h"

namespace waystation::adapters {

enum class FileKind : std::uint8_t { kDelimited, kDbf };

// What a system's exports are.
struct TableFormat {
  // Of the files themselves where they are text, and of the rows in the
  // quarantine and the tables for the system in any case.
  Dialect dialect;
  // Column names of a file without a header line; empty: the first line is one.
  std::vector<std::string> columns;
  FileKind kind = FileKind::kDelimited;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_
