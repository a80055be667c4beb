// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/given_reason.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/reviewer.h"
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
  proposes_ = false;
  planning.dry_run = request_.validate_only();
  if (auto given = CheckReason(request_.reason(), planning.today);
      !given.ok()) {
    return given;
  }
  if (auto status = CheckRequestId(request_.request_id()); !status.ok()) {
    return status;
  }
  const auto reviewer = Reviewer::Of(*planning.registry, caller_);
  if (!reviewer.ok()) return reviewer.status();
  if (auto status = planning.state.LoadDecision(request_.number());
      !status.ok()) {
    return status;
  }
  const auto found = planning.state.decisions().find(request_.number());
  if (found == planning.state.decisions().end() ||
      !reviewer->Sees(found->second->stored.decision())) {
    return errors::Error("NOT_AVAILABLE", {.field = "number"});
  }
  const LoadedDecision& standing = *found->second;
  const auto proposals = Proposals::Load(core_.store);
  if (!proposals.ok()) return proposals.status();
  if (const Proposals::Proposal* waiting = proposals->Find(request_.number())) {
    const bool same_request =
        waiting->undo() && waiting->proposed_by() == caller_.path &&
        !request_.request_id().empty() &&
        standing.stored.undo_request_id() == request_.request_id();
    if (!same_request) return StillProposed(*waiting);
    repeated_ = true;
    *response_.mutable_decision() = standing.stored.decision();
    return absl::OkStatus();
  }
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
  if (auto status = LoadForRuling(planning, uids); !status.ok()) return status;
  proposes_ = NeedsSecondPerson(core_.options.second_person,
                                config::v1::SecondPerson::RULING_UNDO) &&
              ruled.kind() != v1::Decision::KIND_UNSURE &&
              ruled.kind() != v1::Decision::KIND_KEEP_OPEN;
  LoadedDecision& undone = planning.EditDecision(request_.number());
  undone.stored.set_undo_request_id(request_.request_id());
  if (proposes_) {
    if (auto status = Propose(planning); !status.ok()) return status;
    if (!planning.dry_run) return absl::OkStatus();
  }
  MarkUndone(planning, caller_.path, request_.reason(), undone);
  return absl::OkStatus();
}

// What is undone can change meanwhile: an approval holds it against this.
absl::Status UndoWork::Propose(Planning& planning) {
  LoadedDecision& decision = planning.EditDecision(request_.number());
  auto& proposed = *decision.stored.mutable_decision()->mutable_undo_proposal();
  proposed.Clear();
  proposed.set_proposed_by(caller_.path);
  *proposed.mutable_proposed_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  proposed.set_reason(request_.reason());
  proposed.set_state(v1::Decision::STATE_PROPOSED);
  if (planning.dry_run) return absl::OkStatus();
  auto proposals = Proposals::Load(core_.store);
  if (!proposals.ok()) return proposals.status();
  Proposals::Proposal proposal = ProposalOf(planning, decision);
  proposal.set_undo(true);
  const auto subject =
      LoadSubject(planning, decision.stored.decision().subject());
  if (subject.ok()) {
    SetSeen(*subject, proposal);
    decision.stored.set_undo_etag(proposal.etag());
    *decision.stored.mutable_undo_seen_parts() = subject->parts;
  } else if (errors::ReasonOf(subject.status()) != "NOT_AVAILABLE") {
    return subject.status();
  }
  auto status = proposals->Add(std::move(proposal));
  if (!status.ok()) return status;
  planning.batch.objects.push_back(proposals->Row());
  return absl::OkStatus();
}

absl::Status UndoWork::Conclude(const Outcome& outcome) {
  if (repeated_) return absl::OkStatus();
  LoadedDecision& undone = outcome.planning.EditDecision(request_.number());
  *response_.mutable_decision() = undone.stored.decision();
  const bool waits = proposes_ && !outcome.planning.dry_run;
  if (undone.stored.decision().kind() != v1::Decision::KIND_UNSURE && !waits) {
    *response_.mutable_effect() = EffectOf(outcome, undone);
  }
  if (outcome.planning.dry_run) {
    NotePreview(outcome.planning, "decision.undo_preview",
                std::to_string(request_.number()), request_.reason(), undone);
    return absl::OkStatus();
  }
  *undone.stored.mutable_undo_effect() = response_.effect();
  AddLeaf(outcome.planning, v1::AuditEvent::KIND_UNDO,
          waits ? "decision.undo.propose" : "decision.undo", undone);
  return absl::OkStatus();
}

void UndoWork::Answer(const storage::Committed* committed) {
  SetLeaf(committed, *response_.mutable_decision());
  HideEffect(response_);
  Tell([done = done_,
        response = std::move(response_)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(std::move(response));
  });
}

void UndoWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
