// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with owners and statuses. The C interface and not
// SQLiteCpp, because the committer is the limit of the whole hub: statements
// are kept, values are bound and read by pointer, and nothing is counted or
// thrown for each column.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_CONNECTION_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// What went wrong on `database`, in the words of the port: RESOURCE_EXHAUSTED
// for a full disk, UNAVAILABLE for a medium that does not answer or memory that
// is not there, DATA_LOSS for a file that is not what SQLite wrote,
// ALREADY_EXISTS for a key that is taken, INVALID_ARGUMENT for a row that names
// one nobody holds.
absl::Status StatusOf(sqlite3* database, const std::string& doing);

// One connection, used by one thread at a time.
class Connection {
 public:
  // `vfs` may be null: the file layer of the system. Also where this fails, the
  // log is left as it was, for whoever looks into it.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const std::string& path, const char* vfs, int flags);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements without parameters; their rows are dropped. `doing` stands in
  // the error, `sql` if it is empty.
  absl::Status Run(const std::string& sql, const std::string& doing = {});
  // The first column of the first row; empty for none.
  absl::StatusOr<std::string> Ask(const std::string& sql);

  // When it closes as the last one, it copies the log and removes it. Without
  // this call it leaves the files as they are.
  void CopyLogOnClose();

  sqlite3* handle() const { return handle_; }

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

// What a span of elements is called when it is bound to a table of lists.h.
template <typename Element>
inline constexpr const char* kPointerType = nullptr;
template <>
inline constexpr const char* kPointerType<KeyHash> = "waystation hashes";
template <>
inline constexpr const char* kPointerType<Uid> = "waystation uids";

// A statement that is prepared at its first use and kept.
class Statement {
 public:
  Statement(Connection& connection, std::string sql)
      : connection_(connection), sql_(std::move(sql)) {}
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds, runs to the end and drops what comes back.
  template <typename... Values>
  absl::Status Run(const Values&... values);

 private:
  friend class Rows;

  absl::Status Prepare();
  void Bind(int at, int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
  }
  template <std::unsigned_integral Unsigned>
  void Bind(int at, Unsigned value) {
    Bind(at, static_cast<int64_t>(value));
  }
  // By pointer: the value outlives the run.
  void Bind(int at, std::string_view bytes) {
    // A null pointer would bind NULL.
    sqlite3_bind_blob64(statement_, at, bytes.empty() ? "" : bytes.data(),
                        bytes.size(), SQLITE_STATIC);
  }
  void Bind(int at, const std::string& bytes) {
    Bind(at, std::string_view(bytes));
  }
  template <size_t size>
  void Bind(int at, const std::array<uint8_t, size>& bytes) {
    sqlite3_bind_blob64(statement_, at, bytes.data(), size, SQLITE_STATIC);
  }
  void Bind(int at, std::nullptr_t) { sqlite3_bind_null(statement_, at); }
  // For a table of lists.h; the span itself outlives the run too.
  template <typename Element>
  void Bind(int at, const std::span<const Element>& list) {
    sqlite3_bind_pointer(statement_, at,
                         const_cast<std::span<const Element>*>(&list),
                         kPointerType<Element>, nullptr);
  }

  Connection& connection_;
  std::string sql_;
  sqlite3_stmt* statement_ = nullptr;
};

// The rows of one run of a statement. What was bound and what a column shows
// lives until the next call of Next, or until the rows die.
//
//     Rows rows(by_uid, uid);
//     while (rows.Next()) Use(rows.Uint(0), rows.Bytes(1));
//     if (!rows.status().ok()) return rows.status();
class Rows {
 public:
  template <typename... Values>
  explicit Rows(Statement& statement, const Values&... values)
      : statement_(statement), status_(statement.Prepare()) {
    int at = 0;
    if (status_.ok()) (statement_.Bind(++at, values), ...);
  }
  ~Rows() { sqlite3_reset(statement_.statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // False at the end and on errors.
  bool Next();
  const absl::Status& status() const { return status_; }

  int64_t Int(int column) const {
    return sqlite3_column_int64(statement_.statement_, column);
  }
  uint64_t Uint(int column) const { return static_cast<uint64_t>(Int(column)); }
  bool IsNull(int column) const {
    return sqlite3_column_type(statement_.statement_, column) == SQLITE_NULL;
  }
  std::string_view Bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_.statement_, column);
    const int size = sqlite3_column_bytes(statement_.statement_, column);
    return {static_cast<const char*>(data), static_cast<size_t>(size)};
  }
  // Zeros unless exactly `size` bytes are there; the row's checksum tells.
  template <size_t size>
  std::array<uint8_t, size> Array(int column) const {
    std::array<uint8_t, size> array{};
    const std::string_view bytes = Bytes(column);
    if (bytes.size() == size) std::memcpy(array.data(), bytes.data(), size);
    return array;
  }

 private:
  Statement& statement_;
  absl::Status status_;
};

template <typename... Values>
absl::Status Statement::Run(const Values&... values) {
  Rows rows(*this, values...);
  while (rows.Next()) {
  }
  return rows.status();
}

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_CONNECTION_H_
