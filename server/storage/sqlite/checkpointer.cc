// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/checkpointer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "proto/failpoint/failpoint.h"

namespace waystation::storage::sqlite {
namespace {

// A rest that is copied while commits wait: a few milliseconds.
constexpr int64_t kRest = 1024;
// Rounds beside commits before they are held whatever the rest is.
constexpr int kRounds = 4;
// How long a reader of an old state may hold up commits, in milliseconds.
constexpr int kPatience = 20;
// What is left of the log where SQLite does not say.
constexpr int64_t kUnknown = std::numeric_limits<int64_t>::max();

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Start(
    const SessionOptions& options, int64_t pages, absl::Mutex& commits,
    std::function<void(const absl::Status&)> failed) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(options);
  if (!session.ok()) return session.status();
  sqlite3_busy_timeout((*session)->connection->handle(), kPatience);
  return std::unique_ptr<Checkpointer>(
      new Checkpointer(*std::move(session), pages, commits, std::move(failed)));
}

Checkpointer::Checkpointer(std::unique_ptr<Session> session, int64_t pages,
                           absl::Mutex& commits,
                           std::function<void(const absl::Status&)> failed)
    : session_(std::move(session)),
      begin_(pages),
      commits_(commits),
      failed_(std::move(failed)),
      thread_([this] { Work(); }) {}

Checkpointer::~Checkpointer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Checkpointer::Watch(Connection& writer) {
  sqlite3_wal_hook(
      writer.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        auto& checkpointer = *static_cast<Checkpointer*>(self);
        absl::MutexLock lock(&checkpointer.mutex_);
        checkpointer.pages_ = pages;
        // The writer has started the log anew.
        checkpointer.left_ = std::min<int64_t>(checkpointer.left_, pages);
        return SQLITE_OK;
      },
      this);
}

void Checkpointer::MakeRoom() {
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return pages_ < 4 * begin_ || pages_ - left_ < begin_ || held_ || stopping_;
  };
  mutex_.Await(absl::Condition(&has_room));
}

absl::Status Checkpointer::Truncate() {
  absl::MutexLock copying(&copying_);
  absl::MutexLock commits(&commits_);
  return CopyAll();
}

absl::Status Checkpointer::Hold(
    const std::function<void()>& settled, const std::function<void()>& let_read,
    const std::function<absl::Status(Connection&)>& read) {
  absl::MutexLock copying(&copying_);
  {
    absl::MutexLock commits(&commits_);
    if (absl::Status status = CopyAll(); !status.ok()) return status;
    settled();
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  WAYSTATION_FAILPOINT("log/held");
  let_read();
  const absl::Status status = read(*session_->connection);
  absl::MutexLock lock(&mutex_);
  held_ = false;
  return status;
}

absl::Status Checkpointer::CopyAll() {
  if (absl::Status status = Copy(SQLITE_CHECKPOINT_TRUNCATE).status();
      !status.ok()) {
    return status;
  }
  WAYSTATION_FAILPOINT("log/emptied");
  absl::MutexLock lock(&mutex_);
  pages_ = 0;
  left_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Checkpointer::Copy(int mode) {
  int pages = 0;
  int copied = 0;
  sqlite3* const handle = session_->connection->handle();
  const int code =
      sqlite3_wal_checkpoint_v2(handle, nullptr, mode, &pages, &copied);
  if (code == SQLITE_OK) return pages - copied;
  // Busy beside commits: one of them was just telling how long the log is, and
  // SQLite does not wait for it. Busy at the restart: somebody reads an old
  // state, and what could be copied was.
  if (code == SQLITE_BUSY && mode != SQLITE_CHECKPOINT_TRUNCATE) {
    return kUnknown;
  }
  return StatusOf(handle, "copying the log into the database");
}

absl::Status Checkpointer::Cycle() {
  absl::MutexLock copying(&copying_);
  for (int round = 0; round < kRounds; ++round) {
    const absl::StatusOr<int64_t> rest = Copy(SQLITE_CHECKPOINT_PASSIVE);
    if (!rest.ok()) return rest.status();
    if (*rest < kRest) break;
  }
  WAYSTATION_FAILPOINT("log/copied");
  absl::MutexLock commits(&commits_);
  const absl::Status restarted = Copy(SQLITE_CHECKPOINT_RESTART).status();
  WAYSTATION_FAILPOINT("log/restarted");
  return restarted;
}

void Checkpointer::Work() {
  const auto has_work = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return pages_ - left_ >= begin_ || stopping_;
  };
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_work));
      if (stopping_) return;
    }
    const absl::Status status = Cycle();
    if (!status.ok() && !absl::IsResourceExhausted(status)) failed_(status);
    absl::MutexLock lock(&mutex_);
    left_ = pages_;
  }
}

}  // namespace waystation::storage::sqlite
