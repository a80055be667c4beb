// SPDX-License-Identifier: Apache-2.0
#include "server/hub/planning.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/util/time_util.h"

namespace waystation::hub {

using storage::PersonId;
using storage::Uid;

Planning::Planning(Core& given, Memory& remembered, State ahead,
                   const Change* in_flight)
    : core(given),
      memory(remembered),
      rules(&given.rules()),
      registry(given.registry.Get()),
      now(given.clock.Now()),
      today(domain::DayOf(now)),
      first_leaf(in_flight != nullptr ? in_flight->log_size
                                      : given.counters.log_size.load()),
      state(std::move(ahead)) {
  if (in_flight != nullptr) state.PutOnTopOf(*in_flight);
  batch.id = core.random.Draw<16>();
}

ChangedRecord& Planning::Edit(Uid uid) {
  const auto [place, added] = change.records.try_emplace(uid);
  if (added) {
    place->second.before = state.Find(uid);
    place->second.after = std::make_shared<Record>(*place->second.before);
    change.order.push_back(uid);
  }
  return place->second;
}

ChangedRecord& Planning::Add(const AgencyEntry& agency,
                             const storage::KeyHash& key,
                             std::string_view record_key) {
  const Uid uid = memory.uids.Next();
  ChangedRecord& added = change.records[uid];
  added.after =
      NewRecord(core.sealer, uid, agency.number, key, agency.id(), record_key);
  change.order.push_back(uid);
  change.keys[key] = uid;
  return added;
}

void Planning::DropUnwritten() {
  std::erase_if(change.order, [&](Uid uid) {
    const auto edited = change.records.find(uid);
    if (edited->second.writes) return false;
    if (edited->second.before == nullptr) {
      change.keys.erase(edited->second.after->key);
    }
    change.records.erase(edited);
    return true;
  });
}

LoadedDecision& Planning::EditDecision(uint64_t number) {
  ChangedDecision& changed = change.decisions[number];
  if (changed.after == nullptr) {
    changed.before = state.decisions().at(number);
    changed.after = std::make_shared<LoadedDecision>(*changed.before);
  }
  return *changed.after;
}

LoadedDecision& Planning::AddDecision(uint64_t number) {
  ChangedDecision& changed = change.decisions[number];
  changed.after = std::make_shared<LoadedDecision>();
  changed.after->number = number;
  return *changed.after;
}

absl::StatusOr<std::optional<storage::NoticeRow>> Planning::FindNotice(
    uint64_t number) const {
  const auto changed = change.notices.find(number);
  if (changed != change.notices.end()) return changed->second.after;
  return state.FindNotice(number);
}

const storage::NoticeRow* Planning::FindSentNotice(
    const storage::KeyHash& request) const {
  for (const auto& [number, changed] : change.notices) {
    if (changed.version == 0 && changed.after.request == request) {
      return &changed.after;
    }
  }
  return nullptr;
}

absl::StatusOr<uint64_t> Planning::NextNotice() const {
  const auto next = state.NextNotice();
  if (!next.ok() || change.notices.empty()) return next;
  return std::max(*next, change.notices.rbegin()->first + 1);
}

storage::NoticeRow& Planning::EditNotice(const storage::NoticeRow& found) {
  const auto [place, added] = change.notices.try_emplace(found.number);
  if (added) {
    place->second = {.version = found.version,
                     .recipient_before = found.recipient,
                     .after = found};
    ++place->second.after.version;
  }
  return place->second.after;
}

storage::NoticeRow& Planning::AddNotice(uint64_t number) {
  storage::NoticeRow& added = change.notices[number].after;
  added.number = number;
  added.version = 1;
  return added;
}

absl::StatusOr<std::optional<storage::HolderCodeRow>> Planning::FindCode(
    const storage::KeyHash& hash) const {
  const auto changed = change.codes.find(hash);
  if (changed != change.codes.end()) return changed->second.after;
  return state.FindCode(hash);
}

absl::StatusOr<std::vector<storage::HolderCodeRow>> Planning::CodesOf(
    Uid uid) const {
  auto codes = state.CodesOf(uid);
  if (codes.ok()) PutOver(change.codes, uid, *codes);
  return codes;
}

void Planning::AddCode(storage::HolderCodeRow code) {
  const storage::KeyHash hash = code.hash;
  change.codes[hash] = {.is_new = true, .after = std::move(code)};
}

void Planning::SpendCode(const storage::HolderCodeRow& found) {
  ChangedCode& changed = change.codes[found.hash];
  changed.after = found;
  changed.after.spent = true;
}

std::vector<Uid> Planning::HeldOf(std::span<const Uid> uids) const {
  std::vector<Uid> held;
  held.reserve(uids.size());
  for (const Uid uid : uids) {
    const auto changed = change.records.find(uid);
    if (changed == change.records.end() || changed->second.before != nullptr) {
      held.push_back(uid);
    }
  }
  return held;
}

absl::Status Planning::LoadPersons(std::span<const Uid> uids) {
  return state.LoadPersons(HeldOf(uids));
}

absl::Status Planning::LoadRecords(std::span<const Uid> uids) {
  return state.LoadRecords(HeldOf(uids));
}

Uid Planning::FindKey(const storage::KeyHash& key) const {
  const auto added = change.keys.find(key);
  return added != change.keys.end() ? added->second : state.FindKey(key);
}

RecordPtr Planning::Find(Uid uid) const {
  const auto changed = change.records.find(uid);
  return changed != change.records.end() ? changed->second.after
                                         : state.Find(uid);
}

PersonId Planning::PersonOf(Uid uid) const {
  const auto moved = change.person_of.find(uid);
  return moved != change.person_of.end() ? moved->second : state.PersonOf(uid);
}

std::span<const Uid> Planning::Members(PersonId person) const {
  const auto changed = change.members.find(person);
  if (changed != change.members.end()) return changed->second;
  return state.Members(person);
}

std::vector<DecisionPtr> Planning::DecisionsBefore() const {
  std::vector<DecisionPtr> decisions;
  for (const auto& [number, decision] : state.decisions()) {
    if (decision->active) decisions.push_back(decision);
  }
  return decisions;
}

std::vector<DecisionPtr> Planning::DecisionsAfter() const {
  std::vector<DecisionPtr> decisions;
  for (const auto& [number, decision] : state.decisions()) {
    if (decision->active && !change.decisions.contains(number)) {
      decisions.push_back(decision);
    }
  }
  // New ones have higher numbers than those that were found, but a changed one
  // may stand anywhere.
  for (const auto& [number, changed] : change.decisions) {
    if (changed.after->active) decisions.push_back(changed.after);
  }
  std::ranges::sort(decisions, {}, &LoadedDecision::number);
  return decisions;
}

const domain::Permissions& Planning::PermissionsOf(const AgencyEntry& agency) {
  std::shared_ptr<const Access>& access = access_[agency.number];
  if (access == nullptr) access = registry->AccessOf(agency, today);
  return access->permissions;
}

uint64_t Planning::AddLeaf(v1::AuditEvent event,
                           std::vector<storage::DetailRow> details) {
  *event.mutable_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(now);
  storage::LeafRow& leaf = batch.leaves.emplace_back();
  leaf.event = event.SerializeAsString();
  leaf.details = std::move(details);
  return batch.leaves.size() - 1;
}

}  // namespace waystation::hub
