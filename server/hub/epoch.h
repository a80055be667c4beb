// SPDX-License-Identifier: Apache-2.0
// What a hub does about its own past: it refuses a store that is older than
// what it has signed, and it takes up a store that was made of a backup.
#ifndef WAYSTATION_SERVER_HUB_EPOCH_H_
#define WAYSTATION_SERVER_HUB_EPOCH_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/note.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/storage/store.h"

namespace waystation::hub {

// The newest head that the journal says was signed, if it holds one.
// JOURNAL_DAMAGED when it cannot be read, or this log's key did not sign it.
absl::StatusOr<std::optional<auditlog::Checkpoint>> JournalledCheckpoint(
    const Core& core);

// STORE_ROLLED_BACK when the journal's checkpoint covers what the store's log
// does not hold, or holds otherwise. Without a journal, nobody can tell.
absl::Status CheckNotRolledBack(const Core& core);

// The name of the epoch that a restore opens now: none that this log has had,
// though the clock may stand still or go back between two restores.
std::string NewEpoch(Core& core);

// The kinds of the store's objects that the journal keeps: what is
// administered, and erasures.
bool IsJournalled(std::string_view kind);

// Puts those objects of the store into the journal that are not in it as they
// are, and the codes that are spent: those of a crash between the two.
absl::Status BringJournalUp(Core& core);

// Puts the objects of the journal into the store that differ, each with a leaf,
// erases again what was erased and spends the codes that were spent; before the
// hub serves.
absl::Status TakeUpJournal(Core& core, Committer& committer);
// What stands in that leaf.
v1::AuditEvent TakeUpEvent(const storage::ObjectRow& row);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_EPOCH_H_
