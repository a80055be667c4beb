// SPDX-License-Identifier: Apache-2.0
// Plans one commit group: from works to a batch (design 5). Pure but for the
// store's reads.
//
//     load touched records -> apply -> relink -> load persons
//       -> conflicts, mailboxes -> leaves -> pages for who stands by
//
// Records are read ahead and unsealed by the thread that writes, and sealed
// again by the one that plans, so that both have about the same to do.
#ifndef WAYSTATION_SERVER_HUB_GROUP_H_
#define WAYSTATION_SERVER_HUB_GROUP_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/planning.h"
#include "server/hub/prompt_pages.h"
#include "server/hub/work.h"

namespace waystation::hub {

struct Group {
  std::vector<std::unique_ptr<Work>> works;
  storage::Batch batch;
  Change change;
  // For those who stand by for what the group puts into their mailboxes.
  std::vector<PromptPage> pages;
  // Of `change.items`, those that were open before.
  std::map<storage::OpenItemKey, storage::OpenItem> items_before;
  // Nothing has to be written: answered as soon as the groups before it are.
  bool is_empty() const { return batch.leaves.empty(); }
};

// What planning `works` will look for first. An error is left for planning to
// meet again.
State ReadAhead(Core& core, const Memory& memory,
                const std::vector<std::unique_ptr<Work>>& works);

// Plans `works`, which stay the caller's on an error. A work whose Begin fails
// is answered and leaves the group. DATA_LOSS or UNAVAILABLE: the store's.
absl::StatusOr<Group> PlanGroup(Core& core, Memory& memory, State ahead,
                                const Change* in_flight,
                                std::vector<std::unique_ptr<Work>>& works);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_GROUP_H_
