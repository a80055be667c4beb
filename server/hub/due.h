// SPDX-License-Identifier: Apache-2.0
// Claims that begin to be true on a later day wait until that day (design 7:
// Resolve never asks for now). Each day for which records wait is an object
// "due", named by the day; when it has come the object is emptied.
#ifndef WAYSTATION_SERVER_HUB_DUE_H_
#define WAYSTATION_SERVER_HUB_DUE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/codes/date.h"
#include "server/hub/change.h"
#include "server/storage/store.h"

namespace waystation::hub {

class Planning;

inline constexpr std::string_view kDueObject = "due";

// Belongs to planning; read from the store at start and after a
// commit that did not go through.
class DueCalendar {
 public:
  absl::Status Load(const storage::Store& store);
  // It is others than are known, perhaps: read again when it is needed.
  void Forget() { is_known_ = false; }
  absl::Status EnsureKnown(const storage::Store& store) {
    return is_known_ ? absl::OkStatus() : Load(store);
  }

  // Puts the records' waiting claims into calendar and batch. The error is the
  // store's.
  absl::Status Note(Planning& planning);

  // Whether a day that is not after `today` waits; any thread may ask.
  bool IsDue(codes::Date today) const {
    return std::chrono::sys_days(today).time_since_epoch().count() >=
           first_day_.load();
  }
  // Precondition of both: EnsureKnown. The first day that is not after `today`,
  // if there is one.
  std::optional<codes::Date> FirstDue(codes::Date today) const;
  // Takes at most `limit` records off the day, and puts what is left of it into
  // `batch`.
  std::vector<storage::Uid> Take(codes::Date day, size_t limit,
                                 storage::Batch& batch);

 private:
  storage::ObjectRow RowOf(codes::Date day) const;

  void SetFirstDay();

  bool is_known_ = false;
  std::map<codes::Date, std::set<storage::Uid>> days_;
  // Days since 1970, or never.
  std::atomic<int64_t> first_day_ = std::numeric_limits<int64_t>::max();
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_DUE_H_
