// SPDX-License-Identifier: Apache-2.0
// What changes holders' codes: giving one out, asking with it, taking them
// back.
#ifndef WAYSTATION_SERVER_HUB_VERIFY_WORK_H_
#define WAYSTATION_SERVER_HUB_VERIFY_WORK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/verification.h"
#include "server/hub/answering.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/verification_counts.h"
#include "server/hub/work.h"

namespace waystation::hub {

// Wrong codes that an agency may name on one day.
int MostWrongCodes(const Core& core);

// TOO_MANY_WRONG_CODES once an agency has named so many today.
absl::Status CheckWrongCodes(const Core& core, const std::string& agency,
                             int64_t now);

// "residence_permit", as it stands in leaves.
std::string NameOfKind(v1::Certificate::Kind kind);

class IssueCodeWork final : public Answering<v1::IssueCodeResponse> {
 public:
  // `agency` holds the record. The request is sound in itself.
  IssueCodeWork(Core& core, Caller caller, std::string agency,
                v1::IssueCodeRequest request,
                Hub::Callback<v1::IssueCodeResponse> done);

  bool alone() const override { return request_.validate_only(); }
  void AddKeys(std::vector<storage::KeyHash>& keys) const override;
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;

 private:
  // The one that is meant of what the record claims.
  absl::StatusOr<domain::Paper> FindPaper() const;
  // Writes a code that nobody has, and its row.
  absl::StatusOr<storage::HolderCodeRow> Draw(const Planning& planning);

  Core& core_;
  const Caller caller_;
  const std::string agency_;
  const v1::IssueCodeRequest request_;
  const storage::KeyHash key_;
  const domain::VerifySubject subject_;
  RecordPtr record_;
  domain::AttributeNumber attribute_ = 0;
};

class VerifyWork final : public Work {
 public:
  // `characters` as ReadHolderCode gives them.
  VerifyWork(Core& core, Caller caller, std::string characters,
             v1::VerifyRequest request, Hub::Callback<v1::VerifyResponse> done);

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  // Answers and spends the code, if it is one.
  absl::Status Ask(Planning& planning);
  // Has the question counted as this, and no longer as what it was.
  void CountAs(std::optional<VerificationCounts::Outcome> outcome);

  Core& core_;
  const Caller caller_;
  const v1::VerifyRequest request_;
  const domain::VerifySubject subject_;
  const storage::KeyHash hash_;
  const Hub::Callback<v1::VerifyResponse> done_;
  v1::VerifyResponse response_;
  // nullptr: there is no such code, or none that is open.
  RecordPtr record_;
  domain::AttributeNumber attribute_ = 0;
  codes::Date day_{};
  std::optional<VerificationCounts::Counted> counted_;
};

class WithdrawCodesWork final : public Answering<v1::WithdrawCodesResponse> {
 public:
  // `agency` holds the record.
  WithdrawCodesWork(Core& core, Caller caller, std::string agency,
                    v1::WithdrawCodesRequest request,
                    Hub::Callback<v1::WithdrawCodesResponse> done);

  bool alone() const override { return request_.validate_only(); }
  void AddKeys(std::vector<storage::KeyHash>& keys) const override;
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;

 private:
  Core& core_;
  const Caller caller_;
  const std::string agency_;
  const v1::WithdrawCodesRequest request_;
  const storage::KeyHash key_;
  RecordPtr record_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_VERIFY_WORK_H_
