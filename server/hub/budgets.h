// SPDX-License-Identifier: Apache-2.0
// What recipients may use up under their agreements (design 8): calls in a
// minute, persons in a day. Counted for each agency and purpose; kept in
// memory, and taken up again from the log's leaves of the day when the hub
// starts.
#ifndef WAYSTATION_SERVER_HUB_BUDGETS_H_
#define WAYSTATION_SERVER_HUB_BUDGETS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/codes/date.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// From an instant (microseconds since 1970 UTC) until China's next midnight.
absl::Duration UntilTomorrow(int64_t now);

// Whose budget, and how wide it is at that time.
struct Purse {
  storage::AgencyNumber agency = 0;
  v1::Purpose purpose = v1::PURPOSE_UNSPECIFIED;
  Budget budget;
  // Microseconds since 1970 UTC.
  int64_t now = 0;
};

// Thread-safe. BUDGET_SPENT says when to come again.
class Budgets {
 public:
  // One more call.
  absl::Status Call(const Purse& purse);

  // Whether nobody else may be told of on that day. `uid` is the record of the
  // caller that was asked for, 0 if there is none: of whom was told already may
  // be told again. The same for a record that is not there, so that nothing
  // shows.
  absl::Status MayAsk(const Purse& purse, storage::Uid uid);

  // Tells of the records, if all of them are within the budget: they count from
  // now on. An error changes nothing.
  absl::Status Tell(const Purse& purse, std::span<const storage::Uid> uids);

  // Counts what another hub told, by its leaf in the log, which tells of a read
  // or of a page: as told today, and as a call of its minute. The error is the
  // store's.
  absl::Status Hear(const storage::Store& store, const Snapshot& registry,
                    uint64_t index, const v1::AuditEvent& event);

  // Takes up what was told on `today`, by the leaves of the log.
  absl::Status Load(const storage::Store& store, const Snapshot& registry,
                    codes::Date today);

 private:
  struct Tally {
    int64_t minute = 0;
    int calls = 0;
    codes::Date day{};
    absl::flat_hash_set<storage::Uid> told;
  };
  Tally& Of(const Purse& purse);

  std::mutex mutex_;
  std::map<std::pair<storage::AgencyNumber, v1::Purpose>, Tally> tallies_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_BUDGETS_H_
