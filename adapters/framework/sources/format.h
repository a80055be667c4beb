// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/framework/sources/split.h"

namespace waystation::adapters {

enum class FileKind : std::uint8_t { kDelimited, kDbf, kFhir };

// What a system's exports are.
struct TableFormat {
  // Of the files where they are delimited text, of the tables for the system in
  // any case, and of the quarantine but for FHIR.
  Dialect dialect;
  // Column names of a file without a header line; empty: the first line is one.
  std::vector<std::string> columns;
  FileKind kind = FileKind::kDelimited;

  // Of the rows in the quarantine: whether they stand under a header line, and
  // how the names of their files end.
  bool has_header() const { return columns.empty() && kind != FileKind::kFhir; }
  std::string ending() const {
    if (kind == FileKind::kFhir) return ".ndjson";
    return dialect.delimiter == ',' ? ".csv" : ".txt";
  }
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_FORMAT_H_
