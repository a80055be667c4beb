// SPDX-License-Identifier: Apache-2.0
// Cases between agencies, through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_NOTICE_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_NOTICE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/pipeline.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/findings.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Used by one thread at a time, as its connection. Reads are the port's; writes
// are steps of a transaction that the caller holds.
class NoticeTable {
 public:
  static std::span<const Statement* const> Statements();

  NoticeTable(Connection& connection, const ChecksumKey& key)
      : connection_(connection), key_(key) {}

  absl::StatusOr<std::optional<NoticeRow>> Get(uint64_t number) const;
  absl::StatusOr<std::optional<NoticeRow>> FindByRequest(
      const KeyHash& request) const;
  absl::StatusOr<std::vector<NoticeRow>> List(
      NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
      size_t limit) const;
  absl::StatusOr<std::vector<NoticeRow>> ListAll(uint64_t after,
                                                 size_t limit) const;

  // Adds what the batch writes, where `held` notices are there, and counts the
  // new ones. ABORTED: another took the number, the request or the version of
  // one.
  absl::Status Put(const Batch& batch, uint64_t& held,
                   Pipeline& pipeline) const;

  // Reads every row; how many there are.
  uint64_t Check(Findings& findings) const;

 private:
  absl::StatusOr<std::vector<NoticeRow>> NoticesIn(
      const absl::StatusOr<Result>& result) const;

  Connection& connection_;
  const ChecksumKey& key_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_NOTICE_TABLE_H_
