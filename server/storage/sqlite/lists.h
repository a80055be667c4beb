// SPDX-License-Identifier: Apache-2.0
// Lists as tables, so that one run of a statement looks up many keys: cursors
// stay open and nothing is set up for each key.
//
//     SELECT list.rowid, record.* FROM hash_list(?) AS list
//       CROSS JOIN record ON record.key = list.value
//
// The parameter is a std::span, bound by Statement; rowid is the place in it,
// and rows come in its order.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_LISTS_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_LISTS_H_

#include "absl/status/status.h"
#include "server/storage/sqlite/connection.h"

namespace waystation::storage::sqlite {

// Adds hash_list (of KeyHash) and uid_list (of Uid) to the connection.
absl::Status AddLists(Connection& connection);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_LISTS_H_
