// SPDX-License-Identifier: Apache-2.0
// Pages that go out with the changes they tell of. Who stands by at the end of
// a mailbox gets the group's entries as a page whose leaf is in the same group
// (design 9), instead of being woken, reading again what has just been in
// memory, and waiting for a group of its own.
#ifndef WAYSTATION_SERVER_HUB_PROMPT_PAGES_H_
#define WAYSTATION_SERVER_HUB_PROMPT_PAGES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "server/hub/affair.h"
#include "server/hub/change.h"
#include "server/hub/core.h"
#include "server/hub/mailbox_watchers.h"
#include "server/hub/planning.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::hub {

struct PromptPage {
  MailboxWatchers::Promise promise;
  // Without its leaf.
  v1::PullResponse response;
  // Of its leaf among the group's.
  uint64_t ordinal = 0;
};

// Pages of what `planning` puts into mailboxes, whose leaves it gains. Nobody
// gets one who misses what the group `in_flight` (or nullptr) puts in; whose
// page would be long, or is empty; who has several to send yet; or whose budget
// does not allow it: who gets none is woken and pulls.
std::vector<PromptPage> PreparePromptPages(Planning& planning,
                                           const Change* in_flight,
                                           std::span<const Affair> affairs);

// The group is durable, and its leaves begin at `first_leaf`.
void Give(Core& core, PromptPage page, uint64_t first_leaf);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PROMPT_PAGES_H_
