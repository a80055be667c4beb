// SPDX-License-Identifier: Apache-2.0
#include "server/hub/ruling_work.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/office_view.h"
#include "server/hub/pair_item.h"

namespace waystation::hub {

using google::protobuf::util::TimeUtil;
using storage::Uid;

absl::Status RulingWork::CheckClaim(const Planning& planning,
                                    const storage::OpenItemKey& key) {
  const auto claims = ReviewClaims::Load(core_.store, planning.now);
  if (!claims.ok()) return claims.status();
  ReviewClaims rest = *claims;
  released_.reset();
  std::vector<storage::OpenItemKey> keys{key};
  if (const auto twin = TwinOf(key)) keys.push_back(*twin);
  for (const storage::OpenItemKey& one : keys) {
    if (auto status = claims->CheckFree(one, caller_.path); !status.ok()) {
      return status;
    }
    if (rest.Remove(one, caller_.path)) released_ = rest.RowOf(caller_.path);
  }
  return absl::OkStatus();
}

void RulingWork::EndClaim(Planning& planning) const {
  if (released_.has_value()) planning.batch.objects.push_back(*released_);
}

Proposals::Proposal RulingWork::ProposalOf(
    const Planning& planning, const LoadedDecision& decision) const {
  Proposals::Proposal proposal;
  proposal.set_number(decision.number);
  proposal.set_proposed_by(caller_.path);
  proposal.set_proposed_time(planning.now);
  proposal.set_subject(decision.stored.decision().subject());
  proposal.set_attribute(decision.stored.attribute());
  return proposal;
}

void RulingWork::SetSeen(const RulingSubject& subject,
                         Proposals::Proposal& proposal) {
  proposal.mutable_agencies()->Assign(subject.agencies.begin(),
                                      subject.agencies.end());
  proposal.set_etag(std::string(AsBytes(subject.etag)));
}

void RulingWork::MarkUndone(const Planning& planning, const std::string& who,
                            const std::string& reason,
                            LoadedDecision& decision) {
  decision.active = false;
  v1::Decision& undone = *decision.stored.mutable_decision();
  undone.set_state(v1::Decision::STATE_UNDONE);
  undone.set_undone_by(who);
  *undone.mutable_undone_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  undone.set_undo_reason(reason);
}

absl::Status RulingWork::CheckPairStands(const Planning& planning,
                                         const LoadedDecision& decision) {
  if (decision.IsValueDecision()) return absl::OkStatus();
  const bool joined = planning.PersonOf(decision.stored.uids(0)) ==
                      planning.PersonOf(decision.stored.uids(1));
  if (joined ==
      (decision.stored.decision().kind() == v1::Decision::KIND_SAME)) {
    return absl::OkStatus();
  }
  return errors::Error("DECISION_CONTRADICTS", {.field = "kind"});
}

std::optional<domain::Resolution> RulingWork::Resolve(
    const std::vector<std::unique_ptr<PersonSide>>& sides, Uid uid,
    uint32_t attribute, const storage::KeyHash& entry,
    codes::Date as_of) const {
  const auto* info = domain::FindAttribute(static_cast<int>(attribute));
  if (info == nullptr) return std::nullopt;
  for (const std::unique_ptr<PersonSide>& side : sides) {
    if (std::ranges::binary_search(side->members, uid)) {
      return ResolveEntry(core_, *side, *info, entry, as_of);
    }
  }
  return std::nullopt;
}

v1::DecisionEffect RulingWork::EffectOf(const Outcome& outcome,
                                        const LoadedDecision& decision) const {
  v1::DecisionEffect effect;
  const store::v1::StoredDecision& stored = decision.stored;
  const auto* attribute =
      domain::FindAttribute(static_cast<int>(stored.attribute()));
  for (const Affair& affair : outcome.affairs) {
    if (attribute == nullptr) break;
    const storage::KeyHash entry =
        core_.hashes.Entry(stored.attribute(), stored.entry_key());
    const codes::Date today = outcome.planning.today;
    if (const auto before = Resolve(affair.before, stored.uids(0),
                                    stored.attribute(), entry, today)) {
      *effect.mutable_before() = StandingValue(*attribute, *before);
      effect.set_status_before(before->status);
    }
    if (const auto after = Resolve(affair.after, stored.uids(0),
                                   stored.attribute(), entry, today)) {
      *effect.mutable_after() = StandingValue(*attribute, *after);
      effect.set_status_after(after->status);
    }
  }
  std::set<std::string> recipients;
  for (const storage::MailboxRow& row : outcome.planning.batch.mailbox) {
    const AgencyEntry* agency = outcome.planning.registry->Find(row.agency);
    if (agency != nullptr) recipients.insert(agency->id());
  }
  for (const std::string& recipient : recipients) {
    effect.add_recipients(recipient);
  }
  return effect;
}

// The leaf commits to the decision in full, sealed beside the record that it
// names first.
void RulingWork::AddLeaf(Planning& planning, v1::AuditEvent::Kind kind,
                         const std::string& act,
                         const LoadedDecision& decision) {
  v1::AuditEvent event;
  event.set_kind(kind);
  event.set_actor(caller_.path);
  event.set_purpose(v1::PURPOSE_RECONCILIATION);
  event.set_act(act);
  event.set_object(std::to_string(decision.number));
  event.set_count(1);
  if (decision.IsValueDecision()) {
    event.add_attributes(decision.stored.decision().attribute());
  }
  const std::string content = decision.stored.decision().SerializeAsString();
  const auto drawn = core_.random.Draw<auditlog::kSaltSize>();
  const std::string_view salt(reinterpret_cast<const char*>(drawn.data()),
                              drawn.size());
  const RecordPtr record = planning.Find(decision.stored.uids(0));
  std::vector<storage::DetailRow> details;
  details.push_back(SealDetail(core_.sealer, *record,
                               auditlog::SaltedHash(salt, content), salt,
                               content));
  SetDetailsRoot(details, event);
  leaf_ = planning.AddLeaf(std::move(event), std::move(details));
}

v1::LeafReference RulingWork::ExpectedLeaf() const {
  v1::LeafReference leaf;
  leaf.set_origin(core_.log_origin);
  leaf.set_index(core_.counters.log_size + leaf_.value_or(0));
  return leaf;
}

void RulingWork::NotePreview(const Planning& planning, const std::string& act,
                             const std::string& object,
                             const std::string& reason,
                             const LoadedDecision& decision) {
  domain::AttributeSet seen = 0;
  if (decision.IsValueDecision()) {
    seen = domain::BitOf(static_cast<int>(decision.stored.attribute()));
  }
  std::vector<RecordPtr> records;
  for (const Uid uid : decision.stored.uids()) {
    records.push_back(planning.Find(uid));
  }
  preview_ = LookAt(core_, caller_, act, object, reason, seen, records);
}

void RulingWork::Tell(std::function<void(const absl::Status&)> tell) {
  if (!preview_.has_value()) return tell(absl::OkStatus());
  committer_.Submit(std::make_unique<LeafWork>(
      std::move(preview_->event), std::move(preview_->details),
      [tell = std::move(tell)](const absl::StatusOr<uint64_t>& leaf) {
        tell(leaf.status());
      }));
}

void RulingWork::SetLeaf(const storage::Committed* committed,
                         v1::Decision& decision) const {
  if (committed == nullptr || !leaf_.has_value()) return;
  decision.mutable_leaf()->set_origin(core_.log_origin);
  decision.mutable_leaf()->set_index(committed->first_leaf + *leaf_);
}

}  // namespace waystation::hub
