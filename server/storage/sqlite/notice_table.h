// SPDX-License-Identifier: Apache-2.0
// Cases between agencies, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_NOTICE_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_NOTICE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class NoticeTable {
 public:
  NoticeTable(Connection& connection, const ChecksumKey& key);

  absl::StatusOr<std::optional<NoticeRow>> Get(uint64_t number);
  absl::StatusOr<std::optional<NoticeRow>> FindByRequest(
      const KeyHash& request);
  absl::StatusOr<std::vector<NoticeRow>> List(
      NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
      size_t limit);
  absl::StatusOr<std::vector<NoticeRow>> ListAll(uint64_t after, size_t limit);

  // ABORTED: another took its number, its request or its version.
  absl::Status Put(const NoticeRow& notice);

  // Reads every row; how many there are.
  uint64_t Check(Findings& findings);

 private:
  absl::StatusOr<std::vector<NoticeRow>> NoticesIn(Rows& rows) const;

  Connection& connection_;
  const ChecksumKey& key_;
  Statement notice_;
  Statement by_request_;
  Statement waiting_;
  Statement sent_;
  Statement received_;
  Statement all_;
  Statement insert_;
  Statement update_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_NOTICE_TABLE_H_
