// SPDX-License-Identifier: Apache-2.0
// The whole store as bytes, and what is left of erased values.
//
//     copy  := version table*         version of the schema, a packed number
//     table := name chunk* 0          what COPY (binary) says, in pieces
//     name, chunk := length bytes     as server/storage/rows/packing.h has it
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_COPY_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_COPY_H_

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "server/storage/postgres/connection.h"

namespace waystation::storage::postgres {

// Gives every table to `take`, within a snapshot of the caller. What `take`
// answers other than OK ends it and is the answer.
absl::Status CopyStore(
    Connection& connection,
    const std::function<absl::Status(std::string_view)>& take);

// Writes tables with sealed values anew, without the rows that are dead, and
// has the server give up the log of what was before. With wal_recycle off no
// file of the server's holds those rows then. PERMISSION_DENIED: the user may
// not switch the log or make a checkpoint.
absl::Status ScrubStore(Connection& connection);

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_COPY_H_
