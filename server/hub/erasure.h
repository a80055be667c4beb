// SPDX-License-Identifier: Apache-2.0
// What a person had erased is erased again by a hub that is restored from an
// older backup, before it serves (design 8). A record that its agency takes
// back for that reason leaves an object in the store, and thereby a line in the
// journal:
//
//   object "erasure" := store.v1.StoredErasure
//   id               := the record's keyed hash, in hex
//
// Neither says whose record it was.
#ifndef WAYSTATION_SERVER_HUB_ERASURE_H_
#define WAYSTATION_SERVER_HUB_ERASURE_H_

#include <string_view>

#include "absl/status/status.h"
#include "server/domain/read_update.h"
#include "server/hub/committer.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kErasureObject = "erasure";

// Whether an update that was applied is one.
bool IsErasure(const domain::ReadUpdate& update);
storage::ObjectRow ErasureRow(const storage::KeyHash& key,
                              const domain::ReadUpdate& update);

// Puts the row into the store, with a leaf, and takes back what the store still
// holds of its record from before. JOURNAL_DAMAGED for a row that cannot be
// read. Not to be called by the committer.
absl::Status EraseAgain(const storage::ObjectRow& row, Committer& committer);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ERASURE_H_
