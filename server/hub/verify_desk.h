// SPDX-License-Identifier: Apache-2.0
// Certificates that are asked about with their holders' codes (design 9): codes
// given out and taken back, questions, and how often who asked.
#ifndef WAYSTATION_SERVER_HUB_VERIFY_DESK_H_
#define WAYSTATION_SERVER_HUB_VERIFY_DESK_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// All are borrowed. Thread-safe.
class VerifyDesk {
 public:
  VerifyDesk(Core& core, Committer& committer, Refusals& refusals)
      : core_(core), committer_(committer), refusals_(refusals) {}

  // Callers are agencies, their clerks, and the reconciliation office.
  void Issue(const Caller& caller, v1::IssueCodeRequest request,
             Hub::Callback<v1::IssueCodeResponse> done);
  void Withdraw(const Caller& caller, v1::WithdrawCodesRequest request,
                Hub::Callback<v1::WithdrawCodesResponse> done);
  // Callers are agencies and their clerks.
  void Verify(const Caller& caller, v1::VerifyRequest request,
              Hub::Callback<v1::VerifyResponse> done);
  absl::StatusOr<v1::ReportVerificationsResponse> Report(
      const v1::ReportVerificationsRequest& request) const;

 private:
  // Counts what is refused, then calls `done`. `method` is a literal.
  template <typename Response>
  Hub::Callback<Response> Counted(const Caller& caller, std::string_view method,
                                  Hub::Callback<Response> done);

  Core& core_;
  Committer& committer_;
  Refusals& refusals_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_VERIFY_DESK_H_
