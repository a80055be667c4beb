// SPDX-License-Identifier: Apache-2.0
// Who watches a mailbox, and who of them has read it to its end and stands by:
// a group that puts something in may promise such a one its page, so that the
// change and the leaf that tells of it become durable together (design 9).
// While it stands by, group after group may promise it the next page; the first
// that does not ends that, and it is woken to read for itself.
#ifndef WAYSTATION_SERVER_HUB_MAILBOX_WATCHERS_H_
#define WAYSTATION_SERVER_HUB_MAILBOX_WATCHERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/hub/caller.h"
#include "server/hub/hub.h"
#include "server/hub/page_token.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::hub {

// Thread-safe.
class MailboxWatchers {
  class Watcher;
  class Ticket;

 public:
  // Who has read, or is promised, all up to `position`.
  struct Standing {
    std::shared_ptr<Watcher> watcher;
    uint64_t position = 0;
    // It has not got as many pages as it may have to send.
    bool has_room = false;

    // Of no other watcher of this hub.
    uint64_t id() const;
    const Caller& caller() const;
    v1::Purpose purpose() const;
    int32_t page_size() const;
  };

  // What a group owes a watcher. Dropped, the watcher is woken to read; so are
  // those of later groups, which stood on it.
  class Promise {
   public:
    Promise(std::shared_ptr<Watcher> watcher, uint64_t number)
        : watcher_(std::move(watcher)), number_(number) {}
    Promise(Promise&&) = default;
    Promise& operator=(Promise&&) = delete;
    ~Promise();
    // Once, when the group is durable. The watcher gets its pages in the order
    // of promises, whoever is first here.
    void Keep(v1::PullResponse page) &&;

   private:
    std::shared_ptr<Watcher> watcher_;
    const uint64_t number_;
  };

  // Borrowed.
  explicit MailboxWatchers(const PageTokens& tokens) : tokens_(tokens) {}

  // The watch is to be destroyed before this object.
  std::shared_ptr<MailboxWatch> Watch(const Caller& caller,
                                      const v1::WatchRequest& request,
                                      MailboxReader reader);

  // --- for whoever plans groups, one after the other ---

  std::vector<Standing> StandingBy(const std::string& agency) const;
  // That the next `entries` behind where it stands come from the group that is
  // being planned. nullopt if it does not stand there any more, or has no room.
  static std::optional<Promise> MakePromise(const Standing& standing,
                                            uint64_t entries);
  // The group that is being planned promises it nothing.
  static void PassOver(const Standing& standing);

  // --- for whoever commits them ---

  // Something was put into the mailbox: for each group once, in their order,
  // before promises are kept.
  void Wake(const std::string& agency);

  // How many watch now.
  uint32_t Count(const std::string& agency) const;

 private:
  std::vector<std::shared_ptr<Watcher>> Of(const std::string& agency) const;

  const PageTokens& tokens_;
  mutable std::mutex mutex_;
  uint64_t next_id_ = 1;
  std::multimap<std::string, std::weak_ptr<Watcher>> watchers_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_MAILBOX_WATCHERS_H_
