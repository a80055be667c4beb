// SPDX-License-Identifier: Apache-2.0
#include "server/hub/state.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace waystation::hub {

using storage::KeyHash;
using storage::PersonId;
using storage::Uid;

State::State(Core& core, const Hints& hints)
    : core_(&core), hints_(&hints), group_(core.store.NewestGroup()) {}

void State::PutOnTopOf(const Change& in_flight) {
  in_flight_ = &in_flight;
  for (const auto& [key, item] : in_flight.items) PutInFlight(key, item);
  edges_.insert(in_flight.edges.begin(), in_flight.edges.end());
  if (keys_.empty()) return;
  for (const auto& [key, uid] : in_flight.keys) {
    if (keys_.contains(key)) Keep(in_flight.records.at(uid).after);
  }
  for (const auto& [uid, changed] : in_flight.records) {
    if (records_.contains(uid)) Keep(changed.after);
  }
  // Persons that gained or lost a record are looked up once more.
  for (const auto& [person, members] : in_flight.members) {
    const auto found = members_.find(person);
    if (found == members_.end()) continue;
    for (const Uid uid : found->second) person_of_.erase(uid);
    members_.erase(found);
  }
  for (const auto& [uid, person] : in_flight.person_of) person_of_.erase(uid);
}

absl::Status State::ReadAhead(std::vector<KeyHash> keys) {
  if (keys.empty()) return absl::OkStatus();
  // In the order of the tree, so that neighbours meet the same page.
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  auto around = core_->store.LookAround(keys, {}, /*with_decisions=*/false);
  if (!around.ok()) return around.status();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!around->holders[i].has_value()) keys_.emplace(keys[i], 0);
  }
  if (auto status = Open(std::move(around->records)); !status.ok()) {
    return status;
  }
  std::vector<Uid> members;
  for (storage::Surroundings::Person& found : around->persons) {
    members.insert(members.end(), found.uids.begin(), found.uids.end());
    for (const Uid uid : found.uids) person_of_[uid] = found.person;
    members_[found.person] = std::move(found.uids);
  }
  return LoadItems(members);
}

void State::Keep(RecordPtr record) {
  keys_[record->key] = record->uid;
  records_[record->uid] = std::move(record);
}

bool State::KeepInFlight(Uid uid) {
  if (in_flight_ == nullptr) return false;
  const auto changed = in_flight_->records.find(uid);
  if (changed == in_flight_->records.end()) return false;
  Keep(changed->second.after);
  return true;
}

absl::Status State::Open(std::vector<storage::RecordRow> rows) {
  for (storage::RecordRow& row : rows) {
    absl::StatusOr<std::shared_ptr<Record>> record =
        OpenRecord(core_->sealer, std::move(row));
    if (!record.ok()) return record.status();
    Keep(*std::move(record));
  }
  return absl::OkStatus();
}

absl::Status State::LoadKeys(std::span<const KeyHash> keys) {
  std::vector<KeyHash> missing;
  for (const KeyHash& key : keys) {
    if (!keys_.try_emplace(key, 0).second) continue;
    if (in_flight_ != nullptr) {
      // A held record that the other group changes is found by its uid below.
      const auto found = in_flight_->keys.find(key);
      if (found != in_flight_->keys.end()) {
        Keep(in_flight_->records.at(found->second).after);
        continue;
      }
    }
    missing.push_back(key);
  }
  if (missing.empty()) return absl::OkStatus();
  auto rows = core_->store.LoadByKey(missing);
  if (!rows.ok()) return rows.status();
  std::vector<storage::RecordRow> held;
  held.reserve(rows->size());
  for (size_t i = 0; i < rows->size(); ++i) {
    std::optional<storage::RecordRow>& row = (*rows)[i];
    if (!row.has_value()) continue;
    if (KeepInFlight(row->uid)) continue;
    held.push_back(*std::move(row));
  }
  return Open(std::move(held));
}

absl::Status State::LoadRecords(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (!records_.try_emplace(uid, nullptr).second) continue;
    if (KeepInFlight(uid)) continue;
    missing.push_back(uid);
  }
  if (missing.empty()) return absl::OkStatus();
  auto rows = core_->store.LoadByUid(missing);
  if (!rows.ok()) return rows.status();
  std::vector<storage::RecordRow> held;
  held.reserve(rows->size());
  for (std::optional<storage::RecordRow>& row : *rows) {
    if (row.has_value()) held.push_back(*std::move(row));
  }
  return Open(std::move(held));
}

absl::Status State::LoadPersons(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  std::vector<PersonId> persons;
  for (const Uid uid : uids) {
    if (!person_of_.try_emplace(uid, 0).second) continue;
    if (in_flight_ != nullptr) {
      const auto moved = in_flight_->person_of.find(uid);
      if (moved != in_flight_->person_of.end()) {
        person_of_[uid] = moved->second;
        persons.push_back(moved->second);
        continue;
      }
    }
    missing.push_back(uid);
  }
  if (!missing.empty()) {
    const auto found = core_->store.PersonsOf(missing);
    if (!found.ok()) return found.status();
    for (size_t i = 0; i < missing.size(); ++i) {
      if (!(*found)[i].has_value()) continue;
      person_of_[missing[i]] = *(*found)[i];
      persons.push_back(*(*found)[i]);
    }
  }

  std::ranges::sort(persons);
  std::vector<PersonId> missing_persons;
  std::vector<Uid> members;
  const auto keep = [&](PersonId person, std::vector<Uid> uids_of_person) {
    for (const Uid uid : uids_of_person) person_of_[uid] = person;
    members.insert(members.end(), uids_of_person.begin(), uids_of_person.end());
    members_[person] = std::move(uids_of_person);
  };
  for (const PersonId person : persons) {
    if (!members_.try_emplace(person).second) continue;
    if (in_flight_ != nullptr) {
      const auto changed = in_flight_->members.find(person);
      if (changed != in_flight_->members.end()) {
        keep(person, changed->second);
        continue;
      }
    }
    missing_persons.push_back(person);
  }
  if (!missing_persons.empty()) {
    auto found = core_->store.MembersOf(missing_persons);
    if (!found.ok()) return found.status();
    for (size_t i = 0; i < missing_persons.size(); ++i) {
      keep(missing_persons[i], std::move((*found)[i]));
    }
  }
  return LoadRecords(members);
}

absl::Status State::LoadHolders(std::span<const KeyHash> identifiers) {
  std::vector<KeyHash> missing;
  for (const KeyHash& identifier : identifiers) {
    if (!holders_.try_emplace(identifier).second) continue;
    if (in_flight_ != nullptr) {
      const auto changed = in_flight_->holders.find(identifier);
      if (changed != in_flight_->holders.end()) {
        holders_[identifier] = changed->second;
        continue;
      }
    }
    missing.push_back(identifier);
  }
  if (missing.empty()) return absl::OkStatus();
  auto found = core_->store.LookUpIdentifiers(missing);
  if (!found.ok()) return found.status();
  for (size_t i = 0; i < missing.size(); ++i) {
    holders_[missing[i]] = std::move((*found)[i]);
  }
  return absl::OkStatus();
}

absl::Status State::LoadBlocks(std::span<const KeyHash> blocks, size_t limit) {
  block_limit_ = limit;
  std::vector<KeyHash> missing;
  size_t wanted = limit + 1;
  for (const KeyHash& block : blocks) {
    if (!blocks_.try_emplace(block).second) continue;
    missing.push_back(block);
    if (in_flight_ == nullptr) continue;
    const auto changed = in_flight_->blocks.find(block);
    if (changed != in_flight_->blocks.end()) {
      wanted = std::max(wanted, limit + 1 + changed->second.lost.size());
    }
  }
  if (missing.empty()) return absl::OkStatus();
  auto found = core_->store.LookUpIdentifiers(missing, wanted);
  if (!found.ok()) return found.status();
  for (size_t i = 0; i < missing.size(); ++i) {
    std::vector<Uid>& members = blocks_[missing[i]];
    members = std::move((*found)[i]);
    if (in_flight_ == nullptr) continue;
    // The other group may have been written already: then this changes nothing.
    const auto changed = in_flight_->blocks.find(missing[i]);
    if (changed != in_flight_->blocks.end()) changed->second.ApplyTo(members);
  }
  return absl::OkStatus();
}

absl::Status State::LoadVectors(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (records_.contains(uid) || vectors_.contains(uid) || KeepInFlight(uid)) {
      continue;
    }
    missing.push_back(uid);
  }
  if (missing.empty()) return absl::OkStatus();
  auto rows = core_->store.LoadVectors(missing);
  if (!rows.ok()) return rows.status();
  for (std::optional<storage::VectorRow>& row : *rows) {
    if (!row.has_value()) continue;
    const Uid uid = row->uid;
    auto vector = UnwrapVector(core_->sealer, *std::move(row));
    if (!vector.ok()) return vector.status();
    vectors_.emplace(uid, *std::move(vector));
  }
  return absl::OkStatus();
}

absl::Status State::LoadEdges(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (hints_->HasEdge(uid) && neighbours_.try_emplace(uid).second) {
      missing.push_back(uid);
    }
  }
  if (missing.empty()) return absl::OkStatus();
  auto found = core_->store.EdgesOf(missing);
  if (!found.ok()) return found.status();
  for (size_t i = 0; i < missing.size(); ++i) {
    std::vector<Uid>& others = neighbours_[missing[i]];
    for (storage::EdgeRow& row : (*found)[i]) {
      others.push_back(row.a == missing[i] ? row.b : row.a);
      // What the other group says of it is there already.
      edges_.emplace(storage::EdgeKey{row.a, row.b}, std::move(row));
    }
    if (in_flight_ == nullptr) continue;
    const auto changed = in_flight_->neighbours.find(missing[i]);
    if (changed == in_flight_->neighbours.end()) continue;
    others = changed->second;
  }
  return absl::OkStatus();
}

absl::Status State::LoadDecisions(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (hints_->HasDecision(uid) && decisions_loaded_.insert(uid).second) {
      missing.push_back(uid);
    }
  }
  if (missing.empty()) return absl::OkStatus();
  const auto rows = core_->store.DecisionsOf(missing);
  if (!rows.ok()) return rows.status();
  for (const storage::DecisionRow& row : *rows) {
    if (!row.active || decisions_.contains(row.number)) continue;
    auto decision = OpenDecision(core_->sealer, row);
    if (!decision.ok()) return decision.status();
    decisions_.emplace(row.number, *std::move(decision));
  }
  if (in_flight_ != nullptr) {
    for (const auto& [number, decision] : in_flight_->decisions) {
      if (decision.after->active) {
        decisions_[number] = decision.after;
      } else {
        decisions_.erase(number);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status State::LoadDecision(uint64_t number) {
  if (decisions_.contains(number)) return absl::OkStatus();
  if (in_flight_ != nullptr) {
    const auto changed = in_flight_->decisions.find(number);
    if (changed != in_flight_->decisions.end()) {
      decisions_.emplace(number, changed->second.after);
      return absl::OkStatus();
    }
  }
  const auto row = core_->store.GetDecision(number);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  auto decision = OpenDecision(core_->sealer, **row);
  if (!decision.ok()) return decision.status();
  decisions_.emplace(number, *std::move(decision));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<storage::NoticeRow>> State::FindNotice(
    uint64_t number) const {
  if (in_flight_ != nullptr) {
    const auto changed = in_flight_->notices.find(number);
    if (changed != in_flight_->notices.end()) return changed->second.after;
  }
  return core_->store.GetNotice(number);
}

absl::StatusOr<uint64_t> State::NextNotice() const {
  const auto next = core_->store.NextNoticeNumber();
  if (!next.ok() || in_flight_ == nullptr || in_flight_->notices.empty()) {
    return next;
  }
  return std::max(*next, in_flight_->notices.rbegin()->first + 1);
}

absl::StatusOr<std::optional<storage::HolderCodeRow>> State::FindCode(
    const storage::KeyHash& hash) const {
  if (in_flight_ != nullptr) {
    const auto changed = in_flight_->codes.find(hash);
    if (changed != in_flight_->codes.end()) return changed->second.after;
  }
  return core_->store.FindHolderCode(hash);
}

absl::StatusOr<std::vector<storage::HolderCodeRow>> State::CodesOf(
    Uid uid) const {
  auto codes = core_->store.HolderCodesOf(uid);
  if (codes.ok() && in_flight_ != nullptr) {
    PutOver(in_flight_->codes, uid, *codes);
  }
  return codes;
}

absl::Status State::LoadItems(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (hints_->HasItem(uid) && items_loaded_.insert(uid).second) {
      missing.push_back(uid);
    }
  }
  if (missing.empty()) return absl::OkStatus();
  auto items = core_->store.OpenItemsOf(missing);
  if (!items.ok()) return items.status();
  for (storage::OpenItem& item : *items) {
    const storage::OpenItemKey key = KeyOf(item);
    if (in_flight_ == nullptr || !in_flight_->items.contains(key)) {
      items_.insert_or_assign(key, std::move(item));
    }
  }
  return absl::OkStatus();
}

void State::PutInFlight(const storage::OpenItemKey& key,
                        const std::optional<storage::OpenItem>& item) {
  if (item.has_value()) {
    items_.insert_or_assign(key, *item);
  } else {
    items_.erase(key);
  }
}

Uid State::FindKey(const KeyHash& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? 0 : found->second;
}

RecordPtr State::Find(Uid uid) const {
  const auto found = records_.find(uid);
  return found == records_.end() ? nullptr : found->second;
}

PersonId State::PersonOf(Uid uid) const {
  const auto found = person_of_.find(uid);
  return found == person_of_.end() ? 0 : found->second;
}

std::span<const Uid> State::Members(PersonId person) const {
  const auto found = members_.find(person);
  if (found == members_.end()) return {};
  return found->second;
}

std::span<const Uid> State::Holders(const KeyHash& identifier) const {
  const auto found = holders_.find(identifier);
  if (found == holders_.end()) return {};
  return found->second;
}

const HeldVector* State::FindVector(Uid uid) const {
  const auto found = vectors_.find(uid);
  return found == vectors_.end() ? nullptr : &found->second;
}

std::span<const Uid> State::Block(const KeyHash& block) const {
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return {};
  return found->second;
}

std::span<const Uid> State::Neighbours(Uid uid) const {
  const auto found = neighbours_.find(uid);
  if (found == neighbours_.end()) return {};
  return found->second;
}

const storage::EdgeRow* State::FindEdge(const storage::EdgeKey& key) const {
  const auto found = edges_.find(key);
  return found == edges_.end() ? nullptr : &found->second;
}

storage::ReadSet State::TakeReads() {
  storage::ReadSet reads{.group = group_};
  reads.records.reserve(keys_.size());
  for (const auto& [key, uid] : keys_) {
    if (uid == 0) reads.records.push_back({.key = key, .version = 0});
  }
  for (const auto& [uid, record] : records_) {
    if (record == nullptr) continue;
    reads.versions.push_back({.uid = uid, .version = record->version});
  }
  for (const auto& [uid, vector] : vectors_) {
    reads.versions.push_back({.uid = uid, .version = vector.version});
  }
  // In the order of the tree, so that neighbours meet the same page.
  std::ranges::sort(reads.versions, {}, &storage::ReadSet::Version::uid);
  reads.persons.reserve(members_.size());
  for (auto& [person, uids] : members_) {
    reads.persons.push_back({.person = person, .uids = std::move(uids)});
  }
  reads.identifiers.reserve(holders_.size());
  for (auto& [hash, uids] : holders_) {
    reads.identifiers.push_back({.hash = hash, .uids = std::move(uids)});
  }
  for (auto& [hash, uids] : blocks_) {
    if (uids.size() > block_limit_) uids.resize(block_limit_ + 1);
    reads.identifiers.push_back(
        {.hash = hash, .uids = std::move(uids), .limit = block_limit_ + 1});
  }
  reads.edges.reserve(neighbours_.size());
  for (auto& [uid, others] : neighbours_) {
    reads.edges.push_back({.uid = uid, .others = std::move(others)});
  }
  return reads;
}

}  // namespace waystation::hub
