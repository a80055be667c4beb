// SPDX-License-Identifier: Apache-2.0
#include "server/hub/ruling_work.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "proto/auditlog/hash.h"
#include "server/hub/office_view.h"

namespace waystation::hub {

using storage::Uid;

absl::Status RulingWork::Load(Planning& planning, std::span<const Uid> uids) {
  if (auto status = planning.state.LoadPersons(uids); !status.ok()) {
    return status;
  }
  std::vector<Uid> members;
  for (const Uid uid : uids) {
    const auto found = planning.state.Members(planning.state.PersonOf(uid));
    members.insert(members.end(), found.begin(), found.end());
  }
  if (auto status = planning.state.LoadDecisions(members); !status.ok()) {
    return status;
  }
  return planning.state.LoadItems(members);
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
