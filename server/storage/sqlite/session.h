// SPDX-License-Identifier: Apache-2.0
// One connection with the statements of every table, and the readers that share
// the work beside a commit.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_SESSION_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_SESSION_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/sqlite/clerk_tables.h"
#include "server/storage/sqlite/code_table.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/edge_table.h"
#include "server/storage/sqlite/group_table.h"
#include "server/storage/sqlite/log_tables.h"
#include "server/storage/sqlite/mailbox_table.h"
#include "server/storage/sqlite/notice_table.h"
#include "server/storage/sqlite/record_tables.h"
#include "server/storage/sqlite/uid_table.h"

namespace waystation::storage::sqlite {

// What every connection of a store is opened with.
struct SessionOptions {
  std::string database;
  const char* vfs = nullptr;
  ChecksumKey key;
  size_t cache_bytes = 0;
};

// Used by one thread at a time.
struct Session {
  static absl::StatusOr<std::unique_ptr<Session>> Open(
      const SessionOptions& options);
  Session(std::unique_ptr<Connection> opened, const ChecksumKey& key);

  // Transactions; nothing nests. Rollback is OK also when SQLite has already
  // rolled back by itself.
  absl::Status BeginRead() { return begin_read.Run(); }
  absl::Status BeginWrite() { return begin_write.Run(); }
  absl::Status Commit() { return commit.Run(); }
  absl::Status Rollback();

  std::unique_ptr<Connection> connection;
  ChecksumKey key;
  Statement begin_read;
  Statement begin_write;
  Statement commit;
  Statement rollback;
  RecordTables records;
  EdgeTable edges;
  ClerkTables clerks;
  NoticeTable notices;
  CodeTable codes;
  MailboxTable mailboxes;
  LogTables log;
  GroupTable groups;
  UidTable uids;
};

// A few sessions that are lent to readers. Thread-safe.
class Readers {
 public:
  static absl::StatusOr<std::unique_ptr<Readers>> Open(
      const SessionOptions& options, size_t count);

  // One session inside a read transaction (if status() is OK), which shows one
  // state of the store for as long as it is held. Waits while all are lent.
  class Lease {
   public:
    explicit Lease(Readers& readers);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const absl::Status& status() const { return status_; }
    Session& operator*() const { return *session_; }

   private:
    Readers& readers_;
    std::unique_ptr<Session> session_;
    absl::Status status_;
  };

  // Waits until nobody reads, and lets nobody read while it lives.
  class Pause {
   public:
    explicit Pause(Readers& readers);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Readers& readers_;
  };

 private:
  explicit Readers(size_t count) : count_(count) {}

  const size_t count_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_SESSION_H_
