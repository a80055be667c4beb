// SPDX-License-Identifier: Apache-2.0
// One batch as the steps of one transaction, and what the store knows of itself
// without reading.
#ifndef WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_
#define WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_

#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/tiles.h"
#include "server/storage/sqlite/group_table.h"
#include "server/storage/sqlite/session.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// As of the newest group. A cache: everything in it is read again from the
// tables at the next start.
struct State {
  GroupRow newest;
  auditlog::TreeAppender tree;
  std::map<AgencyNumber, uint64_t> agencies;
  std::map<AgencyNumber, Store::MailboxState> mailboxes;
  // The batches of the groups that stay.
  absl::flat_hash_map<BatchId, Committed> recent;
  // Ids of those batches by group, for leaving.
  std::array<BatchId, GroupTable::kRing> ring{};
};

// What one more group changes.
struct Advance {
  GroupRow group;
  auditlog::TreeAppender tree;
  std::map<AgencyNumber, uint64_t> agencies;
};

// Reads the state and compares what is told twice. DATA_LOSS names what does
// not fit together.
absl::StatusOr<State> LoadState(Session& session);

// Verifies the read set and writes the batch, group row last. The caller holds
// the write transaction, commits it, and keeps the answer once that holds.
// ABORTED, INVALID_ARGUMENT and RESOURCE_EXHAUSTED as the port has them.
absl::StatusOr<Advance> WriteBatch(Session& session, const State& state,
                                   const Batch& batch);

// The state after the group.
void Apply(Advance advance, State& state);

// What Commit answers for it.
Committed AnswerFor(const GroupRow& group);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_SERVER_STORAGE_SQLITE_COMMIT_H_
