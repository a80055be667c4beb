// SPDX-License-Identifier: Apache-2.0
// What is overdue, counted by the agency that it waits for.
#ifndef WAYSTATION_SERVER_HUB_OVERDUE_REPORT_H_
#define WAYSTATION_SERVER_HUB_OVERDUE_REPORT_H_

#include <mutex>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/notice_row.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::hub {

// Borrows the core. Thread-safe.
class OverdueReport {
 public:
  explicit OverdueReport(Core& core)
      : core_(core), names_(core.keys.handle_key()) {}

  struct Counted {
    v1::GetOverdueNoticesResponse response;
    // To be durable before the response is shown.
    v1::AuditEvent event;
  };
  // Reads what is overdue, and nothing else. An agency and its clerks get what
  // waits for it and what is escalated to it; others get all. Counts are exact:
  // whoever gets them is to have it answered, and they tell of agencies, not of
  // persons. INVALID_REQUEST, AGENCY_NOT_REGISTERED; LIMIT_REACHED: one is
  // being counted.
  absl::StatusOr<Counted> Count(const Caller& caller,
                                const v1::GetOverdueNoticesRequest& request);

 private:
  Core& core_;
  const NoticeNames names_;
  // Held while one is counted: whoever reads for seconds must not take all the
  // threads that read.
  std::mutex counting_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_OVERDUE_REPORT_H_
