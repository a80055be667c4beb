// SPDX-License-Identifier: Apache-2.0
// One frame of updates, or one unary update, as a piece of work: read and
// checked in the calling thread, applied by the committer, answered when it is
// durable.
#ifndef WAYSTATION_SERVER_HUB_UPDATE_WORK_H_
#define WAYSTATION_SERVER_HUB_UPDATE_WORK_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proto/auditlog/hash.h"
#include "server/domain/read_update.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/work.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::hub {

// One update of a frame, ready to be applied.
struct ReadyUpdate {
  // Kept as sent, with its salt and the salted hash over both.
  std::string bytes;
  std::string salt;
  auditlog::Hash hash{};
  // Without violations, what it says.
  domain::ReadUpdate read;
  std::vector<v1::Violation> violations;
  storage::KeyHash key{};
};

class UpdateWork final : public Work {
 public:
  using Done = std::function<void(absl::StatusOr<v1::SubmitRecordsResponse>)>;

  struct Frame {
    Caller caller;
    uint64_t number = 0;
    bool validate_only = false;
    std::optional<v1::Signature> signature;
    // Root over the updates' salted hashes.
    auditlog::Hash root{};
    std::vector<ReadyUpdate> updates;
    domain::ReadOptions options;
  };

  UpdateWork(Core& core, Frame frame, Done done);

  size_t size() const override { return frame_.updates.size(); }
  size_t bytes() const override { return bytes_; }
  bool alone() const override { return frame_.validate_only; }
  void AddKeys(std::vector<storage::KeyHash>& keys) const override;
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  // What became of one update; `uid` is 0 if it was rejected.
  struct Applied {
    v1::UpdateResult::Outcome outcome = v1::UpdateResult::OUTCOME_UNSPECIFIED;
    storage::Uid uid = 0;
    uint64_t revision = 0;
    // Attributes that it claims or takes back.
    domain::AttributeSet said = 0;
  };
  Applied Apply(Planning& planning, const AgencyEntry& agency,
                const ReadyUpdate& update, v1::UpdateResult& result) const;
  void AddLeaf(Planning& planning);
  // Notes in the record where the update is kept, until it is shredded.
  void Keep(Planning& planning, const Applied& applied, uint64_t leaf,
            uint32_t detail) const;

  Core& core_;
  Frame frame_;
  const Done done_;
  size_t bytes_ = 0;
  v1::SubmitRecordsResponse response_;
  std::vector<Applied> applied_;
  std::optional<uint64_t> leaf_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_UPDATE_WORK_H_
