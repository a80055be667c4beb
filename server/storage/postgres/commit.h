// SPDX-License-Identifier: Apache-2.0
// One batch as the steps of one transaction.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_COMMIT_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_COMMIT_H_

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/session.h"
#include "server/storage/rows/group.h"
#include "server/storage/store.h"

namespace waystation::storage::postgres {

// Reads the state and compares what is told twice. DATA_LOSS names what does
// not fit together.
absl::StatusOr<State> LoadState(Session& session);

// What others have committed since `state`, in a transaction of the caller
// that sees one moment. Without groups where nothing was; nullopt where so much
// was that the state is to be loaded anew.
absl::StatusOr<std::optional<Progress>> LoadProgress(Session& session,
                                                     const State& state);

// Verifies the read set and writes the batch, group row last. The caller holds
// the transaction, commits it, and keeps the answer once that holds. ABORTED,
// INVALID_ARGUMENT and RESOURCE_EXHAUSTED as the port has them.
absl::StatusOr<Advance> WriteBatch(Session& session, const State& state,
                                   const Batch& batch);

// Every row, in a transaction of the caller.
std::vector<Finding> CheckStore(
    Session& session,
    const std::function<std::optional<Finding>(const RecordRow&)>& record);

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_COMMIT_H_
