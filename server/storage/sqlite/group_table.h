// SPDX-License-Identifier: Apache-2.0
// Commit groups and the counts of agencies through one connection.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/checksum.h"
#include "server/storage/rows/group.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Used by one thread at a time, as its connection.
class GroupTable {
 public:
  GroupTable(Connection& connection, const ChecksumKey& key);

  // The groups that stay, by rising number. DATA_LOSS also when one of them is
  // missing.
  absl::StatusOr<std::vector<GroupRow>> Load();
  // Records of each agency.
  absl::StatusOr<std::map<AgencyNumber, uint64_t>> LoadAgencies();

  // Steps of a transaction.
  absl::Status Put(const GroupRow& group);
  absl::Status PutAgency(AgencyNumber agency, uint64_t records);

 private:
  Connection& connection_;
  const ChecksumKey& key_;
  Statement put_;
  Statement put_agency_;
};

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_GROUP_TABLE_H_
