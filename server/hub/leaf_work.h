// SPDX-License-Identifier: Apache-2.0
// A leaf that stands alone: a disclosure, a refusal, an office's look. What is
// told is told by `done`, which runs when the leaf is durable.
#ifndef WAYSTATION_SERVER_HUB_LEAF_WORK_H_
#define WAYSTATION_SERVER_HUB_LEAF_WORK_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/work.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/verify_service.pb.h"

namespace waystation::hub {

class LeafWork final : public Work {
 public:
  // With the leaf's index.
  using Done = std::function<void(absl::StatusOr<uint64_t>)>;

  LeafWork(v1::AuditEvent event, std::vector<storage::DetailRow> details,
           Done done)
      : event_(std::move(event)),
        details_(std::move(details)),
        done_(std::move(done)) {}

  // What it tells of was decided by `registry`: where other agreements are in
  // force by the time that it is written, it fails with CHANGED_MEANWHILE, and
  // what it tells of must be decided anew (asking_anew.h).
  void DecidedBy(std::shared_ptr<const Snapshot> registry) {
    registry_ = std::move(registry);
  }

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  const v1::AuditEvent event_;
  const std::vector<storage::DetailRow> details_;
  const Done done_;
  std::shared_ptr<const Snapshot> registry_;
  uint64_t ordinal_ = 0;
};

// Gives the answer to a read when its leaf is durable, and counts it.
template <typename Response>
LeafWork::Done AnswerRead(Core& core, Response response,
                          std::function<void(absl::StatusOr<Response>)> done) {
  return [&core, response = std::move(response), done = std::move(done)](
             const absl::StatusOr<uint64_t>& leaf) mutable {
    if (!leaf.ok()) return done(leaf.status());
    ++core.counters.reads_answered;
    done(std::move(response));
  };
}

// A detail that says which attributes of a record's person were told to whom,
// sealed beside that record.
storage::DetailRow DisclosureDetail(Core& core, const Record& record,
                                    domain::AttributeSet attributes,
                                    const std::string& recipient,
                                    const std::string& reason = {});

// The same that says what a desk was answered about a certificate.
storage::DetailRow VerificationDetail(Core& core, const Record& record,
                                      domain::AttributeSet attributes,
                                      const std::string& recipient,
                                      v1::VerifyResponse::Answer answer);

// What an office saw, as a leaf that is not written yet.
struct OfficeLook {
  v1::AuditEvent event;
  std::vector<storage::DetailRow> details;
};

// That `caller` saw attributes of the persons who hold these records.
OfficeLook LookAt(Core& core, const Caller& caller, const std::string& act,
                  const std::string& object, const std::string& reason,
                  domain::AttributeSet seen,
                  std::span<const RecordPtr> records);

// Sets the root over the details' hashes.
void SetDetailsRoot(const std::vector<storage::DetailRow>& details,
                    v1::AuditEvent& event);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_LEAF_WORK_H_
