// SPDX-License-Identifier: Apache-2.0
// Mailboxes as their agencies read them, a page at a time.
#ifndef WAYSTATION_SERVER_HUB_MAILBOX_H_
#define WAYSTATION_SERVER_HUB_MAILBOX_H_

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

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
