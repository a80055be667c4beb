// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/copy.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/migrations.h"
#include "server/storage/postgres/postgres_store.h"
#include "server/storage/rows/packing.h"
#include "server/storage/rows/tables.h"

namespace waystation::storage::postgres {
namespace {

// Where sealed values are replaced or emptied.
constexpr const char* kSealed[] = {"record", "leaf", "decision", "object"};

// Enough that a piece is not made of single rows.
constexpr size_t kChunk = size_t{256} << 10;

// Reads a copy again, piece by piece.
class CopyReader {
 public:
  explicit CopyReader(const std::function<absl::StatusOr<std::string>()>& next)
      : next_(next) {}

  // DATA_LOSS where the copy ends before what it announced.
  absl::StatusOr<uint64_t> Number() {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = Take(1);
      if (!byte.ok()) return byte.status();
      const auto bits = static_cast<uint8_t>(byte->front());
      number |= uint64_t{bits & 0x7fu} << shift;
      if ((bits & 0x80) == 0) return number;
    }
    return Ends();
  }
  absl::StatusOr<std::string> Bytes() {
    const auto size = Number();
    if (!size.ok()) return size.status();
    return Take(*size);
  }
  // Nothing comes any more.
  absl::StatusOr<bool> IsAtEnd() {
    if (at_ < held_.size()) return false;
    auto piece = next_();
    if (!piece.ok()) return piece.status();
    held_ = *std::move(piece);
    at_ = 0;
    return held_.empty();
  }

 private:
  static absl::Status Ends() {
    return absl::DataLossError("the copy ends before its end");
  }
  absl::StatusOr<std::string> Take(uint64_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      const auto is_at_end = IsAtEnd();
      if (!is_at_end.ok()) return is_at_end.status();
      if (*is_at_end) return Ends();
      const size_t some =
          std::min<uint64_t>(size - bytes.size(), held_.size() - at_);
      bytes.append(held_, at_, some);
      at_ += some;
    }
    return bytes;
  }

  const std::function<absl::StatusOr<std::string>()>& next_;
  std::string held_;
  size_t at_ = 0;
};

absl::StatusOr<uint64_t> AskNumber(Connection& connection,
                                   const std::string& sql) {
  const auto text = connection.Ask(sql);
  if (!text.ok()) return text.status();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(*text, &number)) {
    return absl::DataLossError(absl::StrCat(sql, ": not a number"));
  }
  return number;
}

bool IsTable(std::string_view name) {
  return std::ranges::any_of(
      AllTables(), [&](const TableShape& table) { return table.name == name; });
}

absl::Status FillTables(Connection& connection, CopyReader& reader) {
  for (;;) {
    const auto is_at_end = reader.IsAtEnd();
    if (!is_at_end.ok()) return is_at_end.status();
    if (*is_at_end) return absl::OkStatus();
    const auto name = reader.Bytes();
    if (!name.ok()) return name.status();
    if (!IsTable(*name)) {
      return absl::DataLossError("the copy names a table that there is not");
    }
    const absl::Status status = connection.CopyIn(
        absl::StrCat("COPY ", *name, " FROM STDIN (FORMAT binary)"),
        [&] { return reader.Bytes(); });
    if (!status.ok()) return status;
  }
}

}  // namespace

absl::Status CopyStore(
    Connection& connection,
    const std::function<absl::Status(std::string_view)>& take) {
  const auto version =
      AskNumber(connection, "SELECT max(version) FROM waystation_schema");
  if (!version.ok()) return version.status();
  std::string piece;
  PackNumber(*version, piece);
  for (const TableShape& shape : AllTables()) {
    const char* const table = shape.name;
    PackBytes(table, piece);
    std::string chunk;
    const auto flush = [&]() -> absl::Status {
      if (!chunk.empty()) PackBytes(std::exchange(chunk, {}), piece);
      return take(std::exchange(piece, {}));
    };
    absl::Status status = connection.CopyOut(
        absl::StrCat("COPY ", table, " TO STDOUT (FORMAT binary)"),
        [&](std::string_view bytes) {
          chunk.append(bytes);
          return chunk.size() < kChunk ? absl::OkStatus() : flush();
        });
    if (!status.ok()) return status;
    if (!chunk.empty()) PackBytes(chunk, piece);
    PackNumber(0, piece);
    if (status = take(std::exchange(piece, {})); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ScrubStore(Connection& connection) {
  for (const char* table : kSealed) {
    if (absl::Status status =
            connection.Run(absl::StrCat("VACUUM (FULL) ", table));
        !status.ok()) {
      return status;
    }
  }
  // A checkpoint drops segments that end before the one before it.
  for (int i = 0; i < 2; ++i) {
    for (const char* command : {"SELECT pg_switch_wal()", "CHECKPOINT"}) {
      if (absl::Status status = connection.Run(command); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status NeedNoPostgres(const Options& options) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  const auto tables = AskNumber(
      **opened,
      "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()");
  if (!tables.ok()) return tables.status();
  return *tables == 0 ? absl::OkStatus() : errors::Error("FOLDER_NOT_EMPTY");
}

absl::Status RemovePostgres(const Options& options) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  return (*opened)->Run(
      absl::StrCat("DROP SCHEMA \"", options.schema, "\" CASCADE"));
}

absl::Status MovePostgres(const Options& from, const Options& to) {
  const auto opened = Connection::Open(to.target, to.schema);
  if (!opened.ok()) return opened.status();
  const auto into = (*opened)->Ask("SELECT quote_ident(current_schema())");
  if (!into.ok()) return into.status();
  std::string commands = "BEGIN;";
  const auto move = [&](std::string_view table) {
    absl::StrAppend(&commands, "ALTER TABLE \"", from.schema, "\".",
                    std::string(table), " SET SCHEMA ", *into, ";");
  };
  for (const TableShape& table : AllTables()) move(table.name);
  move("waystation_schema");
  absl::StrAppend(&commands, "DROP SCHEMA \"", from.schema, "\"; COMMIT");
  return (*opened)->Run(commands);
}

absl::Status RestorePostgres(
    const Options& options,
    const std::function<absl::StatusOr<std::string>()>& next) {
  const auto opened = Connection::Open(options.target, options.schema);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  CopyReader reader(next);
  const auto version = reader.Number();
  if (!version.ok()) return version.status();
  if (absl::Status status = Migrate(connection, static_cast<int>(*version));
      !status.ok()) {
    return status;
  }
  const auto rows =
      AskNumber(connection,
                "SELECT (SELECT count(*) FROM store) + (SELECT count(*) FROM "
                "commit_group)");
  if (!rows.ok()) return rows.status();
  if (*rows > 0) return errors::Error("FOLDER_NOT_EMPTY");
  absl::Status status = connection.Run("BEGIN");
  if (status.ok()) status = FillTables(connection, reader);
  if (status.ok()) status = connection.Run("COMMIT");
  if (!status.ok()) {
    (void)connection.Run("ROLLBACK");
    return status;
  }
  return Migrate(connection);
}

}  // namespace waystation::storage::postgres
