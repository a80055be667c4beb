// SPDX-License-Identifier: Apache-2.0
// How complete and sound the records here are, counted for whoever may ask.
#ifndef WAYSTATION_SERVER_HUB_RECORD_REPORT_H_
#define WAYSTATION_SERVER_HUB_RECORD_REPORT_H_

#include <mutex>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/record_rates.pb.h"

namespace waystation::hub {

// Borrows the core. Thread-safe.
class RecordReport {
 public:
  explicit RecordReport(Core& core) : core_(core) {}

  struct Counted {
    v1::GetRecordRatesResponse response;
    // To be durable before the response is shown.
    v1::AuditEvent event;
  };
  // Unseals record after record. An agency and its clerks
  // get what is its own, exactly; others get all of them without rows of few
  // records. Errors as the service says.
  absl::StatusOr<Counted> Count(const Caller& caller,
                                const v1::GetRecordRatesRequest& request);

 private:
  Core& core_;
  // Held while one is counted: whoever reads for minutes must not take all the
  // threads that read.
  std::mutex counting_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RECORD_REPORT_H_
