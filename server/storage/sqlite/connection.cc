// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/connection.h"

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace waystation::storage::sqlite {
namespace {

// A quota that is used up is a full disk, although SQLite knows ENOSPC alone;
// and so is one where the log's index finds no room. A failing sync is not,
// whatever its errno: what it left is unknown.
bool DiskIsFull(sqlite3* database, int code) {
  if (code == SQLITE_FULL) return true;
  const int error = sqlite3_system_errno(database);
  return (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE) &&
         (error == EDQUOT || error == ENOSPC);
}

absl::StatusCode CodeOf(sqlite3* database, int code) {
  if (DiskIsFull(database, code)) return absl::StatusCode::kResourceExhausted;
  switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_UNIQUE:
      return absl::StatusCode::kAlreadyExists;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return absl::StatusCode::kInvalidArgument;
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_BUSY:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

// SQLite's own message may quote a value, its words for the code do not.
absl::Status StatusOf(sqlite3* database, const std::string& doing) {
  const int code = sqlite3_extended_errcode(database);
  return {
      CodeOf(database, code),
      absl::StrCat(doing, ": ", sqlite3_errstr(code), " (SQLite ", code, ")")};
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::string& path, const char* vfs, int flags) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
  // Even a failed open returns a handle, which tells why.
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK) return StatusOf(handle, "opening the database");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(handle, 10'000);
  return connection;
}

Connection::~Connection() { sqlite3_close_v2(handle_); }

absl::Status Connection::Run(const std::string& sql, const std::string& doing) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    return StatusOf(handle_, doing.empty() ? sql : doing);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Connection::Ask(const std::string& sql) {
  Statement statement(*this, sql);
  Rows rows(statement);
  if (!rows.Next()) {
    if (!rows.status().ok()) return rows.status();
    return std::string();
  }
  std::string answer(rows.Bytes(0));
  // A number is made into text here, which takes memory: without any it is
  // empty, and the row says nothing of that.
  if (sqlite3_errcode(handle_) == SQLITE_NOMEM) return StatusOf(handle_, sql);
  return answer;
}

void Connection::CopyLogOnClose() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

absl::Status Statement::Prepare() {
  if (statement_ != nullptr) return absl::OkStatus();
  if (sqlite3_prepare_v3(connection_.handle(), sql_.c_str(), -1,
                         SQLITE_PREPARE_PERSISTENT, &statement_,
                         nullptr) != SQLITE_OK) {
    return StatusOf(connection_.handle(), sql_);
  }
  return absl::OkStatus();
}

bool Rows::Next() {
  if (!status_.ok()) return false;
  switch (sqlite3_step(statement_.statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      status_ = StatusOf(statement_.connection_.handle(), statement_.sql_);
      return false;
  }
}

}  // namespace waystation::storage::sqlite
