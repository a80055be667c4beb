// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/outbox/state.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "adapters/framework/outbox/state_schema.h"
#include "proto/errors/error.h"
#include "waystation/store/v1/adapter_state.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 30'000;

std::string_view ReasonFor(const std::exception& exception) {
  if (dynamic_cast<const LaterRelease*>(&exception) != nullptr) {
    return "STATE_LATER";
  }
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&exception);
  // The write-ahead log's index could not grow.
  if (sqlite != nullptr &&
      sqlite->getExtendedErrorCode() == SQLITE_IOERR_SHMSIZE) {
    return "LOCAL_DISK_FULL";
  }
  switch (sqlite == nullptr ? 0 : sqlite->getErrorCode()) {
    case SQLITE_FULL:
      return "LOCAL_DISK_FULL";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "STATE_DAMAGED";
    default:
      return "STATE_FAILED";
  }
}

absl::Status FromException(const std::exception& exception) {
  // SQLite's texts name tables and codes, never a bound value.
  return errors::Error(ReasonFor(exception), {.rule = exception.what()});
}

// Runs what SQLiteCpp may throw from.
template <typename Function>
auto Try(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return FromException(exception);
  }
}

// A cached statement, ready for the next use when this one ends.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() { return &statement_; }

 private:
  SQLite::Statement& statement_;
};

void BindBlob(SQLite::Statement& statement, int index, std::string_view blob) {
  statement.bindNoCopy(index, blob.data(), static_cast<int>(blob.size()));
}

std::string_view Blob(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()),
          static_cast<std::size_t>(column.getBytes())};
}

}  // namespace

struct State::Database {
  explicit Database(const std::string& path, int flags)
      : connection(path, flags, kBusyMilliseconds) {}

  // Statements refer to tables, so they are made after the schema.
  struct Statements {
    Statements(SQLite::Database& db, bool read_only)
        : begin(db, read_only ? "BEGIN" : "BEGIN IMMEDIATE"),
          commit(db, "COMMIT"),
          find_row(db,
                   "SELECT hash, recorded, attributes FROM row "
                   "WHERE source = ? AND key = ?"),
          put_row(db,
                  "INSERT INTO row (source, key, hash, recorded, attributes) "
                  "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                  "hash = excluded.hash, recorded = excluded.recorded, "
                  "attributes = excluded.attributes"),
          next_revision(
              db,
              "INSERT INTO record (key, revision) VALUES (?1, ?2) ON CONFLICT "
              "DO UPDATE SET revision = max(revision + 1, excluded.revision) "
              "RETURNING revision"),
          add_frame(db,
                    "INSERT INTO outbox (updates, added, sealed) "
                    "VALUES (?, ?, ?)"),
          remove_frame(db, "DELETE FROM outbox WHERE number = ?"),
          frame_after(db,
                      "SELECT number, updates, added FROM outbox "
                      "WHERE number > ? ORDER BY number LIMIT 1"),
          load_frame(db, "SELECT sealed FROM outbox WHERE number = ?") {}

    SQLite::Statement begin, commit, find_row, put_row, next_revision,
        add_frame, remove_frame, frame_after, load_frame;
  };

  SQLite::Database connection;
  std::optional<Statements> statements;
};

State::State(std::string folder, Sealer sealer, bool read_only)
    : folder_(std::move(folder)),
      sealer_(std::move(sealer)),
      read_only_(read_only) {}

State::~State() {
  if (claim_ >= 0) close(claim_);
}

absl::StatusOr<std::unique_ptr<State>> State::Open(const std::string& folder,
                                                   bool read_only) {
  std::error_code error;
  const std::string path = folder + "/state.db";
  const bool exists = fs::exists(path, error);
  if (!exists && !read_only) {
    fs::create_directories(folder, error);
    if (error) {
      return errors::Error("STATE_FAILED",
                           {.field = folder, .rule = error.message()});
    }
    chmod(folder.c_str(), 0700);
  }
  // A folder that does not exist yet is looked at with a key of the moment.
  auto sealer = !exists && read_only
                    ? absl::StatusOr<Sealer>(Sealer::Transient())
                    : Sealer::Open(folder + "/key", !exists);
  if (!sealer.ok()) return sealer.status();
  auto state =
      std::unique_ptr<State>(new State(folder, *std::move(sealer), read_only));
  const auto open = [&]() -> absl::Status {
    auto& database = state->database_;
    if (read_only && exists) {
      database = std::make_unique<Database>(path, SQLite::OPEN_READONLY);
      // One that ended before it was set up is as good as none.
      if (!IsPrepared(database->connection)) database = nullptr;
    }
    if (database == nullptr) {
      database = std::make_unique<Database>(
          read_only ? ":memory:" : path,
          SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      PrepareState(database->connection);
    }
    database->statements.emplace(database->connection, read_only);
    return absl::OkStatus();
  };
  if (const absl::Status opened = Try(open); !opened.ok()) return opened;
  return state;
}

absl::Status State::Claim() {
  const std::string path = folder_ + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return errors::Error(errno == ENOSPC ? "LOCAL_DISK_FULL" : "STATE_FAILED",
                         {.field = path});
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return errors::Error("ADAPTER_RUNNING", {.field = folder_});
  }
  claim_ = file;
  return absl::OkStatus();
}

State::Transaction::Transaction(State& state)
    : state_(&state), lock_(state.mutex_) {}

State::Transaction::Transaction(Transaction&& other) noexcept
    : state_(other.state_),
      lock_(std::move(other.lock_)),
      open_(std::exchange(other.open_, false)) {}

State::Transaction::~Transaction() {
  if (!open_) return;
  try {
    state_->database_->connection.exec("ROLLBACK");
  } catch (const std::exception&) {
    // SQLite has rolled back by itself, as it does on a full disk.
  }
}

absl::StatusOr<State::Transaction> State::Begin() {
  Transaction transaction(*this);
  const absl::Status begun = Try([&]() -> absl::Status {
    Use(database_->statements->begin)->exec();
    return absl::OkStatus();
  });
  if (!begun.ok()) return begun;
  transaction.open_ = true;
  return transaction;
}

absl::Status State::Transaction::Commit() {
  return Try([&]() -> absl::Status {
    Use(state_->database_->statements->commit)->exec();
    open_ = false;
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<HeldRow>> State::Transaction::FindRow(
    std::int64_t source, std::string_view key) {
  return Try([&]() -> absl::StatusOr<std::optional<HeldRow>> {
    SQLite::Statement& statement = state_->database_->statements->find_row;
    const Use use(statement);
    statement.bind(1, source);
    BindBlob(statement, 2, key);
    if (!statement.executeStep()) return std::nullopt;
    HeldRow row;
    row.row = static_cast<std::uint64_t>(statement.getColumn(0).getInt64());
    row.recorded_time = statement.getColumn(1).getInt64();
    row.attributes = DecodeAttributes(Blob(statement.getColumn(2)));
    return row;
  });
}

absl::Status State::Transaction::PutRow(std::int64_t source,
                                        std::string_view key,
                                        const HeldRow& row) {
  return Try([&]() -> absl::Status {
    SQLite::Statement& statement = state_->database_->statements->put_row;
    const Use use(statement);
    const std::string attributes = EncodeAttributes(row.attributes);
    statement.bind(1, source);
    BindBlob(statement, 2, key);
    statement.bind(3, static_cast<std::int64_t>(row.row));
    statement.bind(4, row.recorded_time);
    BindBlob(statement, 5, attributes);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::StatusOr<std::uint64_t> State::Transaction::NextRevision(
    std::string_view key, absl::Time now) {
  return Try([&]() -> absl::StatusOr<std::uint64_t> {
    SQLite::Statement& statement = state_->database_->statements->next_revision;
    const Use use(statement);
    BindBlob(statement, 1, key);
    statement.bind(2, std::max<std::int64_t>(absl::ToUnixSeconds(now), 1));
    statement.executeStep();
    return static_cast<std::uint64_t>(statement.getColumn(0).getInt64());
  });
}

absl::StatusOr<bool> State::Transaction::RaiseRevision(std::string_view key,
                                                       std::uint64_t revision) {
  return Try([&]() -> absl::StatusOr<bool> {
    SQLite::Statement statement(
        state_->database_->connection,
        "INSERT INTO record (key, revision) VALUES (?1, ?2) ON CONFLICT DO "
        "UPDATE SET revision = ?2 WHERE revision < ?2");
    BindBlob(statement, 1, key);
    statement.bind(2, static_cast<std::int64_t>(revision));
    return statement.exec() > 0;
  });
}

absl::Status State::Transaction::ForgetClaims(std::int64_t source,
                                              std::string_view key,
                                              AttributeBits attributes,
                                              bool read_again) {
  absl::StatusOr<std::optional<HeldRow>> row = FindRow(source, key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  for (HeldAttribute& held : (*row)->attributes) {
    if ((attributes & AttributeBit(held.number)) != 0) held.hash = 0;
  }
  if (read_again) (*row)->row = 0;
  return PutRow(source, key, **row);
}

absl::Status State::Transaction::AddFrame(const store::v1::OutboxFrame& frame,
                                          absl::Time now) {
  return Try([&]() -> absl::Status {
    SQLite::Statement& statement = state_->database_->statements->add_frame;
    const Use use(statement);
    const std::string sealed = state_->sealer_->Seal(frame.SerializeAsString());
    statement.bind(1, frame.updates_size());
    statement.bind(2, absl::ToUnixMicros(now));
    BindBlob(statement, 3, sealed);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status State::Transaction::RemoveFrame(std::int64_t number) {
  return Try([&]() -> absl::Status {
    SQLite::Statement& statement = state_->database_->statements->remove_frame;
    const Use use(statement);
    statement.bind(1, number);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status State::Transaction::PutFile(std::int64_t source,
                                         const FileId& file) {
  return Try([&]() -> absl::Status {
    SQLite::Statement statement(
        state_->database_->connection,
        "INSERT INTO file (source, name, size, modified) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET size = excluded.size, "
        "modified = excluded.modified");
    statement.bind(1, source);
    statement.bind(2, file.name);
    statement.bind(3, static_cast<std::int64_t>(file.size));
    statement.bind(4, file.modified);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status State::Transaction::ForgetFiles(std::int64_t source) {
  return Try([&]() -> absl::Status {
    SQLite::Statement statement(state_->database_->connection,
                                "DELETE FROM file WHERE source = ?");
    statement.bind(1, source);
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status State::Transaction::SayAllAgain() {
  std::vector<HeldAttribute> all;
  const auto* const person = v1::Person::descriptor();
  for (int i = 0; i < person->field_count(); ++i) {
    all.push_back({person->field(i)->number(), 0});
  }
  const std::string attributes = EncodeAttributes(all);
  return Try([&]() -> absl::Status {
    SQLite::Database& database = state_->database_->connection;
    SQLite::Statement rows(database, "UPDATE row SET hash = 0, attributes = ?");
    rows.bind(1, attributes.data(), static_cast<int>(attributes.size()));
    rows.exec();
    database.exec("DELETE FROM file");
    return absl::OkStatus();
  });
}

absl::StatusOr<std::int64_t> State::SourceNumber(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<std::int64_t> {
    SQLite::Database& connection = database_->connection;
    SQLite::Statement find(connection,
                           "SELECT number FROM source WHERE name = ?");
    find.bind(1, std::string(name));
    if (find.executeStep()) return find.getColumn(0).getInt64();
    // Who may not write has nothing under this name either.
    if (read_only_) return -1;
    SQLite::Statement add(connection, "INSERT INTO source (name) VALUES (?)");
    add.bind(1, std::string(name));
    add.exec();
    return connection.getLastInsertRowid();
  });
}

absl::StatusOr<bool> State::HasFile(std::int64_t source, const FileId& file) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<bool> {
    SQLite::Statement statement(
        database_->connection,
        "SELECT 1 FROM file WHERE source = ? AND name = ? AND size = ? AND "
        "modified = ?");
    statement.bind(1, source);
    statement.bind(2, file.name);
    statement.bind(3, static_cast<std::int64_t>(file.size));
    statement.bind(4, file.modified);
    return statement.executeStep();
  });
}

absl::StatusOr<std::optional<OutboxEntry>> State::FrameAfter(
    std::int64_t number) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<std::optional<OutboxEntry>> {
    SQLite::Statement& statement = database_->statements->frame_after;
    const Use use(statement);
    statement.bind(1, number);
    if (!statement.executeStep()) return std::nullopt;
    return OutboxEntry{
        statement.getColumn(0).getInt64(),
        static_cast<std::uint64_t>(statement.getColumn(1).getInt64()),
        absl::FromUnixMicros(statement.getColumn(2).getInt64())};
  });
}

absl::StatusOr<store::v1::OutboxFrame> State::LoadFrame(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<store::v1::OutboxFrame> {
    SQLite::Statement& statement = database_->statements->load_frame;
    const Use use(statement);
    statement.bind(1, number);
    if (!statement.executeStep()) return absl::NotFoundError("outbox");
    const auto bytes = sealer_->Unseal(Blob(statement.getColumn(0)));
    if (!bytes.ok()) return bytes.status();
    store::v1::OutboxFrame frame;
    if (!frame.ParseFromString(*bytes)) return errors::Error("STATE_DAMAGED");
    return frame;
  });
}

absl::StatusOr<std::vector<OutboxEntry>> State::ListOutbox() {
  std::vector<OutboxEntry> out;
  std::int64_t last = 0;
  for (;;) {
    const auto entry = FrameAfter(last);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) return out;
    last = (*entry)->number;
    out.push_back(**entry);
  }
}

absl::StatusOr<State::OutboxCount> State::CountOutbox() {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<OutboxCount> {
    SQLite::Statement statement(
        database_->connection,
        "SELECT count(*), coalesce(sum(updates), 0), min(added) FROM outbox");
    statement.executeStep();
    OutboxCount count;
    count.frames =
        static_cast<std::uint64_t>(statement.getColumn(0).getInt64());
    count.updates =
        static_cast<std::uint64_t>(statement.getColumn(1).getInt64());
    if (!statement.getColumn(2).isNull()) {
      count.oldest = absl::FromUnixMicros(statement.getColumn(2).getInt64());
    }
    return count;
  });
}

absl::StatusOr<std::string> State::Setting(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<std::string> {
    SQLite::Statement statement(database_->connection,
                                "SELECT value FROM setting WHERE name = ?");
    statement.bind(1, std::string(name));
    if (!statement.executeStep()) return std::string();
    return statement.getColumn(0).getString();
  });
}

absl::Status State::PutSetting(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::Status {
    SQLite::Statement statement(
        database_->connection,
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO "
        "UPDATE SET value = excluded.value");
    statement.bind(1, std::string(name));
    statement.bind(2, std::string(value));
    statement.exec();
    return absl::OkStatus();
  });
}

absl::Status State::RemoveSetting(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::Status {
    SQLite::Statement statement(database_->connection,
                                "DELETE FROM setting WHERE name = ?");
    statement.bind(1, std::string(name));
    statement.exec();
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> State::ExchangeSetting(std::string_view name,
                                            std::string_view expected,
                                            std::string_view value) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<bool> {
    SQLite::Statement statement(
        database_->connection,
        expected.empty()
            ? "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT "
              "DO UPDATE SET value = ?2 WHERE value = ''"
            : "UPDATE setting SET value = ?2 WHERE name = ?1 AND value = ?3");
    statement.bind(1, std::string(name));
    statement.bind(2, std::string(value));
    if (!expected.empty()) statement.bind(3, std::string(expected));
    return statement.exec() > 0;
  });
}

absl::StatusOr<std::map<std::string, std::string>> State::SettingsFrom(
    std::string_view prefix) {
  using Settings = std::map<std::string, std::string>;
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<Settings> {
    SQLite::Statement statement(
        database_->connection,
        "SELECT name, value FROM setting WHERE substr(name, 1, length(?1)) = "
        "?1");
    statement.bind(1, std::string(prefix));
    Settings settings;
    while (statement.executeStep()) {
      settings.emplace(statement.getColumn(0).getString(),
                       statement.getColumn(1).getString());
    }
    return settings;
  });
}

absl::StatusOr<std::uint64_t> State::NextNumber(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return Try([&]() -> absl::StatusOr<std::uint64_t> {
    SQLite::Statement statement(
        database_->connection,
        "INSERT INTO setting (name, value) VALUES (?, '1') ON CONFLICT DO "
        "UPDATE SET value = CAST(value + 1 AS TEXT) RETURNING value");
    statement.bind(1, std::string(name));
    statement.executeStep();
    const std::uint64_t number =
        std::stoull(statement.getColumn(0).getString());
    // The statement's end is what commits.
    while (statement.executeStep()) {
    }
    return number;
  });
}

}  // namespace waystation::adapters
