// SPDX-License-Identifier: Apache-2.0
// When each agency was last heard of, and when the newest of its updates came:
// what an operator looks at to find who has fallen silent. Kept in memory and
// written along with other things, at most once a minute.
#ifndef WAYSTATION_SERVER_HUB_ACTIVITY_H_
#define WAYSTATION_SERVER_HUB_ACTIVITY_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kActivityObject = "activity";

// Thread-safe. Times are microseconds since 1970 UTC; 0 means never.
class Activity {
 public:
  struct Times {
    int64_t seen = 0;
    int64_t updated = 0;
  };

  // Takes in what the store holds; of two times the later one counts.
  absl::Status Load(const storage::Store& store);
  void Seen(const std::string& agency, int64_t now);
  void Updated(const std::string& agency, int64_t now);
  Times Of(const std::string& agency) const;

  // Rows of the agencies whose stored times are more than a minute old.
  std::vector<storage::ObjectRow> TakeStale();

 private:
  struct Entry {
    Times times;
    int64_t stored = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ACTIVITY_H_
