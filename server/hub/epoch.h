// SPDX-License-Identifier: Apache-2.0
// What a hub does about its own past: it refuses a store that is older than
// what it has signed, and it takes up a store that was made of a backup.
#ifndef WAYSTATION_SERVER_HUB_EPOCH_H_
#define WAYSTATION_SERVER_HUB_EPOCH_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/storage/store.h"

namespace waystation::hub {

// STORE_ROLLED_BACK when the journal's checkpoint covers what the store's log
// does not hold, or holds otherwise. Without a journal, nobody can tell.
absl::Status CheckNotRolledBack(const Core& core);

// Puts the administered objects of the store into the journal that are not in
// it as they are: those of a crash between the two.
absl::Status BringJournalUp(Core& core);

// Puts the administered objects of the journal into the store that differ, each
// with a leaf; before the hub serves.
absl::Status TakeUpJournal(Core& core, Committer& committer);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_EPOCH_H_
