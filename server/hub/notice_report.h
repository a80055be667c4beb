// SPDX-License-Identifier: Apache-2.0
// How the notices of a period went, counted for whoever may ask.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_REPORT_H_
#define WAYSTATION_SERVER_HUB_NOTICE_REPORT_H_

#include <mutex>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/notice_rates.pb.h"

namespace waystation::hub {

// Borrows the core. Thread-safe.
class NoticeReport {
 public:
  explicit NoticeReport(Core& core) : core_(core) {}

  struct Counted {
    v1::GetNoticeRatesResponse response;
    // To be durable before the response is shown.
    v1::AuditEvent event;
  };
  // Reads the notices that were sent about the period. An agency and its clerks
  // get what is its own, exactly; others get all of them without rows of few
  // cases. Errors as the service says.
  absl::StatusOr<Counted> Count(const Caller& caller,
                                const v1::GetNoticeRatesRequest& request);

 private:
  Core& core_;
  // Held while one is counted: whoever reads for seconds must not take all the
  // threads that read.
  std::mutex counting_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_REPORT_H_
