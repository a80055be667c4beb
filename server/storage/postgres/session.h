// SPDX-License-Identifier: Apache-2.0
// One connection with every table, and the ones that readers share.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_SESSION_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_SESSION_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/storage/postgres/clerk_tables.h"
#include "server/storage/postgres/code_table.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/group_tables.h"
#include "server/storage/postgres/log_tables.h"
#include "server/storage/postgres/notice_table.h"
#include "server/storage/postgres/record_tables.h"
#include "server/storage/rows/checksum.h"

namespace waystation::storage::postgres {

// Used by one thread at a time.
struct Session {
  // On a database whose schema is there.
  static absl::StatusOr<std::unique_ptr<Session>> Make(
      std::unique_ptr<Connection> opened, const ChecksumKey& key);
  Session(std::unique_ptr<Connection> opened, const ChecksumKey& checksum_key);

  std::unique_ptr<Connection> connection;
  ChecksumKey key;
  RecordTables records;
  ClerkTables clerks;
  NoticeTable notices;
  CodeTable codes;
  LogTables log;
  GroupTables groups;
};

// A few sessions that are lent to readers. Thread-safe.
class Readers {
 public:
  static absl::StatusOr<std::unique_ptr<Readers>> Open(
      const std::string& target, const std::string& schema,
      const ChecksumKey& key, size_t count);

  // One session; waits while all are lent.
  class Lease {
   public:
    explicit Lease(Readers& readers);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }

   private:
    Readers& readers_;
    std::unique_ptr<Session> session_;
  };

 private:
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_SESSION_H_
