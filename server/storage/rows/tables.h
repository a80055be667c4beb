// SPDX-License-Identifier: Apache-2.0
// The tables that every store has, with the same columns and the same checksums
// in them: what one store wrote another can hold, row for row.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_TABLES_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_TABLES_H_

#include <cstddef>
#include <span>
#include <string>

namespace waystation::storage {

struct Column {
  enum class Kind { kNumber, kBytes };

  const char* name = nullptr;
  Kind kind = Kind::kNumber;
};

struct TableShape {
  const char* name = nullptr;
  std::span<const Column> columns;
  // So many of the first columns are the key.
  size_t key = 1;
};

// What a group's row tells of comes before it.
std::span<const TableShape> AllTables();

// "a, b, c", all columns or those of the key.
std::string ColumnList(const TableShape& table);
std::string KeyList(const TableShape& table);

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_TABLES_H_
