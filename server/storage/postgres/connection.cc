// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/connection.h"

#include <endian.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace waystation::storage::postgres {
namespace {

constexpr int kBinary = 1;

void AddInt32(int32_t number, std::string& to) {
  const uint32_t bytes = htobe32(static_cast<uint32_t>(number));
  to.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

// Whoever lost its power or its cable says nothing, and would be waited for by
// hours: by the hub for an answer, by the server with what the hub has locked.
// Both notice within some ten seconds. What the target says stands over this.
PGconn* Connect(const std::string& target) {
  constexpr std::array kKeywords = {"connect_timeout",     "keepalives_idle",
                                    "keepalives_interval", "keepalives_count",
                                    "tcp_user_timeout",    "dbname"};
  std::array<const char*, kKeywords.size() + 1> keywords{};
  std::ranges::copy(kKeywords, keywords.begin());
  const std::array<const char*, kKeywords.size() + 1> values = {
      "5", "5", "2", "3", "10000", target.c_str()};
  return PQconnectdbParams(keywords.data(), values.data(),
                           /*expand_dbname=*/1);
}

// The same on the server's side. Sockets of its own machine know nothing of it.
constexpr char kServerNotices[] =
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; "
    "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000";

void DropNotice(void* /*unused*/, const PGresult* /*notice*/) {}

}  // namespace

// --- parameters ---

void Parameters::AddNumber(int64_t number, std::string& to) {
  const uint64_t bytes = htobe64(static_cast<uint64_t>(number));
  to.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

void Parameters::AddSize(size_t size, std::string& to) {
  AddInt32(static_cast<int32_t>(size), to);
}

// array := dimensions flags type (size lower-bound)* (size element)*
std::string& Parameters::BeginArray(ElementType type, size_t count) {
  std::string& to = values_.emplace_back();
  AddInt32(count == 0 ? 0 : 1, to);
  AddInt32(0, to);
  AddInt32(static_cast<int32_t>(type), to);
  if (count != 0) {
    AddSize(count, to);
    AddInt32(1, to);
  }
  return to;
}

// --- results ---

int64_t Result::written() const {
  int64_t count = 0;
  (void)absl::SimpleAtoi(PQcmdTuples(result_.get()), &count);
  return count;
}

int64_t Result::Int(int row, int column) const {
  uint64_t bytes = 0;
  const std::string_view value = Bytes(row, column);
  if (value.size() == sizeof(bytes)) {
    std::memcpy(&bytes, value.data(), sizeof(bytes));
  }
  return static_cast<int64_t>(be64toh(bytes));
}

// --- the connection ---

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::string& target, const std::string& schema) {
  std::unique_ptr<Connection> connection(new Connection(Connect(target)));
  PGconn* const handle = connection->connection_.get();
  if (PQstatus(handle) != CONNECTION_OK) {
    // Names host, user and database, never a password.
    return absl::UnavailableError(
        absl::StripAsciiWhitespace(PQerrorMessage(handle)));
  }
  // Notices and long errors may quote what was sent.
  PQsetNoticeReceiver(handle, DropNotice, nullptr);
  PQsetErrorVerbosity(handle, PQERRORS_TERSE);
  if (absl::Status status = connection->Run(kServerNotices); !status.ok()) {
    return status;
  }
  if (schema.empty()) return connection;
  const std::string name = absl::StrCat("\"", schema, "\"");
  for (const std::string& command :
       {absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", name),
        absl::StrCat("SET search_path TO ", name)}) {
    if (absl::Status status = connection->Run(command); !status.ok()) {
      return status;
    }
  }
  return connection;
}

absl::Status Connection::StatusOf(const PGresult* result,
                                  std::string_view doing) const {
  const char* const field = result == nullptr
                                ? nullptr
                                : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string state = field == nullptr ? "" : field;
  const std::string words =
      absl::StrCat(std::string(doing), ": ",
                   state.empty() ? "the server does not answer" : state);
  if (state.empty() || is_broken()) return absl::UnavailableError(words);
  if (state == "53100") return absl::ResourceExhaustedError(words);
  if (state == "23505") return absl::AlreadyExistsError(words);
  if (state.starts_with("XX")) return absl::DataLossError(words);
  // Two transactions met: the one that lost may come again.
  if (state == "40001" || state == "40P01") return absl::AbortedError(words);
  // The server goes down, is out of memory, or its medium failed.
  if (state.starts_with("08") || state.starts_with("57") ||
      state.starts_with("53") || state.starts_with("58")) {
    return absl::UnavailableError(words);
  }
  return absl::InternalError(words);
}

absl::Status Connection::Finish(size_t count,
                                const std::function<const char*(size_t)>& name,
                                const Then& then) {
  PGconn* const handle = connection_.get();
  absl::Status status;
  if (PQpipelineSync(handle) != 1) status = StatusOf(nullptr, "sending");
  size_t i = 0;
  for (; i < count && !is_broken(); ++i) {
    const Result result(PQgetResult(handle));
    PQclear(PQgetResult(handle));  // The end of this one: none.
    const ExecStatusType kind = PQresultStatus(result.get());
    if (!status.ok()) continue;
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
      status = StatusOf(result.get(), name(i));
    } else if (then) {
      status = then(i, result);
    }
  }
  PQclear(PQgetResult(handle));  // The sync.
  const bool ended = PQexitPipelineMode(handle) == 1;
  if (status.ok() && (i < count || !ended)) {
    status = StatusOf(nullptr, "receiving");
  }
  return status;
}

absl::Status Connection::Prepare(std::span<const Statement* const> statements) {
  PGconn* const handle = connection_.get();
  if (PQenterPipelineMode(handle) != 1) return StatusOf(nullptr, "preparing");
  for (const Statement* statement : statements) {
    if (PQsendPrepare(handle, statement->name, statement->sql, 0, nullptr) !=
        1) {
      return StatusOf(nullptr, statement->name);
    }
  }
  return Finish(
      statements.size(), [&](size_t i) { return statements[i]->name; },
      nullptr);
}

absl::Status Connection::Run(const std::string& sql) {
  return Ask(sql).status();
}

absl::StatusOr<std::string> Connection::Ask(const std::string& sql) {
  const Result result(PQexec(connection_.get(), sql.c_str()));
  const ExecStatusType kind = PQresultStatus(result.get());
  if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
    return StatusOf(result.get(), sql);
  }
  return result.rows() == 0 ? std::string() : std::string(result.Bytes(0, 0));
}

absl::Status Connection::Send(const Statement& statement,
                              const Parameters& parameters) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string& value : parameters.values_) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  for (const size_t null : parameters.nulls_) values[null] = nullptr;
  const std::vector<int> formats(values.size(), kBinary);
  return PQsendQueryPrepared(connection_.get(), statement.name,
                             static_cast<int>(values.size()), values.data(),
                             lengths.data(), formats.data(), kBinary) == 1
             ? absl::OkStatus()
             : StatusOf(nullptr, statement.name);
}

absl::StatusOr<Result> Connection::Run(const Statement& statement,
                                       const Parameters& parameters) {
  const Step step{.statement = &statement, .parameters = parameters};
  Result only;
  absl::Status status = RunAll({&step, 1}, [&](size_t, const Result& result) {
    only = result;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return only;
}

absl::Status Connection::RunAll(std::span<const Step> steps, const Then& then) {
  if (PQenterPipelineMode(connection_.get()) != 1) {
    return StatusOf(nullptr, "sending");
  }
  for (const Step& step : steps) {
    if (absl::Status status = Send(*step.statement, step.parameters);
        !status.ok()) {
      return status;
    }
  }
  return Finish(
      steps.size(), [&](size_t i) { return steps[i].statement->name; }, then);
}

absl::StatusOr<std::vector<std::string>> Connection::TakeNotifications() {
  PGconn* const handle = connection_.get();
  if (PQconsumeInput(handle) != 1) return StatusOf(nullptr, "listening");
  std::vector<std::string> payloads;
  while (PGnotify* const taken = PQnotifies(handle)) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> held(taken,
                                                               PQfreemem);
    payloads.emplace_back(held->extra);
  }
  return payloads;
}

absl::Status Connection::Walk(
    const std::string& sql,
    const std::function<void(const Result&, int row)>& take, int at_a_time) {
  if (absl::Status status = Run("DECLARE walk BINARY CURSOR FOR " + sql);
      !status.ok()) {
    return status;
  }
  const std::string fetch = absl::StrCat("FETCH ", at_a_time, " FROM walk");
  for (;;) {
    const Result result(PQexec(connection_.get(), fetch.c_str()));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
      return StatusOf(result.get(), sql);
    }
    if (result.rows() == 0) return Run("CLOSE walk");
    for (int row = 0; row < result.rows(); ++row) take(result, row);
  }
}

absl::Status Connection::CopyOut(
    const std::string& sql,
    const std::function<absl::Status(std::string_view)>& take) {
  PGconn* const handle = connection_.get();
  const Result begun(PQexec(handle, sql.c_str()));
  if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
    return StatusOf(begun.get(), sql);
  }
  absl::Status taken;
  int size = 0;
  char* piece = nullptr;
  while ((size = PQgetCopyData(handle, &piece, 0)) > 0) {
    if (taken.ok()) taken = take({piece, static_cast<size_t>(size)});
    PQfreemem(piece);
  }
  absl::Status status;
  if (size != -1) status = StatusOf(nullptr, sql);
  while (PGresult* const end = PQgetResult(handle)) {
    const Result held(end);
    if (status.ok() && PQresultStatus(end) != PGRES_COMMAND_OK) {
      status = StatusOf(end, sql);
    }
  }
  return status.ok() ? taken : status;
}

absl::Status Connection::CopyIn(
    const std::string& sql,
    const std::function<absl::StatusOr<std::string>()>& next) {
  if (absl::Status begun = BeginCopyIn(sql); !begun.ok()) return begun;
  for (;;) {
    const absl::StatusOr<std::string> piece = next();
    if (!piece.ok() || piece->empty()) return EndCopyIn(sql, piece.status());
    if (absl::Status put = PutCopyData(*piece, sql); !put.ok()) return put;
  }
}

absl::Status Connection::BeginCopyIn(const std::string& sql) {
  const Result begun(PQexec(connection_.get(), sql.c_str()));
  return PQresultStatus(begun.get()) == PGRES_COPY_IN
             ? absl::OkStatus()
             : StatusOf(begun.get(), sql);
}

absl::Status Connection::PutCopyData(std::string_view piece,
                                     const std::string& sql) {
  return PQputCopyData(connection_.get(), piece.data(),
                       static_cast<int>(piece.size())) == 1
             ? absl::OkStatus()
             : StatusOf(nullptr, sql);
}

absl::Status Connection::EndCopyIn(const std::string& sql,
                                   const absl::Status& given) {
  PGconn* const handle = connection_.get();
  PQputCopyEnd(handle, given.ok() ? nullptr : "the copy ends");
  absl::Status status;
  while (PGresult* const end = PQgetResult(handle)) {
    const Result held(end);
    if (status.ok() && PQresultStatus(end) != PGRES_COMMAND_OK) {
      status = StatusOf(end, sql);
    }
  }
  return given.ok() ? status : given;
}

}  // namespace waystation::storage::postgres
