// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/sqlite/lists.h"

namespace waystation::storage::sqlite {
namespace {

// synchronous=FULL is fixed: a commit that was acknowledged is on the disk.
// Checkpoints have a thread of their own (checkpointer.h). Pages leave the
// cache in a commit alone (vfs.h). secure_delete writes zeros over what is
// removed, so that an erased value is gone.
constexpr char kPragmas[] =
    "PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA cache_spill = OFF;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;";

absl::Status Expect(Connection& connection, const char* pragma,
                    const std::string& want) {
  const absl::StatusOr<std::string> answer = connection.Ask(pragma);
  if (!answer.ok()) return answer.status();
  if (*answer != want) {
    return absl::FailedPreconditionError(
        absl::StrCat(pragma, ": ", *answer, " where ", want, " is needed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(
    const SessionOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> opened =
      Connection::Open(options.database, options.vfs, SQLITE_OPEN_READWRITE);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  // The first two count for an empty file only.
  if (absl::Status status = connection.Run(
          absl::StrCat("PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE;"
                       "PRAGMA cache_size = -",
                       options.cache_bytes / 1024, ";"));
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          Expect(connection, "PRAGMA journal_mode = WAL", "wal");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = connection.Run(kPragmas); !status.ok()) {
    return status;
  }
  if (absl::Status status = Expect(connection, "PRAGMA synchronous", "2");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = AddLists(connection); !status.ok()) return status;
  return std::make_unique<Session>(*std::move(opened), options.key);
}

Session::Session(std::unique_ptr<Connection> opened,
                 const ChecksumKey& checksum_key)
    : connection(std::move(opened)),
      key(checksum_key),
      begin_read(*connection, "BEGIN"),
      begin_write(*connection, "BEGIN IMMEDIATE"),
      commit(*connection, "COMMIT"),
      rollback(*connection, "ROLLBACK"),
      records(*connection, key),
      edges(*connection, key),
      clerks(*connection, key),
      notices(*connection, key),
      codes(*connection, key),
      mailboxes(*connection, key),
      log(*connection, key),
      groups(*connection, key),
      uids(*connection, key) {}

absl::Status Session::Rollback() {
  if (sqlite3_get_autocommit(connection->handle()) != 0) {
    return absl::OkStatus();
  }
  return rollback.Run();
}

absl::StatusOr<std::unique_ptr<Readers>> Readers::Open(
    const SessionOptions& options, size_t count) {
  std::unique_ptr<Readers> readers(new Readers(count));
  absl::MutexLock lock(&readers->mutex_);
  for (size_t i = 0; i < count; ++i) {
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(options);
    if (!session.ok()) return session.status();
    if (absl::Status status =
            (*session)->connection->Run("PRAGMA query_only = ON");
        !status.ok()) {
      return status;
    }
    readers->idle_.push_back(*std::move(session));
  }
  return readers;
}

Readers::Lease::Lease(Readers& readers) : readers_(readers) {
  {
    absl::MutexLock lock(&readers_.mutex_);
    const auto can_borrow = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !readers_.paused_ && !readers_.idle_.empty();
    };
    readers_.mutex_.Await(absl::Condition(&can_borrow));
    session_ = std::move(readers_.idle_.back());
    readers_.idle_.pop_back();
  }
  status_ = session_->BeginRead();
}

Readers::Lease::~Lease() {
  (void)session_->Rollback();
  absl::MutexLock lock(&readers_.mutex_);
  readers_.idle_.push_back(std::move(session_));
}

Readers::Pause::Pause(Readers& readers) : readers_(readers) {
  absl::MutexLock lock(&readers_.mutex_);
  readers_.mutex_.Await(absl::Condition(
      +[](Readers* all)
           ABSL_NO_THREAD_SAFETY_ANALYSIS { return !all->paused_; },
      &readers_));
  readers_.paused_ = true;
  readers_.mutex_.Await(absl::Condition(
      +[](Readers* all) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        return all->idle_.size() == all->count_;
      },
      &readers_));
}

Readers::Pause::~Pause() {
  absl::MutexLock lock(&readers_.mutex_);
  readers_.paused_ = false;
}

}  // namespace waystation::storage::sqlite
