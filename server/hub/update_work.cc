// SPDX-License-Identifier: Apache-2.0
#include "server/hub/update_work.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/retention.h"
#include "server/hub/erasure.h"
#include "server/hub/holder_code.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

// Updates of one record that are kept as they were sent; then the oldest of
// those that stand no longer goes before its time.
constexpr int kMostKept = 128;

}  // namespace

using storage::Uid;

UpdateWork::UpdateWork(Core& core, Frame frame, Done done)
    : core_(core), frame_(std::move(frame)), done_(std::move(done)) {
  for (const ReadyUpdate& update : frame_.updates) {
    bytes_ += update.bytes.size();
  }
}

void UpdateWork::AddKeys(std::vector<storage::KeyHash>& keys) const {
  for (const ReadyUpdate& update : frame_.updates) {
    if (update.violations.empty()) keys.push_back(update.key);
  }
}

absl::Status UpdateWork::Begin(Planning& planning) {
  planning.dry_run = planning.dry_run || frame_.validate_only;
  response_.Clear();
  response_.set_frame_number(frame_.number);
  applied_.clear();
  leaf_.reset();
  const AgencyEntry* agency = planning.registry->Find(frame_.caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  if (auto status = planning.memory.uids.Ensure(frame_.updates.size());
      !status.ok()) {
    return status;
  }
  // Of records that are taken back; read before anything is changed.
  absl::flat_hash_map<Uid, std::vector<storage::HolderCodeRow>> codes;
  for (const ReadyUpdate& update : frame_.updates) {
    const Uid uid =
        update.read.retraction.has_value() ? planning.FindKey(update.key) : 0;
    if (uid == 0) continue;
    auto found = planning.CodesOf(uid);
    if (!found.ok()) return found.status();
    codes[uid] = *std::move(found);
  }
  for (const ReadyUpdate& update : frame_.updates) {
    v1::UpdateResult& result = *response_.add_results();
    applied_.push_back(Apply(planning, *agency, update, result));
    result.set_outcome(applied_.back().outcome);
    const auto of_record = codes.find(applied_.back().uid);
    if (of_record != codes.end() &&
        !domain::HasClaims(planning.Find(of_record->first)->stored)) {
      SpendCodes(of_record->second, planning);
    }
  }
  return absl::OkStatus();
}

UpdateWork::Applied UpdateWork::Apply(Planning& planning,
                                      const AgencyEntry& agency,
                                      const ReadyUpdate& update,
                                      v1::UpdateResult& result) const {
  if (!update.violations.empty()) {
    result.mutable_violations()->Add(update.violations.begin(),
                                     update.violations.end());
    return {.outcome = v1::UpdateResult::OUTCOME_REJECTED};
  }
  ChangedRecord* changed = nullptr;
  if (const Uid uid = planning.FindKey(update.key); uid != 0) {
    changed = &planning.Edit(uid);
  } else {
    changed = &planning.Add(agency, update.key, update.read.record_key);
  }
  result.mutable_grades()->Add(update.read.grades.begin(),
                               update.read.grades.end());
  const domain::AttributeSet said = update.read.retraction.has_value()
                                        ? domain::AllAttributes()
                                        : update.read.attributes();
  const domain::Applied applied =
      domain::Apply(update.read, changed->after->stored);
  if (applied.outcome == v1::UpdateResult::OUTCOME_REJECTED) {
    result.mutable_violations()->Add(applied.violations.begin(),
                                     applied.violations.end());
    result.clear_grades();
    return {.outcome = applied.outcome};
  }
  if (applied.writes()) {
    changed->writes = true;
    changed->changed |= applied.changed;
    changed->said |= said;
    changed->received_time = frame_.options.received_time;
    if (IsErasure(update.read)) {
      planning.batch.objects.push_back(ErasureRow(update.key, update.read));
    }
  } else if (changed->before != nullptr) {
    // Its person is looked at for the handle that the answer names.
    planning.touched.push_back(changed->before->uid);
  }
  return {.outcome = applied.outcome,
          .uid = changed->after->uid,
          .revision = update.read.revision,
          .said = said};
}

absl::Status UpdateWork::Conclude(const Outcome& outcome) {
  Planning& planning = outcome.planning;
  const AgencyEntry* agency = planning.registry->Find(frame_.caller.agency);
  bool writes = false;
  for (size_t i = 0; i < applied_.size(); ++i) {
    const Applied& applied = applied_[i];
    if (applied.uid == 0) continue;
    writes = writes || applied.outcome == v1::UpdateResult::OUTCOME_APPLIED;
    const bool provisional =
        frame_.validate_only && planning.state.Find(applied.uid) == nullptr;
    if (provisional) continue;
    const Uid named = outcome.teller.HandleUid(applied.uid);
    response_.mutable_results(static_cast<int>(i))
        ->set_handle(agency->handles.Encode(named != 0 ? named : applied.uid));
  }
  if (writes && !frame_.validate_only) AddLeaf(planning);
  return absl::OkStatus();
}

// The leaf commits to every update of the frame, refused ones included, since
// the agency's signature covers them all; what was taken is kept as sent.
void UpdateWork::AddLeaf(Planning& planning) {
  std::vector<storage::DetailRow> details;
  details.reserve(applied_.size());
  for (size_t i = 0; i < applied_.size(); ++i) {
    const ReadyUpdate& update = frame_.updates[i];
    if (applied_[i].outcome == v1::UpdateResult::OUTCOME_APPLIED) {
      details.push_back(SealDetail(core_.sealer,
                                   *planning.Find(applied_[i].uid), update.hash,
                                   update.salt, update.bytes));
    } else {
      details.push_back(
          {.uid = applied_[i].uid, .hash = update.hash, .sealed = {}});
    }
  }
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_UPDATES);
  event.set_actor(frame_.caller.path);
  event.set_agency(frame_.caller.agency);
  event.set_count(static_cast<uint32_t>(frame_.updates.size()));
  event.set_details_root(std::string(auditlog::AsBytes(frame_.root)));
  if (frame_.signature.has_value()) {
    *event.mutable_signature() = *frame_.signature;
  }
  leaf_ = planning.AddLeaf(std::move(event), std::move(details));
  for (size_t i = 0; i < applied_.size(); ++i) {
    if (applied_[i].outcome == v1::UpdateResult::OUTCOME_APPLIED) {
      Keep(planning, applied_[i], planning.first_leaf + *leaf_,
           static_cast<uint32_t>(i));
    }
  }
}

void UpdateWork::Keep(Planning& planning, const Applied& applied, uint64_t leaf,
                      uint32_t detail) const {
  store::v1::StoredRecord& record =
      planning.change.records.at(applied.uid).after->stored;
  store::v1::KeptUpdate& kept = *record.add_kept();
  kept.set_revision(applied.revision);
  kept.set_leaf(leaf);
  kept.set_detail(detail);
  kept.set_day(domain::DayNumber(planning.today));
  kept.set_attributes(applied.said);
  planning.names_leaves = true;
  // A record that changes without end must not grow without end.
  while (record.kept_size() > kMostKept) {
    const std::optional<int> oldest = domain::OldestSuperseded(record);
    if (!oldest.has_value() ||
        record.kept(*oldest).leaf() >= planning.first_leaf) {
      return;  // Not before it is stored.
    }
    planning.batch.details.push_back({.leaf = record.kept(*oldest).leaf(),
                                      .detail = record.kept(*oldest).detail(),
                                      .sealed = {}});
    record.mutable_kept()->DeleteSubrange(*oldest, 1);
  }
}

void UpdateWork::Answer(const storage::Committed* committed) {
  for (const Applied& applied : applied_) {
    switch (applied.outcome) {
      case v1::UpdateResult::OUTCOME_APPLIED:
        core_.counters.updates_applied += frame_.validate_only ? 0 : 1;
        break;
      case v1::UpdateResult::OUTCOME_UNCHANGED:
        ++core_.counters.updates_unchanged;
        break;
      case v1::UpdateResult::OUTCOME_STALE:
        ++core_.counters.updates_stale;
        break;
      default:
        ++core_.counters.updates_rejected;
    }
  }
  if (committed != nullptr && leaf_.has_value()) {
    response_.mutable_leaf()->set_origin(core_.log_origin);
    response_.mutable_leaf()->set_index(committed->first_leaf + *leaf_);
  }
  done_(std::move(response_));
}

void UpdateWork::Fail(const absl::Status& status) { done_(StoreError(status)); }

}  // namespace waystation::hub
