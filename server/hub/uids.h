// SPDX-License-Identifier: Apache-2.0
// Fresh uids, fetched from the store by the thousand.
#ifndef WAYSTATION_SERVER_HUB_UIDS_H_
#define WAYSTATION_SERVER_HUB_UIDS_H_

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/store.h"

namespace waystation::hub {

// Used by one thread.
class Uids {
 public:
  explicit Uids(storage::Store& store) : store_(store) {}

  // Makes sure that `count` uids are at hand. The error is the store's.
  absl::Status Ensure(uint64_t count) {
    constexpr uint64_t kRange = 4096;
    if (left_ >= count) return absl::OkStatus();
    const uint64_t range = std::max(count, kRange);
    const absl::StatusOr<storage::Uid> first = store_.ReserveUids(range);
    if (!first.ok()) return first.status();
    next_ = *first;
    left_ = range;
    return absl::OkStatus();
  }

  // Precondition: Ensure.
  storage::Uid Next() {
    --left_;
    return next_++;
  }

 private:
  storage::Store& store_;
  storage::Uid next_ = 0;
  uint64_t left_ = 0;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_UIDS_H_
