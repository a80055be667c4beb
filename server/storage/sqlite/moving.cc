// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/moving.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/errors/error.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/folder.h"
#include "server/storage/sqlite/migrations.h"

namespace waystation::storage::sqlite {
namespace {

namespace fs = std::filesystem;

// Rows that are written in one transaction, so that the log stays small.
constexpr int kRowsAtOnce = 4096;

std::string PathOf(const std::string& folder, Note note) {
  return absl::StrCat(folder, "/", NameOf(note));
}

absl::Status SyncFolder(const std::string& folder) {
  const File entries(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!entries.is_open() || ::fsync(entries.get()) != 0) {
    return Failed("syncing", folder);
  }
  return absl::OkStatus();
}

// What a column is called, in one table or all of them: a row that leaves one
// out would lose it.
absl::Status VerifyShapes(Connection& connection) {
  std::set<std::string> known;
  for (const TableShape& table : AllTables()) {
    for (const Column& column : table.columns) {
      known.insert(absl::StrCat(table.name, ".", column.name));
    }
  }
  Statement all(connection,
                "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, "
                "pragma_table_info(t.name) AS c WHERE t.type = 'table'");
  std::set<std::string> held;
  Rows rows(all);
  while (rows.Next()) held.emplace(rows.Bytes(0));
  if (!rows.status().ok()) return rows.status();
  return held == known ? absl::OkStatus()
                       : absl::InternalError("the columns are others");
}

absl::Status ExportTable(Connection& connection, const TableShape& table,
                         const TakeRow& take) {
  Statement all(connection,
                absl::StrCat("SELECT ", ColumnList(table), " FROM ", table.name,
                             " ORDER BY ", KeyList(table)));
  Rows rows(all);
  while (rows.Next()) {
    RowWriter row(table);
    for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) {
      if (rows.IsNull(i)) {
        row.AddNull();
      } else if (table.columns[static_cast<size_t>(i)].kind ==
                 Column::Kind::kNumber) {
        row.AddNumber(rows.Int(i));
      } else {
        row.AddBytes(rows.Bytes(i));
      }
    }
    if (absl::Status taken = take(table, row.row()); !taken.ok()) return taken;
  }
  return rows.status();
}

class Filler final : public StoreFiller {
 public:
  Filler(std::unique_ptr<Folder> folder, std::unique_ptr<Connection> connection)
      : folder_(std::move(folder)), connection_(std::move(connection)) {}
  ~Filler() override { sqlite3_finalize(insert_); }

  absl::Status Put(const TableShape& table, std::string_view row) override {
    if (table_ != &table) {
      if (absl::Status status = Turn(table); !status.ok()) return status;
    }
    if (rows_ == 0) {
      if (absl::Status status = connection_->Run("BEGIN"); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = Insert(row); !status.ok()) return status;
    return ++rows_ < kRowsAtOnce ? absl::OkStatus() : Flush();
  }

  absl::Status End() override {
    if (absl::Status status = Flush(); !status.ok()) return status;
    sqlite3_finalize(std::exchange(insert_, nullptr));
    // Into the database and onto the disk.
    if (absl::Status status =
            connection_->Run("PRAGMA wal_checkpoint(TRUNCATE)");
        !status.ok()) {
      return status;
    }
    connection_->CopyLogOnClose();
    connection_.reset();
    const std::string path = folder_->database();
    const File file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.is_open() || ::fsync(file.get()) != 0) {
      return Failed("syncing", path);
    }
    return folder_->Sync();
  }

 private:
  absl::Status Turn(const TableShape& table) {
    if (absl::Status status = Flush(); !status.ok()) return status;
    sqlite3_finalize(std::exchange(insert_, nullptr));
    const std::vector<std::string> places(table.columns.size(), "?");
    const std::string sql =
        absl::StrCat("INSERT INTO ", table.name, " (", ColumnList(table),
                     ") VALUES (", absl::StrJoin(places, ", "), ")");
    if (sqlite3_prepare_v2(connection_->handle(), sql.c_str(), -1, &insert_,
                           nullptr) != SQLITE_OK) {
      return StatusOf(connection_->handle(), sql);
    }
    table_ = &table;
    return absl::OkStatus();
  }

  absl::Status Insert(std::string_view row) {
    RowReader reader(*table_, row);
    int at = 0;
    for (const Column& column : table_->columns) {
      ++at;
      if (column.kind == Column::Kind::kNumber) {
        const auto number = reader.Number();
        if (number.has_value()) {
          sqlite3_bind_int64(insert_, at, *number);
          continue;
        }
      } else if (const auto bytes = reader.Bytes(); bytes.has_value()) {
        // A null pointer would bind NULL.
        sqlite3_bind_blob64(insert_, at, bytes->empty() ? "" : bytes->data(),
                            bytes->size(), SQLITE_STATIC);
        continue;
      }
      sqlite3_bind_null(insert_, at);
    }
    if (!reader.ok()) {
      return absl::InternalError(
          absl::StrCat(table_->name, ": a row of another shape"));
    }
    const int code = sqlite3_step(insert_);
    const absl::Status status =
        code == SQLITE_DONE ? absl::OkStatus()
                            : StatusOf(connection_->handle(),
                                       absl::StrCat("filling ", table_->name));
    sqlite3_reset(insert_);
    return status;
  }

  absl::Status Flush() {
    if (std::exchange(rows_, 0) == 0) return absl::OkStatus();
    return connection_->Run("COMMIT");
  }

  std::unique_ptr<Folder> folder_;
  std::unique_ptr<Connection> connection_;
  const TableShape* table_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  int rows_ = 0;
};

// Takes away what an earlier filling left.
absl::Status Clear(const std::string& folder) {
  const std::string database = DatabaseIn(folder);
  for (const std::string& path : {database + "-wal", database + "-shm",
                                  database + "-journal", folder + "/newest"}) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return Failed("removing", path);
    }
  }
  // The file stays, for its mode.
  return ::truncate(database.c_str(), 0) == 0 ? absl::OkStatus()
                                              : Failed("emptying", database);
}

absl::Status NeedMine(const std::string& folder, const std::string& source) {
  const auto note = ReadNote(folder, Note::kMovingIn);
  if (!note.ok()) return note.status();
  // One that died before it wrote its note, and anything else.
  if (note->has_value() && (*note == source || (*note)->empty())) {
    return absl::OkStatus();
  }
  std::error_code error;
  return !note->has_value() && fs::is_empty(folder, error)
             ? absl::OkStatus()
             : errors::Error("FOLDER_NOT_EMPTY", {.rule = folder});
}

}  // namespace

absl::Status ExportSqlite(const std::string& folder, const TakeRow& take) {
  const auto opened =
      Connection::Open(DatabaseIn(folder), nullptr, SQLITE_OPEN_READWRITE);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  if (absl::Status status =
          connection.Run("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
                         "PRAGMA cell_size_check = ON; BEGIN");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = VerifyShapes(connection); !status.ok()) {
    return status;
  }
  for (const TableShape& table : AllTables()) {
    if (absl::Status status = ExportTable(connection, table, take);
        !status.ok()) {
      return status;
    }
  }
  return connection.Run("ROLLBACK");
}

absl::StatusOr<std::unique_ptr<StoreFiller>> FillSqlite(
    const std::string& folder, const std::string& source) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed("making the data folder", folder);
  }
  if (absl::Status mine = NeedMine(folder, source); !mine.ok()) return mine;
  if (absl::Status status = PutNote(folder, Note::kMovingIn, source);
      !status.ok()) {
    return status;
  }
  auto taken = Folder::Take(folder);
  if (!taken.ok()) return taken.status();
  if (absl::Status status = Clear(folder); !status.ok()) return status;
  auto connection =
      Connection::Open((*taken)->database(), nullptr, SQLITE_OPEN_READWRITE);
  if (!connection.ok()) return connection.status();
  // What the power takes in the middle is begun anew. Rows of other tables are
  // named before they are there.
  if (absl::Status status = (*connection)
                                ->Run("PRAGMA page_size = 4096;"
                                      "PRAGMA auto_vacuum = NONE;"
                                      "PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = OFF;"
                                      "PRAGMA cache_size = -65536;"
                                      "PRAGMA foreign_keys = OFF");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = Migrate(**connection); !status.ok()) return status;
  return std::make_unique<Filler>(*std::move(taken), *std::move(connection));
}

absl::StatusOr<std::optional<std::string>> ReadNote(const std::string& folder,
                                                    Note note) {
  const std::string path = PathOf(folder, note);
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return Failed("opening", path);
  }
  char text[4096];
  const ssize_t size = ::read(file.get(), text, sizeof(text));
  if (size < 0) return Failed("reading", path);
  return std::string(text, static_cast<size_t>(size));
}

absl::Status PutNote(const std::string& folder, Note note,
                     const std::string& text) {
  const std::string path = PathOf(folder, note);
  const File file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.is_open()) return Failed("making", path);
  if (::write(file.get(), text.data(), text.size()) !=
          static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0) {
    return Failed("writing", path);
  }
  return SyncFolder(folder);
}

absl::Status RemoveNote(const std::string& folder, Note note) {
  const std::string path = PathOf(folder, note);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Failed("removing", path);
  }
  return SyncFolder(folder);
}

absl::Status NeedNoNote(const std::string& folder) {
  for (const Note note : {Note::kMovingIn, Note::kMovedOut}) {
    const auto held = ReadNote(folder, note);
    if (!held.ok()) return held.status();
    if (held->has_value()) return Forbids(note, **held);
  }
  return absl::OkStatus();
}

}  // namespace waystation::storage::sqlite
