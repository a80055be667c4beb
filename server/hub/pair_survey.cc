// SPDX-License-Identifier: Apache-2.0
#include "server/hub/pair_survey.h"

#include <algorithm>

#include "server/domain/blocking.h"
#include "server/hub/record.h"
#include "server/hub/store_error.h"
#include "server/hub/vector.h"

namespace waystation::hub {
namespace {

using storage::KeyHash;
using storage::OpenItem;
using storage::PersonId;
using storage::Uid;

}  // namespace

absl::StatusOr<std::vector<std::optional<PairSurvey::Pairs>>>
PairSurvey::LookAt(std::span<const Uid> uids) {
  vectors_.clear();
  person_of_.clear();
  partners_.clear();
  members_.clear();
  candidates_.clear();
  ruled_.clear();
  if (auto status = LoadVectors({uids.begin(), uids.end()}); !status.ok()) {
    return status;
  }
  Uids live;
  for (const Uid uid : uids) {
    if (vectors_.contains(uid)) live.push_back(uid);
  }
  if (auto status = FindPartners(live); !status.ok()) return status;
  if (auto status = AddMembers(live); !status.ok()) return status;
  std::set<Uid> partners;
  for (const auto& [uid, others] : partners_) {
    partners.insert(others.begin(), others.end());
  }
  const Uids all(partners.begin(), partners.end());
  if (auto status = LoadVectors(all); !status.ok()) return status;
  if (auto status = LoadPersons(all); !status.ok()) return status;
  if (auto status = FindCandidates(); !status.ok()) return status;
  if (auto status = FindRuled(live); !status.ok()) return status;
  std::vector<std::optional<Pairs>> found(uids.size());
  for (size_t i = 0; i < uids.size(); ++i) {
    if (!vectors_.contains(uids[i])) continue;
    Pairs& pairs = found[i].emplace();
    for (const Uid other : partners_[uids[i]]) {
      const auto pair = domain::Pair::Of(uids[i], other);
      if (const auto band = BandOf(pair)) pairs.emplace_back(pair, *band);
    }
  }
  return found;
}

absl::Status PairSurvey::LoadVectors(const Uids& uids) {
  Uids missing;
  for (const Uid uid : uids) {
    if (!vectors_.contains(uid)) missing.push_back(uid);
  }
  auto rows = core_.store.LoadVectors(missing);
  if (!rows.ok()) return StoreError(rows.status());
  Uids without;
  for (auto& row : *rows) {
    // Erased records have no key any more.
    if (!row.has_value() || row->wrapped_key.empty()) continue;
    const Uid uid = row->uid;
    const auto held = UnwrapVector(core_.sealer, *std::move(row));
    if (!held.ok()) return StoreError(held.status());
    if (held->bytes.empty()) {
      without.push_back(uid);
      continue;
    }
    auto vector = OpenVector(uid, held->data_key, held->bytes);
    if (!vector.ok()) return StoreError(vector.status());
    vectors_[uid] = *std::move(vector);
  }
  // An earlier release did not keep what they are compared by.
  auto records = core_.store.LoadByUid(without);
  if (!records.ok()) return StoreError(records.status());
  for (auto& row : *records) {
    if (!row.has_value() || row->sealed.empty()) continue;
    const auto record = OpenRecord(core_.sealer, *std::move(row));
    if (!record.ok()) return StoreError(record.status());
    vectors_[(*record)->uid] =
        domain::MatchVectorOf((*record)->stored, linking_.block_list);
  }
  return absl::OkStatus();
}

absl::Status PairSurvey::LoadPersons(const Uids& uids) {
  Uids missing;
  for (const Uid uid : uids) {
    if (!person_of_.contains(uid)) missing.push_back(uid);
  }
  const auto persons = core_.store.PersonsOf(missing);
  if (!persons.ok()) return StoreError(persons.status());
  for (size_t i = 0; i < missing.size(); ++i) {
    if ((*persons)[i].has_value()) person_of_[missing[i]] = *(*persons)[i];
  }
  return absl::OkStatus();
}

absl::Status PairSurvey::FindPartners(const Uids& live) {
  std::map<KeyHash, Uids> blocks;
  std::map<KeyHash, Uids> numbers;
  for (const Uid uid : live) {
    const domain::MatchVector& vector = vectors_.at(uid);
    for (const domain::BlockingKey& key : domain::BlockingKeys(vector)) {
      blocks[core_.hashes.Block(static_cast<uint32_t>(key.block), key.value)]
          .push_back(uid);
    }
    for (const std::string& number : vector.numbers) {
      numbers[core_.hashes.Identifier(number)].push_back(uid);
    }
  }
  const auto add = [&](const std::map<KeyHash, Uids>& asked,
                       size_t cap) -> absl::Status {
    std::vector<KeyHash> keys;
    for (const auto& [key, uids] : asked) keys.push_back(key);
    const auto holders = core_.store.LookUpIdentifiers(
        keys, cap == storage::kNoLimit ? cap : cap + 1);
    if (!holders.ok()) return StoreError(holders.status());
    for (size_t i = 0; i < keys.size(); ++i) {
      // A key that more share supports nothing.
      if ((*holders)[i].size() > cap) continue;
      for (const Uid uid : asked.at(keys[i])) {
        partners_[uid].insert((*holders)[i].begin(), (*holders)[i].end());
      }
    }
    return absl::OkStatus();
  };
  if (auto status = add(blocks, linking_.block_cap); !status.ok()) {
    return status;
  }
  return add(numbers, storage::kNoLimit);
}

absl::Status PairSurvey::AddMembers(const Uids& live) {
  if (auto status = LoadPersons(live); !status.ok()) return status;
  std::set<PersonId> asked;
  for (const auto& [uid, person] : person_of_) asked.insert(person);
  const std::vector<PersonId> persons(asked.begin(), asked.end());
  auto members = core_.store.MembersOf(persons);
  if (!members.ok()) return StoreError(members.status());
  for (size_t i = 0; i < persons.size(); ++i) {
    members_[persons[i]] = std::move((*members)[i]);
  }
  for (const Uid uid : live) {
    const auto person = person_of_.find(uid);
    if (person == person_of_.end()) continue;
    const Uids& own = members_.at(person->second);
    partners_[uid].insert(own.begin(), own.end());
    partners_[uid].erase(uid);
  }
  return absl::OkStatus();
}

absl::Status PairSurvey::FindCandidates() {
  Uids uids;
  for (const auto& [person, members] : members_) {
    uids.insert(uids.end(), members.begin(), members.end());
  }
  const auto items = core_.store.OpenItemsOf(uids);
  if (!items.ok()) return StoreError(items.status());
  Uids ends;
  for (const OpenItem& item : *items) {
    if (item.kind != OpenItem::Kind::kCandidate) continue;
    ends.insert(ends.end(), {item.a, item.b});
  }
  if (auto status = LoadPersons(ends); !status.ok()) return status;
  for (const OpenItem& item : *items) {
    if (item.kind != OpenItem::Kind::kCandidate) continue;
    const auto a = person_of_.find(item.a);
    const auto b = person_of_.find(item.b);
    if (a == person_of_.end() || b == person_of_.end()) continue;
    candidates_.insert(std::minmax(a->second, b->second));
  }
  return absl::OkStatus();
}

absl::Status PairSurvey::FindRuled(const Uids& live) {
  const auto rows = core_.store.DecisionsOf(live);
  if (!rows.ok()) return StoreError(rows.status());
  for (const storage::DecisionRow& row : *rows) {
    if (!row.active || row.uids.size() != 2) continue;
    const auto decision = OpenDecision(core_.sealer, row);
    if (!decision.ok()) return StoreError(decision.status());
    if ((*decision)->IsValueDecision()) continue;
    ruled_.insert(domain::Pair::Of(row.uids[0], row.uids[1]));
  }
  return absl::OkStatus();
}

std::optional<domain::Band> PairSurvey::BandOf(const domain::Pair& pair) const {
  const auto a = vectors_.find(pair.a);
  const auto b = vectors_.find(pair.b);
  const auto person_a = person_of_.find(pair.a);
  const auto person_b = person_of_.find(pair.b);
  // Erased, or come between two looks at the store.
  if (a == vectors_.end() || b == vectors_.end() ||
      person_a == person_of_.end() || person_b == person_of_.end() ||
      ruled_.contains(pair)) {
    return std::nullopt;
  }
  const domain::Weighed weighed =
      domain::Weigh(a->second, b->second, linking_.weights);
  return domain::BandOf({.joined = person_a->second == person_b->second,
                         .candidate = candidates_.contains(
                             std::minmax(person_a->second, person_b->second)),
                         .shares_number = weighed.shares_number(),
                         .score = weighed.score},
                        linking_.thresholds, width_);
}

}  // namespace waystation::hub
