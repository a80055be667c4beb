// SPDX-License-Identifier: Apache-2.0
// Where the notices of an agency lie, in the order in which they are shown.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_BOXES_H_
#define WAYSTATION_SERVER_HUB_NOTICE_BOXES_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/notice_heads.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::hub {

// At most `limit` rows of a box behind `after`, in its order; fewer only at its
// end. FIELD_MISSING: no box. All are borrowed for the call.
absl::StatusOr<std::vector<storage::NoticeRow>> ReadBox(
    const storage::Store& store, v1::ListNoticesRequest::Box box,
    const AgencyEntry& agency, NoticeHeads& heads,
    const std::optional<storage::NoticeRow>& after, size_t limit);

// Agencies whose overdue notices may be escalated to `superior`.
std::vector<const AgencyEntry*> AgenciesBelow(const AgencyEntry& superior,
                                              NoticeHeads& heads);

// What waits for `agency` with a deadline of `until` or before, behind `after`
// if it is given, earliest first, until `take` says false.
absl::Status WalkWaiting(
    const storage::Store& store, storage::AgencyNumber agency, int64_t until,
    std::optional<storage::NoticeRow> after,
    const std::function<absl::StatusOr<bool>(const storage::NoticeRow&)>& take);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_BOXES_H_
