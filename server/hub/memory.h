// SPDX-License-Identifier: Apache-2.0
// What planning keeps between groups. All of it stands in the store
// as well, and is read again when a commit did not go through.
#ifndef WAYSTATION_SERVER_HUB_MEMORY_H_
#define WAYSTATION_SERVER_HUB_MEMORY_H_

#include "absl/status/status.h"
#include "server/hub/due.h"
#include "server/hub/hints.h"
#include "server/hub/uids.h"
#include "server/storage/store.h"

namespace waystation::hub {

struct Memory {
  explicit Memory(storage::Store& store) : uids(store) {}

  absl::Status Load(const storage::Store& store) {
    if (auto status = hints.Load(store); !status.ok()) return status;
    due.Forget();
    // Of a store that others write to, it is asked when it is needed.
    return store.is_shared() ? absl::OkStatus() : due.Load(store);
  }

  Hints hints;
  DueCalendar due;
  Uids uids;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_MEMORY_H_
