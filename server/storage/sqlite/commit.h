// SPDX-License-Identifier: Apache-2.0
// One batch as the steps of one transaction.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/rows/group.h"
#include "server/storage/sqlite/session.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// Reads the state and compares what is told twice. DATA_LOSS names what does
// not fit together.
absl::StatusOr<State> LoadState(Session& session);

// Verifies the read set and writes the batch, group row last. The caller holds
// the write transaction, commits it, and keeps the answer once that holds.
// ABORTED, INVALID_ARGUMENT and RESOURCE_EXHAUSTED as the port has them.
absl::StatusOr<Advance> WriteBatch(Session& session, const State& state,
                                   const Batch& batch);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_
