// SPDX-License-Identifier: Apache-2.0
// Decisions of clerks, undoing them, and a second person's
// word on either (design 7): inputs that are added or taken away, after which
// everything around them is computed again.
#ifndef WAYSTATION_SERVER_HUB_RULING_WORK_H_
#define WAYSTATION_SERVER_HUB_RULING_WORK_H_

#include <functional>
#include <optional>
#include <string>

#include "server/hub/caller.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/leaf_work.h"
#include "server/hub/proposals.h"
#include "server/hub/review_claims.h"
#include "server/hub/ruling_subject.h"
#include "server/hub/work.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// What they share: the value or pair that is ruled on, what it changes, whom it
// is told to, and the leaf.
class RulingWork : public Work {
 public:
  bool alone() const final { return true; }

 protected:
  // Core and committer are borrowed.
  RulingWork(Core& core, Committer& committer, Caller caller)
      : core_(core), committer_(committer), caller_(std::move(caller)) {}

  // Another clerk may be at work on it, or on the other item of its pair; the
  // caller's own claims of these end with this group.
  absl::Status CheckClaim(const Planning& planning,
                          const storage::OpenItemKey& key);
  void EndClaim(Planning& planning) const;
  // What is to wait for a second person; on the subject as it stands, where
  // there still is one.
  Proposals::Proposal ProposalOf(const Planning& planning,
                                 const LoadedDecision& decision) const;
  static void SetSeen(const RulingSubject& subject,
                      Proposals::Proposal& proposal);
  // The decision is no input any more, by `who`.
  static void MarkUndone(const Planning& planning, const std::string& who,
                         const std::string& reason, LoadedDecision& decision);
  // DECISION_CONTRADICTS where the group does not leave a pair as it is ruled.
  static absl::Status CheckPairStands(const Planning& planning,
                                      const LoadedDecision& decision);
  // The entry that is ruled on, before or after.
  std::optional<domain::Resolution> Resolve(
      const std::vector<std::unique_ptr<PersonSide>>& sides, storage::Uid uid,
      uint32_t attribute, const storage::KeyHash& entry,
      codes::Date as_of) const;
  v1::DecisionEffect EffectOf(const Outcome& outcome,
                              const LoadedDecision& decision) const;
  void AddLeaf(Planning& planning, v1::AuditEvent::Kind kind,
               const std::string& act, const LoadedDecision& decision);
  // Where the leaf that was added last will stand, this group being alone.
  v1::LeafReference ExpectedLeaf() const;
  void SetLeaf(const storage::Committed* committed,
               v1::Decision& decision) const;
  // Whom a ruling is told to would tell an agency's own clerk who else knows
  // the person.
  template <typename Response>
  void HideEffect(Response& response) const {
    if (!caller_.IsReconciliationOffice()) response.clear_effect();
  }
  // A preview writes nothing, but it shows values: it is told when the leaf of
  // that look is durable.
  void NotePreview(const Planning& planning, const std::string& act,
                   const std::string& object, const std::string& reason,
                   const LoadedDecision& decision);
  // Calls `tell` now, or after the preview's leaf; with the error if there is
  // none.
  void Tell(std::function<void(const absl::Status&)> tell);

  Core& core_;
  Committer& committer_;
  const Caller caller_;
  std::optional<uint64_t> leaf_;
  std::optional<OfficeLook> preview_;

 private:
  // What is left of the caller's claims without this one, if it was claimed.
  std::optional<storage::ObjectRow> released_;
};

class DecideWork final : public RulingWork {
 public:
  DecideWork(Core& core, Committer& committer, Caller caller,
             v1::DecideRequest request, Hub::Callback<v1::DecideResponse> done);

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  absl::Status CheckRequest(codes::Date today) const;
  // The answer that the request got before, if it did.
  absl::StatusOr<bool> FindRepeat();
  // Whether the subject can be ruled on so, as it stands.
  absl::Status CheckConflict(const RulingSubject& subject) const;
  absl::Status CheckPair(const Planning& planning,
                         const RulingSubject& subject) const;
  // Fills in what is ruled and what was seen.
  absl::Status PinConflict(const Planning& planning,
                           const RulingSubject& subject,
                           LoadedDecision& decision) const;
  void PinPair(const RulingSubject& subject, LoadedDecision& decision) const;
  absl::StatusOr<store::v1::StoredClaim> ReadGivenValue(
      const Planning& planning, const RulingSubject& subject,
      uint64_t number) const;
  absl::Status Propose(Planning& planning, const RulingSubject& subject,
                       LoadedDecision& decision);
  LoadedDecision& Record(Planning& planning, uint64_t number);
  bool IsUnsure() const { return request_.kind() == v1::Decision::KIND_UNSURE; }

  const v1::DecideRequest request_;
  const Hub::Callback<v1::DecideResponse> done_;
  bool repeated_ = false;
  bool proposes_ = false;
  uint64_t number_ = 0;
  v1::DecideResponse response_;
};

class UndoWork final : public RulingWork {
 public:
  UndoWork(Core& core, Committer& committer, Caller caller,
           v1::UndoDecisionRequest request,
           Hub::Callback<v1::UndoDecisionResponse> done);

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  absl::Status Propose(Planning& planning);

  const v1::UndoDecisionRequest request_;
  const Hub::Callback<v1::UndoDecisionResponse> done_;
  bool repeated_ = false;
  bool proposes_ = false;
  v1::UndoDecisionResponse response_;
};

// A proposed ruling or undo stands, or is ended.
class SettleWork final : public RulingWork {
 public:
  SettleWork(Core& core, Committer& committer, Caller caller,
             v1::SettleProposalRequest request,
             Hub::Callback<v1::SettleProposalResponse> done);

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  using Request = v1::SettleProposalRequest;

  bool Approves() const { return request_.answer() == Request::ANSWER_APPROVE; }
  absl::Status CheckRequest(codes::Date today) const;
  // Nothing of the decision waits: the caller's own answer of before, or who
  // was faster.
  absl::Status FindRepeat(const LoadedDecision& decision);
  absl::Status CheckCaller(const Proposals::Proposal& proposal) const;
  absl::Status Approve(Planning& planning, const Proposals::Proposal& proposal);
  void End(Planning& planning);

  const Request request_;
  const Hub::Callback<v1::SettleProposalResponse> done_;
  bool repeated_ = false;
  bool undo_ = false;
  v1::SettleProposalResponse response_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULING_WORK_H_
