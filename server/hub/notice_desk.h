// SPDX-License-Identifier: Apache-2.0
// Cases between agencies (design 9): sent to whom they are for, shown as far as
// an agreement goes, taken from step to step.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_DESK_H_
#define WAYSTATION_SERVER_HUB_NOTICE_DESK_H_

#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/notice_row.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// All are borrowed. Thread-safe. Callers are agencies and their clerks.
class NoticeDesk {
 public:
  NoticeDesk(Core& core, Committer& committer, Refusals& refusals)
      : core_(core),
        committer_(committer),
        refusals_(refusals),
        names_(core.keys.handle_key()) {}

  void Send(const Caller& caller, v1::SendNoticeRequest request,
            Hub::Callback<v1::SendNoticeResponse> done);
  absl::StatusOr<v1::ListNoticesResponse> List(
      const Caller& caller, const v1::ListNoticesRequest& request) const;
  absl::StatusOr<std::shared_ptr<NoticeWatch>> Watch(
      const Caller& caller, const v1::WatchNoticesRequest& request,
      std::function<void()> wake);
  void Get(const Caller& caller, const v1::GetNoticeRequest& request,
           Hub::Callback<v1::GetNoticeResponse> done);
  void Step(const Caller& caller, v1::StepNoticeRequest request,
            Hub::Callback<v1::StepNoticeResponse> done);

 private:
  // Counts what is refused, then calls `done`. `method` is a literal.
  template <typename Response>
  Hub::Callback<Response> Counted(const Caller& caller, std::string_view method,
                                  Hub::Callback<Response> done);

  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
  const NoticeNames names_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_DESK_H_
