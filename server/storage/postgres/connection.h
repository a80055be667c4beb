// SPDX-License-Identifier: Apache-2.0
// libpq with owners and statuses. Values travel in PostgreSQL's binary format,
// many of them as arrays, so that one statement reads or writes as many rows as
// a group has; and statements travel behind one another, without waiting for
// each answer (a pipeline).
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_CONNECTION_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waystation::storage::postgres {

// A statement that every connection prepares, once, by its name. Its
// parameters are bigint, bytea and arrays of these, and so are its columns.
struct Statement {
  const char* name = nullptr;
  const char* sql = nullptr;
};

// What a statement is given, in the order of $1, $2 ...
class Parameters {
 public:
  Parameters() = default;
  template <typename... Values>
  explicit Parameters(const Values&... values) {
    (Add(values), ...);
  }

  template <std::integral Number>
  Parameters& Add(Number number) {
    AddNumber(static_cast<int64_t>(number), values_.emplace_back());
    return *this;
  }
  Parameters& Add(std::string_view bytes) {
    values_.emplace_back(bytes);
    return *this;
  }
  Parameters& Add(const std::string& bytes) {
    return Add(std::string_view(bytes));
  }
  template <size_t size>
  Parameters& Add(const std::array<uint8_t, size>& bytes) {
    return Add(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), size));
  }
  Parameters& Add(std::nullptr_t) {
    nulls_.push_back(values_.size());
    values_.emplace_back();
    return *this;
  }

  // One array with what `column(element)` gives of each, as bigint or bytea.
  template <typename List, typename Column = std::identity>
  Parameters& AddNumbers(const List& list, Column column = {}) {
    std::string& to = BeginArray(ElementType::kBigint, std::size(list));
    for (const auto& element : list) {
      AddSize(sizeof(int64_t), to);
      AddNumber(static_cast<int64_t>(std::invoke(column, element)), to);
    }
    return *this;
  }
  template <typename List, typename Column = std::identity>
  Parameters& AddBytes(const List& list, Column column = {}) {
    std::string& to = BeginArray(ElementType::kBytea, std::size(list));
    for (const auto& element : list) {
      const auto& value = std::invoke(column, element);
      AddSize(std::size(value), to);
      to.append(reinterpret_cast<const char*>(std::data(value)),
                std::size(value));
    }
    return *this;
  }

 private:
  friend class Connection;

  // Of pg_type; the same in every database.
  enum class ElementType : int32_t { kBytea = 17, kBigint = 20 };
  std::string& BeginArray(ElementType type, size_t count);
  static void AddNumber(int64_t number, std::string& to);
  static void AddSize(size_t size, std::string& to);

  // Where they stand stays while more are added.
  std::deque<std::string> values_;
  std::vector<size_t> nulls_;
};

// The rows that came of one statement. Views live as long as it or a copy does.
class Result {
 public:
  Result() = default;
  explicit Result(PGresult* result) : result_(result, PQclear) {}

  PGresult* get() const { return result_.get(); }
  int rows() const { return PQntuples(result_.get()); }
  // Rows that the statement wrote.
  int64_t written() const;

  int64_t Int(int row, int column) const;
  uint64_t Uint(int row, int column) const {
    return static_cast<uint64_t>(Int(row, column));
  }
  // A number that is held as a smaller one: one that does not fit was not
  // written so, and is as large as can be, which no checksum fits.
  template <std::unsigned_integral Small = uint32_t>
  Small As(int row, int column) const {
    constexpr uint64_t kMost = std::numeric_limits<Small>::max();
    return static_cast<Small>(std::min(Uint(row, column), kMost));
  }
  std::string_view Bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<size_t>(PQgetlength(result_.get(), row, column))};
  }
  // Zeros unless exactly `size` bytes are there; the row's checksum tells.
  template <size_t size>
  std::array<uint8_t, size> Array(int row, int column) const {
    std::array<uint8_t, size> array{};
    const std::string_view bytes = Bytes(row, column);
    if (bytes.size() == size) std::memcpy(array.data(), bytes.data(), size);
    return array;
  }

 private:
  std::shared_ptr<PGresult> result_;
};

// One connection, used by one thread at a time.
class Connection {
 public:
  // `target` is a connection string or URI of libpq's. Tables are those of
  // `schema`, which is made if it is not there; empty: of the one that comes
  // first on the user's search path.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const std::string& target, const std::string& schema = {});
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Prepares them, in one go.
  absl::Status Prepare(std::span<const Statement* const> statements);

  // Commands without parameters; Ask answers with the first column as text,
  // empty for no row.
  absl::Status Run(const std::string& sql);
  absl::StatusOr<std::string> Ask(const std::string& sql);

  absl::StatusOr<Result> Run(const Statement& statement,
                             const Parameters& parameters = {});

  // A statement with its parameters, on its way among others.
  struct Step {
    const Statement* statement = nullptr;
    Parameters parameters{};
  };
  using Then = std::function<absl::Status(size_t step, const Result&)>;
  // Sends all of them and then waits; `then` gets each result, in order, up to
  // the first error, of a step or of its own, which is the answer.
  absl::Status RunAll(std::span<const Step> steps, const Then& then);

  // Gives each row of a query to `take`, so many at a time: fewer of rows that
  // are large. Within a transaction.
  absl::Status Walk(const std::string& sql,
                    const std::function<void(const Result&, int row)>& take,
                    int at_a_time = 2000);

  // Gives what `COPY ... TO STDOUT` says to `take`, piece by piece.
  absl::Status CopyOut(
      const std::string& sql,
      const std::function<absl::Status(std::string_view)>& take);
  // Runs `COPY ... FROM STDIN` with the pieces of `next`, up to an empty one.
  absl::Status CopyIn(const std::string& sql,
                      const std::function<absl::StatusOr<std::string>()>& next);
  // The same step by step: pieces are put once it has begun, until it ends.
  absl::Status BeginCopyIn(const std::string& sql);
  absl::Status PutCopyData(std::string_view piece, const std::string& sql);
  // Ends it, for nothing where `given` is an error.
  absl::Status EndCopyIn(const std::string& sql,
                         const absl::Status& given = absl::OkStatus());

  // What others have notified on channels that are listened to, without
  // waiting; and where to wait for it.
  absl::StatusOr<std::vector<std::string>> TakeNotifications();
  int descriptor() const { return PQsocket(connection_.get()); }

  // The server does not answer on it any more.
  bool is_broken() const {
    return PQstatus(connection_.get()) == CONNECTION_BAD;
  }

 private:
  explicit Connection(PGconn* connection) : connection_(connection, PQfinish) {}

  absl::Status Send(const Statement& statement, const Parameters& parameters);
  // Takes the results of what was sent in pipeline mode, which ends; `name(i)`
  // is what the i-th is called.
  absl::Status Finish(size_t count,
                      const std::function<const char*(size_t)>& name,
                      const Then& then);
  // What went wrong with a result, or with the connection where there is none:
  // RESOURCE_EXHAUSTED for a full disk, DATA_LOSS for rotten pages,
  // ALREADY_EXISTS for a key that is taken, UNAVAILABLE for a server that does
  // not answer, INTERNAL else. Names the statement, never a value.
  absl::Status StatusOf(const PGresult* result, std::string_view doing) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_CONNECTION_H_
