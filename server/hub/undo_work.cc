// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/given_reason.h"
#include "server/hub/ruling_work.h"
#include "server/hub/store_error.h"

namespace waystation::hub {

using google::protobuf::util::TimeUtil;

UndoWork::UndoWork(Core& core, Committer& committer, Caller caller,
                   v1::UndoDecisionRequest request,
                   Hub::Callback<v1::UndoDecisionResponse> done)
    : RulingWork(core, committer, std::move(caller)),
      request_(std::move(request)),
      done_(std::move(done)) {}

absl::Status UndoWork::Begin(Planning& planning) {
  response_.Clear();
  repeated_ = false;
  planning.dry_run = request_.validate_only();
  if (auto given = CheckReason(request_.reason(), planning.today);
      !given.ok()) {
    return given;
  }
  if (auto status = CheckRequestId(request_.request_id()); !status.ok()) {
    return status;
  }
  if (auto status = planning.state.LoadDecision(request_.number());
      !status.ok()) {
    return status;
  }
  const auto found = planning.state.decisions().find(request_.number());
  if (found == planning.state.decisions().end()) {
    return errors::Error("NOT_AVAILABLE", {.field = "number"});
  }
  const LoadedDecision& standing = *found->second;
  // One who was unsure takes back what is no input.
  const v1::Decision& ruled = standing.stored.decision();
  const bool stands =
      standing.active || (ruled.kind() == v1::Decision::KIND_UNSURE &&
                          ruled.state() == v1::Decision::STATE_STANDING);
  if (!stands) {
    const bool same_request =
        !request_.request_id().empty() &&
        standing.stored.undo_request_id() == request_.request_id() &&
        standing.stored.decision().undone_by() == caller_.path;
    if (!same_request) return errors::Error("DECISION_UNDONE");
    repeated_ = true;
    *response_.mutable_decision() = standing.stored.decision();
    *response_.mutable_effect() = standing.stored.undo_effect();
    return absl::OkStatus();
  }
  const std::vector<storage::Uid> uids(standing.stored.uids().begin(),
                                       standing.stored.uids().end());
  if (auto status = Load(planning, uids); !status.ok()) return status;
  LoadedDecision& undone = planning.EditDecision(request_.number());
  undone.active = false;
  undone.stored.set_undo_request_id(request_.request_id());
  v1::Decision& decision = *undone.stored.mutable_decision();
  decision.set_state(v1::Decision::STATE_UNDONE);
  decision.set_undone_by(caller_.path);
  *decision.mutable_undone_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  decision.set_undo_reason(request_.reason());
  return absl::OkStatus();
}

absl::Status UndoWork::Conclude(const Outcome& outcome) {
  if (repeated_) return absl::OkStatus();
  LoadedDecision& undone = outcome.planning.EditDecision(request_.number());
  *response_.mutable_decision() = undone.stored.decision();
  if (undone.stored.decision().kind() != v1::Decision::KIND_UNSURE) {
    *response_.mutable_effect() = EffectOf(outcome, undone);
  }
  if (outcome.planning.dry_run) {
    NotePreview(outcome.planning, "decision.undo_preview",
                std::to_string(request_.number()), request_.reason(), undone);
    return absl::OkStatus();
  }
  *undone.stored.mutable_undo_effect() = response_.effect();
  AddLeaf(outcome.planning, v1::AuditEvent::KIND_UNDO, "decision.undo", undone);
  return absl::OkStatus();
}

void UndoWork::Answer(const storage::Committed* committed) {
  SetLeaf(committed, *response_.mutable_decision());
  Tell([done = done_,
        response = std::move(response_)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(std::move(response));
  });
}

void UndoWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
