// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/moving.h"

#include <endian.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/migrations.h"
#include "server/storage/postgres/owner.h"

namespace waystation::storage::postgres {
namespace {

// Binary COPY begins with this, flags and the size of what else may come, and
// ends with a row of -1 columns.
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr size_t kHeader = kSignature.size() + 8;
constexpr std::string_view kTrailer("\377\377", 2);

// Enough that a piece is not made of single rows.
constexpr size_t kPiece = size_t{256} << 10;

std::string TableOf(Note note) {
  return absl::StrCat("waystation_", NameOf(note));
}

// A literal of SQL.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

absl::StatusOr<std::optional<std::string>> ReadNote(Connection& connection,
                                                    Note note) {
  const std::string table = TableOf(note);
  const auto there = connection.Ask(
      absl::StrCat("SELECT count(*) FROM pg_tables WHERE schemaname = "
                   "current_schema() AND tablename = ",
                   Quoted(table)));
  if (!there.ok()) return there.status();
  if (*there == "0") return std::nullopt;
  auto text = connection.Ask(absl::StrCat("SELECT note FROM ", table));
  if (!text.ok()) return text.status();
  return *std::move(text);
}

absl::Status PutNote(Connection& connection, Note note,
                     const std::string& text) {
  const std::string table = TableOf(note);
  const absl::Status status = connection.Run(absl::StrCat(
      "BEGIN; CREATE TABLE IF NOT EXISTS ", table, " (note text NOT NULL); ",
      "DELETE FROM ", table, "; INSERT INTO ", table, " VALUES (", Quoted(text),
      "); COMMIT"));
  if (!status.ok()) (void)connection.Run("ROLLBACK");
  return status;
}

// A row that leaves a column out would lose it.
absl::Status VerifyShapes(Connection& connection) {
  std::vector<std::string> known;
  for (const TableShape& table : AllTables()) {
    for (const Column& column : table.columns) {
      known.push_back(absl::StrCat(table.name, ".", column.name));
    }
  }
  std::ranges::sort(known);
  const auto held = connection.Ask(
      "SELECT string_agg(c.name, ' ' ORDER BY c.name COLLATE \"C\") FROM "
      "(SELECT table_name || '.' || column_name AS name FROM "
      "information_schema.columns WHERE table_schema = current_schema() "
      "AND table_name NOT LIKE 'waystation%') AS c");
  if (!held.ok()) return held.status();
  return *held == absl::StrJoin(known, " ")
             ? absl::OkStatus()
             : absl::InternalError("the columns are others");
}

// The rows in what COPY says, however that is cut into pieces.
class CopiedRows {
 public:
  CopiedRows(const TableShape& table, const TakeRow& take)
      : table_(table), take_(take) {}

  absl::Status Take(std::string_view piece) {
    held_.append(piece);
    std::string_view rest = held_;
    if (!has_begun_) {
      if (rest.size() < kHeader) return absl::OkStatus();
      rest.remove_prefix(kHeader);
      has_begun_ = true;
    }
    while (const size_t size = SizeOfRow(rest)) {
      if (absl::Status taken = take_(table_, rest.substr(0, size));
          !taken.ok()) {
        return taken;
      }
      rest.remove_prefix(size);
    }
    held_.erase(0, held_.size() - rest.size());
    return absl::OkStatus();
  }
  // Nothing but the end was left.
  bool is_whole() const { return held_ == kTrailer; }

 private:
  // 0 where it is not all there, or is the end.
  size_t SizeOfRow(std::string_view bytes) const {
    if (bytes.size() < 2 || bytes.starts_with(kTrailer)) return 0;
    size_t size = 2;
    for (size_t i = 0; i < table_.columns.size(); ++i) {
      uint32_t column = 0;
      if (bytes.size() < size + sizeof(column)) return 0;
      std::memcpy(&column, bytes.data() + size, sizeof(column));
      column = be32toh(column);
      size += sizeof(column);
      if (static_cast<int32_t>(column) >= 0) size += column;
    }
    return bytes.size() < size ? 0 : size;
  }

  const TableShape& table_;
  const TakeRow& take_;
  std::string held_;
  bool has_begun_ = false;
};

absl::Status ExportTable(Connection& connection, const TableShape& table,
                         const TakeRow& take) {
  CopiedRows rows(table, take);
  const absl::Status copied = connection.CopyOut(
      absl::StrCat("COPY (SELECT ", ColumnList(table), " FROM ", table.name,
                   " ORDER BY ", KeyList(table), ") TO STDOUT (FORMAT binary)"),
      [&](std::string_view piece) { return rows.Take(piece); });
  if (!copied.ok()) return copied;
  return rows.is_whole() ? absl::OkStatus()
                         : absl::InternalError(absl::StrCat(
                               table.name, ": the copy has no end"));
}

class Filler final : public StoreFiller {
 public:
  explicit Filler(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  absl::Status Put(const TableShape& table, std::string_view row) override {
    if (table_ != &table) {
      if (absl::Status status = EndTable(); !status.ok()) return status;
      command_ = absl::StrCat("COPY ", table.name, " (", ColumnList(table),
                              ") FROM STDIN (FORMAT binary)");
      if (absl::Status status = connection_->BeginCopyIn(command_);
          !status.ok()) {
        return status;
      }
      table_ = &table;
      piece_ = kSignature;
      piece_.append(kHeader - kSignature.size(), '\0');
    }
    piece_.append(row);
    return piece_.size() < kPiece ? absl::OkStatus() : Flush();
  }

  absl::Status End() override {
    if (absl::Status status = EndTable(); !status.ok()) return status;
    // Or the first days go by guesses.
    return connection_->Run("ANALYZE");
  }

 private:
  absl::Status Flush() {
    return connection_->PutCopyData(std::exchange(piece_, {}), command_);
  }
  absl::Status EndTable() {
    if (std::exchange(table_, nullptr) == nullptr) return absl::OkStatus();
    piece_.append(kTrailer);
    if (absl::Status status = Flush(); !status.ok()) return status;
    return connection_->EndCopyIn(command_);
  }

  const std::unique_ptr<Connection> connection_;
  const TableShape* table_ = nullptr;
  std::string command_;
  std::string piece_;
};

// Takes away what an earlier filling left.
absl::Status Clear(Connection& connection) {
  std::string commands = "BEGIN;";
  for (const TableShape& table : AllTables()) {
    absl::StrAppend(&commands, "DROP TABLE IF EXISTS \"", table.name, "\";");
  }
  absl::StrAppend(&commands, "DROP TABLE IF EXISTS waystation_schema; COMMIT");
  const absl::Status status = connection.Run(commands);
  if (!status.ok()) (void)connection.Run("ROLLBACK");
  return status;
}

}  // namespace

absl::Status ExportPostgres(const Options& options, const TakeRow& take) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  if (absl::Status status =
          connection.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      !status.ok()) {
    return status;
  }
  const absl::Cleanup end = [&] { (void)connection.Run("ROLLBACK"); };
  if (absl::Status status = VerifyShapes(connection); !status.ok()) {
    return status;
  }
  for (const TableShape& table : AllTables()) {
    if (absl::Status status = ExportTable(connection, table, take);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StoreFiller>> FillPostgres(
    const Options& options, const std::string& source) {
  auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  if (absl::Status status = Own(connection, options.wait); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckServer(connection); !status.ok()) {
    return status;
  }
  const auto may =
      connection.Ask("SELECT has_schema_privilege(current_schema(), 'CREATE')");
  if (!may.ok()) return may.status();
  if (*may != "t") {
    return errors::Error(
        "CONFIG_INVALID",
        {.field = "store", .rule = "a user who may make tables there"});
  }
  const auto note = ReadNote(connection, Note::kMovingIn);
  if (!note.ok()) return note.status();
  if (note->has_value()) {
    if (**note != source) return errors::Error("FOLDER_NOT_EMPTY");
    // Not what a newer release is at work on.
    if (absl::Status status = Migrate(connection); !status.ok()) return status;
    if (absl::Status status = Clear(connection); !status.ok()) return status;
  } else {
    const auto tables = connection.Ask(
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()");
    if (!tables.ok()) return tables.status();
    if (*tables != "0") return errors::Error("FOLDER_NOT_EMPTY");
    if (absl::Status status = PutNote(connection, Note::kMovingIn, source);
        !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = Migrate(connection); !status.ok()) return status;
  return std::make_unique<Filler>(*std::move(opened));
}

absl::StatusOr<std::optional<std::string>> ReadNote(const Options& options,
                                                    Note note) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  return ReadNote(**opened, note);
}

absl::Status PutNote(const Options& options, Note note,
                     const std::string& text) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  return PutNote(**opened, note, text);
}

absl::Status RemoveNote(const Options& options, Note note) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  return (*opened)->Run(absl::StrCat("DROP TABLE IF EXISTS ", TableOf(note)));
}

absl::Status NeedNoNote(Connection& connection, const Options& options) {
  if (options.despite_notes) return absl::OkStatus();
  for (const Note note : {Note::kMovingIn, Note::kMovedOut}) {
    const auto held = ReadNote(connection, note);
    if (!held.ok()) return held.status();
    if (held->has_value()) return Forbids(note, **held);
  }
  return absl::OkStatus();
}

}  // namespace waystation::storage::postgres
