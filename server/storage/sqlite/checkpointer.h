// SPDX-License-Identifier: Apache-2.0
// Copies what commits appended to the write-ahead log into the database, on a
// thread and a connection of its own, so that no commit pays for it. When the
// copying has nearly caught up, commits are held for the short rest, and the
// log starts from its beginning again.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_CHECKPOINTER_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_CHECKPOINTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/session.h"

namespace waystation::storage::sqlite {

// Thread-safe.
class Checkpointer {
 public:
  // Copying begins when the log has grown by `pages`, and commits wait for it
  // at four times that. `commits` is held during commits and borrowed for life.
  // `failed` is called when the medium fails; a full disk is tried again later.
  static absl::StatusOr<std::unique_ptr<Checkpointer>> Start(
      const SessionOptions& options, int64_t pages, absl::Mutex& commits,
      std::function<void(const absl::Status&)> failed);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // From now on a commit on `writer` tells how long the log is.
  void Watch(Connection& writer);
  // Returns once the log is within its bound, or cannot be shortened since
  // somebody reads an old state. Called before a commit, without `commits`.
  void MakeRoom();
  // Copies everything and leaves an empty log, while commits wait. The caller
  // lets nobody read.
  absl::Status Truncate();

  // Copies everything, calls `settled` while commits still wait, then `read`
  // while they go on in the log and the database stays as it is. `let_read`
  // lets the others read again, whom the caller has stopped.
  absl::Status Hold(const std::function<void()>& settled,
                    const std::function<void()>& let_read,
                    const std::function<absl::Status(Connection&)>& read);

 private:
  Checkpointer(std::unique_ptr<Session> session, int64_t pages,
               absl::Mutex& commits,
               std::function<void(const absl::Status&)> failed);

  // The pages of the log that are left to copy, as far as that is known.
  absl::StatusOr<int64_t> Copy(int mode);
  absl::Status CopyAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);
  absl::Status Cycle();
  void Work();

  std::unique_ptr<Session> session_;
  const int64_t begin_;
  absl::Mutex& commits_;
  std::function<void(const absl::Status&)> failed_;

  // Held while the connection is used; taken before `commits_`.
  absl::Mutex copying_;
  absl::Mutex mutex_;
  // Pages in the log now, and after the last cycle.
  int64_t pages_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_ ABSL_GUARDED_BY(mutex_) = 0;
  // The database is being read; the log grows as it must.
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_CHECKPOINTER_H_
