// SPDX-License-Identifier: Apache-2.0
// Who watches an agency's notices. Whoever commits says here what changed, in
// the order of commits; who watches is woken, and looks when it has room for
// more: what changes meanwhile is kept as numbers, each once.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_WATCHERS_H_
#define WAYSTATION_SERVER_HUB_NOTICE_WATCHERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "server/storage/store.h"

namespace waystation::hub {

// A notice that a group changed, and whose it is or was.
struct TouchedNotice {
  uint64_t number = 0;
  std::vector<storage::AgencyNumber> agencies;
};

// Thread-safe.
class NoticeWatchers {
 public:
  // What came since it was looked at last.
  struct News {
    std::set<uint64_t> notices;
    // The log may tell of more behind what was told here: another hub wrote, or
    // so much came that it was not kept.
    bool look_back = false;
    // All changes whose leaves lie before this one were told; 0: none was.
    uint64_t log_size = 0;
  };

  class Watcher {
   public:
    explicit Watcher(std::function<void()> wake) : wake_(std::move(wake)) {}
    News Take();
    // Waits for a call that is under way; none follows.
    void Leave();

   private:
    friend class NoticeWatchers;
    void Tell(uint64_t notice, uint64_t log_size);
    void LookBack();
    void Wake();

    std::mutex mutex_;
    News news_;
    // Recursive: who is woken may leave.
    std::recursive_mutex wake_mutex_;
    std::function<void()> wake_;
  };

  // `wake` is called from threads of the hub, which it must not hold up. Gone
  // when nobody holds it.
  std::shared_ptr<Watcher> Add(storage::AgencyNumber agency,
                               std::function<void()> wake);

  // A group is durable, whose leaves end before `log_size`: for each group
  // once, in their order.
  void Tell(std::span<const TouchedNotice> notices, uint64_t log_size);
  // Another hub has changed notices: who watches reads the log behind what it
  // knows.
  void LookBack();
  // A day has begun, on which some are due.
  void WakeAll();

 private:
  std::vector<std::shared_ptr<Watcher>> All() const;
  std::vector<std::shared_ptr<Watcher>> Of(storage::AgencyNumber agency) const;

  mutable std::mutex mutex_;
  std::multimap<storage::AgencyNumber, std::weak_ptr<Watcher>> watchers_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_WATCHERS_H_
