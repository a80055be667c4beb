// SPDX-License-Identifier: Apache-2.0
// A store that becomes another store, of the same kind or not: rows as they
// stand, checksums and sealed values included.
//
//     row   := count (size bytes)*    2 bytes, then 4; most significant first
//     bytes := number | byte*         a number has 8, most significant first
//
// A size of -1 stands for NULL, without bytes. That is a tuple of PostgreSQL's
// binary COPY, so that there a row goes in and out as it is.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_MOVING_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_MOVING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/storage/rows/tables.h"

namespace waystation::storage {

// Writes one row.
class RowWriter {
 public:
  explicit RowWriter(const TableShape& table);
  void AddNumber(int64_t number);
  void AddBytes(std::string_view bytes);
  void AddNull();
  const std::string& row() const { return row_; }

 private:
  std::string row_;
};

// Reads one row, column by column. Past the end, and for what nobody wrote, it
// answers nothing and is no longer ok().
class RowReader {
 public:
  RowReader(const TableShape& table, std::string_view row);
  // nullopt: NULL.
  std::optional<std::string_view> Bytes();
  std::optional<int64_t> Number();
  bool ok() const { return ok_; }

 private:
  std::string_view Take(size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

// Gets every row of a store, in the order of AllTables and of keys. What it
// answers other than OK ends the reading and is the answer.
using TakeRow =
    std::function<absl::Status(const TableShape& table, std::string_view row)>;

// Makes a store of rows that come in that order. One that is given up, or dies,
// leaves what no hub starts on (Note::kMovingIn), to be begun anew.
class StoreFiller {
 public:
  virtual ~StoreFiller() = default;
  virtual absl::Status Put(const TableShape& table, std::string_view row) = 0;
  // All rows are there, and durable. It is a store when the note is gone.
  virtual absl::Status End() = 0;
};

// What stands beside a store's tables from its being moved on. A store that has
// one opens for nobody but who moves it: MOVE_UNFINISHED, STORE_MOVED.
enum class Note {
  // Not all is there yet; says of which hub it is.
  kMovingIn,
  // It stands elsewhere now; says where, and since when.
  kMovedOut,
};

constexpr const char* NameOf(Note note) {
  return note == Note::kMovingIn ? "moving_in" : "moved_out";
}

// The error of whoever opens a store that has the note.
absl::Status Forbids(Note note, const std::string& text);

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_MOVING_H_
