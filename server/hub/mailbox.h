// SPDX-License-Identifier: Apache-2.0
// Mailboxes: entries without values become pages with views, under the
// agreements in force when they are read (design 9).
#ifndef WAYSTATION_SERVER_HUB_MAILBOX_H_
#define WAYSTATION_SERVER_HUB_MAILBOX_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// Who waits for a mailbox. Thread-safe.
class MailboxWatchers {
 public:
  // `wake` is called until the ticket is destroyed, and not after that.
  std::shared_ptr<void> Watch(std::string_view agency,
                              std::function<void()> wake);
  void Wake(const std::string& agency);
  // How many watch now.
  uint32_t Count(const std::string& agency) const;

 private:
  struct Watcher;
  mutable std::mutex mutex_;
  std::multimap<std::string, std::weak_ptr<Watcher>> watchers_;
};

// All are borrowed. Thread-safe.
class Mailbox {
 public:
  Mailbox(Core& core, Committer& committer, Refusals& refusals)
      : core_(core), committer_(committer), refusals_(refusals) {}

  void Pull(const Caller& caller, const v1::PullRequest& request,
            Hub::Callback<v1::PullResponse> done);
  absl::Status Acknowledge(const Caller& caller,
                           const v1::AcknowledgeRequest& request);
  absl::StatusOr<v1::GetMailboxResponse> Get(const Caller& caller);

 private:
  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_MAILBOX_H_
