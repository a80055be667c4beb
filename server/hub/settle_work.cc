// SPDX-License-Identifier: Apache-2.0
#include <string>
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
namespace {

using google::protobuf::util::TimeUtil;

absl::Status ChangedSince(std::string what) {
  return errors::Error("CHANGED_MEANWHILE",
                       {.metadata = {{"changed", std::move(what)}}});
}

}  // namespace

SettleWork::SettleWork(Core& core, Committer& committer, Caller caller,
                       Request request,
                       Hub::Callback<v1::SettleProposalResponse> done)
    : RulingWork(core, committer, std::move(caller)),
      request_(std::move(request)),
      done_(std::move(done)) {}

absl::Status SettleWork::Begin(Planning& planning) {
  response_.Clear();
  repeated_ = false;
  planning.dry_run = request_.validate_only();
  if (auto status = CheckRequest(planning.today); !status.ok()) return status;
  const auto reviewer = Reviewer::Of(*planning.registry, caller_);
  if (!reviewer.ok()) return reviewer.status();
  if (auto status = planning.state.LoadDecision(request_.number());
      !status.ok()) {
    return status;
  }
  const auto found = planning.state.decisions().find(request_.number());
  auto proposals = Proposals::Load(core_.store);
  if (!proposals.ok()) return proposals.status();
  const Proposals::Proposal* waiting = proposals->Find(request_.number());
  if (found == planning.state.decisions().end() ||
      !reviewer->Sees(found->second->stored.decision()) ||
      (waiting != nullptr && !reviewer->Sees(*waiting))) {
    return errors::Error("NOT_AVAILABLE", {.field = "number"});
  }
  if (waiting == nullptr) return FindRepeat(*found->second);
  undo_ = waiting->undo();
  if (auto status = CheckCaller(*waiting); !status.ok()) return status;
  if (auto status =
          CheckClaim(planning, {.kind = kProposalKind, .a = waiting->number()});
      !status.ok()) {
    return status;
  }
  const std::vector<storage::Uid> uids(found->second->stored.uids().begin(),
                                       found->second->stored.uids().end());
  if (auto status = LoadForRuling(planning, uids); !status.ok()) return status;
  if (Approves()) {
    auto status = Approve(planning, *waiting);
    if (!status.ok()) return status;
  } else {
    End(planning);
  }
  proposals->Remove(request_.number());
  planning.batch.objects.push_back(proposals->Row());
  return absl::OkStatus();
}

absl::Status SettleWork::CheckRequest(codes::Date today) const {
  if (request_.answer() == Request::ANSWER_UNSPECIFIED ||
      !Request::Answer_IsValid(request_.answer())) {
    return errors::Error("FIELD_MISSING", {.field = "answer"});
  }
  if (Approves() && request_.reason().empty()) return absl::OkStatus();
  return CheckReason(request_.reason(), today);
}

absl::Status SettleWork::FindRepeat(const LoadedDecision& decision) {
  const v1::Decision& settled = decision.stored.decision();
  const auto state_of = [](Request::Answer answer, bool undo) {
    switch (answer) {
      case Request::ANSWER_APPROVE:
        return undo ? v1::Decision::STATE_UNDONE : v1::Decision::STATE_STANDING;
      case Request::ANSWER_REFUSE:
        return v1::Decision::STATE_REFUSED;
      default:
        return v1::Decision::STATE_WITHDRAWN;
    }
  };
  const bool was_undo = settled.has_undo_proposal();
  const v1::Decision::State state =
      was_undo ? settled.undo_proposal().state() : settled.state();
  const std::string& by =
      was_undo ? settled.undo_proposal().settled_by() : settled.settled_by();
  if (by == caller_.path && state == state_of(request_.answer(), was_undo)) {
    repeated_ = true;
    *response_.mutable_decision() = settled;
    if (Approves()) {
      *response_.mutable_effect() =
          was_undo ? decision.stored.undo_effect() : decision.stored.effect();
    }
    return absl::OkStatus();
  }
  return errors::Error(
      "PROPOSAL_SETTLED",
      {.metadata = {{"by", by}, {"state", v1::Decision::State_Name(state)}}});
}

absl::Status SettleWork::CheckCaller(
    const Proposals::Proposal& proposal) const {
  const bool is_own = proposal.proposed_by() == caller_.path;
  if (request_.answer() != Request::ANSWER_WITHDRAW) {
    return is_own ? errors::Error("OWN_PROPOSAL") : absl::OkStatus();
  }
  if (is_own) return absl::OkStatus();
  return errors::Error("NOT_ALLOWED",
                       {.rule = "withdrawn by who proposed it alone"});
}

absl::Status SettleWork::Approve(Planning& planning,
                                 const Proposals::Proposal& proposal) {
  const auto subject = LoadSubject(planning, proposal.subject());
  const bool is_gone = errors::ReasonOf(subject.status()) == "NOT_AVAILABLE";
  if (!subject.ok() && !is_gone) return subject.status();
  LoadedDecision& decision = planning.EditDecision(request_.number());
  store::v1::StoredDecision& stored = decision.stored;
  // What is undone may have been gone already.
  if (is_gone && !(undo_ && proposal.etag().empty())) {
    return ChangedSince("records");
  }
  if (!is_gone && AsBytes(subject->etag) != proposal.etag()) {
    return ChangedSince(
        WhatChanged(undo_ ? stored.undo_seen_parts() : stored.seen_parts(),
                    subject->parts));
  }
  v1::Decision& ruled = *stored.mutable_decision();
  if (undo_) {
    MarkUndone(planning, proposal.proposed_by(), ruled.undo_proposal().reason(),
               decision);
    auto& settled = *ruled.mutable_undo_proposal();
    settled.set_state(v1::Decision::STATE_UNDONE);
    settled.set_settled_by(caller_.path);
    *settled.mutable_settled_time() =
        TimeUtil::MicrosecondsToTimestamp(planning.now);
    settled.set_settled_reason(request_.reason());
    return absl::OkStatus();
  }
  // Other rules may have settled it, or joined the two, by themselves.
  const bool is_open = subject->is_pair()
                           ? planning.state.items().contains(subject->key)
                           : subject->resolution->is_conflict();
  if (!is_open) return ChangedSince("rules");
  decision.active = true;
  ruled.set_state(v1::Decision::STATE_STANDING);
  ruled.set_settled_by(caller_.path);
  *ruled.mutable_settled_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  ruled.set_settled_reason(request_.reason());
  return absl::OkStatus();
}

void SettleWork::End(Planning& planning) {
  v1::Decision& ruled =
      *planning.EditDecision(request_.number()).stored.mutable_decision();
  const v1::Decision::State state = request_.answer() == Request::ANSWER_REFUSE
                                        ? v1::Decision::STATE_REFUSED
                                        : v1::Decision::STATE_WITHDRAWN;
  const auto now = TimeUtil::MicrosecondsToTimestamp(planning.now);
  if (undo_) {
    auto& settled = *ruled.mutable_undo_proposal();
    settled.set_state(state);
    settled.set_settled_by(caller_.path);
    *settled.mutable_settled_time() = now;
    settled.set_settled_reason(request_.reason());
    return;
  }
  ruled.set_state(state);
  ruled.set_settled_by(caller_.path);
  *ruled.mutable_settled_time() = now;
  ruled.set_settled_reason(request_.reason());
}

absl::Status SettleWork::Conclude(const Outcome& outcome) {
  if (repeated_) return absl::OkStatus();
  Planning& planning = outcome.planning;
  LoadedDecision& decision = planning.EditDecision(request_.number());
  if (Approves()) {
    if (!undo_) {
      auto status = CheckPairStands(planning, decision);
      if (!status.ok()) return status;
    }
    *response_.mutable_effect() = EffectOf(outcome, decision);
  }
  *response_.mutable_decision() = decision.stored.decision();
  std::string act = undo_ ? "decision.undo." : "decision.";
  act += request_.answer() == Request::ANSWER_APPROVE  ? "approve"
         : request_.answer() == Request::ANSWER_REFUSE ? "refuse"
                                                       : "withdraw";
  if (planning.dry_run) {
    NotePreview(planning, act + ".preview", std::to_string(request_.number()),
                request_.reason(), decision);
    return absl::OkStatus();
  }
  if (Approves()) {
    *(undo_ ? decision.stored.mutable_undo_effect()
            : decision.stored.mutable_effect()) = response_.effect();
  }
  AddLeaf(planning,
          undo_ ? v1::AuditEvent::KIND_UNDO : v1::AuditEvent::KIND_DECISION,
          act, decision);
  if (!undo_) {
    *decision.stored.mutable_decision()->mutable_leaf() = ExpectedLeaf();
  }
  EndClaim(planning);
  return absl::OkStatus();
}

void SettleWork::Answer(const storage::Committed* committed) {
  if (!repeated_ && !undo_) SetLeaf(committed, *response_.mutable_decision());
  HideEffect(response_);
  Tell([done = done_,
        response = std::move(response_)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(std::move(response));
  });
}

void SettleWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
