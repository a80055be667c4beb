// SPDX-License-Identifier: Apache-2.0
#include "server/hub/scoring.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/domain/blocking.h"
#include "server/hub/edge.h"
#include "server/hub/vector.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::EdgeKey;
using storage::KeyHash;
using storage::Uid;

EdgeKey KeyOf(const domain::Pair& pair) { return {pair.a, pair.b}; }

void SortOut(auto& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

std::vector<KeyHash> Scoring::KeysOf(const domain::MatchVector& vector) const {
  std::vector<KeyHash> keys;
  for (const domain::BlockingKey& key : domain::BlockingKeys(vector)) {
    keys.push_back(planning_.core.hashes.Block(static_cast<uint32_t>(key.block),
                                               key.value));
  }
  std::ranges::sort(keys);
  return keys;
}

const domain::Linking& Scoring::linking() const {
  return planning_.rules->linking();
}

domain::MatchVector Scoring::VectorIn(const Record& record) const {
  return domain::MatchVectorOf(record.stored, linking().block_list);
}

absl::Status Scoring::Run(std::span<const Uid> changed,
                          std::span<const Uid> afresh) {
  if (auto status = ReadKeys(changed, afresh); !status.ok()) return status;
  if (keys_.empty()) return absl::OkStatus();
  ChangeBlocks();
  if (auto status = LoadBlocks(); !status.ok()) return status;
  FindPairs();
  if (auto status = ScorePairs(); !status.ok()) return status;
  if (auto status = LookAtFallen(); !status.ok()) return status;
  return SettleEdges();
}

absl::Status Scoring::ReadKeys(std::span<const Uid> changed,
                               std::span<const Uid> afresh) {
  for (const Uid uid : changed) {
    if (auto status = ReadChanged(uid); !status.ok()) return status;
  }
  for (const Uid uid : afresh) {
    const RecordPtr record = planning_.Find(uid);
    if (record == nullptr) continue;
    if (const auto keys = keys_.find(uid); keys != keys_.end()) {
      keys->second.is_afresh = true;
      continue;
    }
    if (auto status = ReadAfresh(uid, *record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// By what the record was last compared, or would have been: an earlier release
// did not keep it.
absl::StatusOr<std::vector<KeyHash>> Scoring::KeysBefore(
    const Record& record) const {
  if (record.vector.empty()) return KeysOf(VectorIn(record));
  const auto vector = OpenVector(record.uid, record.data_key, record.vector);
  if (!vector.ok()) return vector.status();
  return KeysOf(*vector);
}

absl::Status Scoring::ReadChanged(Uid uid) {
  const ChangedRecord& record = planning_.change.records.at(uid);
  Keys& keys = keys_[uid];
  if (record.before != nullptr) {
    auto before = KeysBefore(*record.before);
    if (!before.ok()) return before.status();
    keys.before = *std::move(before);
  }
  Compared& compared = compared_[uid];
  compared.vector = VectorIn(*record.after);
  compared.data_key = record.after->data_key;
  keys.after = KeysOf(compared.vector);
  record.after->vector =
      SealVector(planning_.core.sealer, *record.after, compared.vector);
  return absl::OkStatus();
}

// Also under other rules a value may be one that identifies nobody: then the
// record leaves blocks that it was in, and is compared by less.
absl::Status Scoring::ReadAfresh(Uid uid, const Record& record) {
  Keys& keys = keys_[uid];
  keys.is_afresh = true;
  Compared& compared = compared_[uid];
  compared.vector = VectorIn(record);
  compared.data_key = record.data_key;
  keys.after = KeysOf(compared.vector);
  if (!record.vector.empty()) {
    const auto held = OpenVector(uid, record.data_key, record.vector);
    if (!held.ok()) return held.status();
    if (*held == compared.vector) {
      keys.before = keys.after;
      return absl::OkStatus();
    }
    keys.before = KeysOf(*held);
  }
  ChangedRecord& changed = planning_.Edit(uid);
  changed.after->vector =
      SealVector(planning_.core.sealer, *changed.after, compared.vector);
  changed.received_time =
      TimeUtil::TimestampToMicroseconds(record.stored.received_time());
  changed.writes = true;
  return absl::OkStatus();
}

// Those that are held and unchanged, by their vectors.
absl::Status Scoring::LoadCompared(std::span<const Uid> uids) {
  std::vector<Uid> missing;
  for (const Uid uid : uids) {
    if (!compared_.contains(uid)) missing.push_back(uid);
  }
  if (auto status = planning_.state.LoadVectors(missing); !status.ok()) {
    return status;
  }
  std::vector<Uid> without;
  for (const Uid uid : missing) {
    const HeldVector* held = planning_.state.FindVector(uid);
    if (held == nullptr) continue;
    if (held->bytes.empty() || !planning_.vectors_stand) without.push_back(uid);
  }
  if (auto status = planning_.LoadRecords(without); !status.ok()) return status;
  for (const Uid uid : missing) {
    const RecordPtr record = planning_.Find(uid);
    const HeldVector* held =
        record == nullptr ? planning_.state.FindVector(uid) : nullptr;
    Compared& compared = compared_[uid];
    if (record != nullptr &&
        (record->vector.empty() || !planning_.vectors_stand)) {
      compared = {.vector = VectorIn(*record), .data_key = record->data_key};
      continue;
    }
    const DataKey& data_key =
        record != nullptr ? record->data_key : held->data_key;
    auto vector = OpenVector(uid, data_key,
                             record != nullptr ? record->vector : held->bytes);
    if (!vector.ok()) return vector.status();
    compared = {.vector = *std::move(vector), .data_key = data_key};
  }
  return absl::OkStatus();
}

void Scoring::ChangeBlocks() {
  const uint32_t epoch = planning_.core.hashes.epoch();
  // By rising uid, so that what a block gains and loses rises too.
  for (const auto& [uid, keys] : keys_) {
    std::vector<KeyHash> some;
    std::ranges::set_difference(keys.before, keys.after,
                                std::back_inserter(some));
    for (const KeyHash& key : some) {
      planning_.change.blocks[key].lost.push_back(uid);
      planning_.batch.identifiers_removed.push_back(
          {.hash = key, .epoch = epoch, .uid = uid});
    }
    some.clear();
    if (keys.is_afresh) {
      some = keys.after;
    } else {
      std::ranges::set_difference(keys.after, keys.before,
                                  std::back_inserter(some));
    }
    for (const KeyHash& key : some) {
      planning_.change.blocks[key].gained.push_back(uid);
      planning_.batch.identifiers_added.push_back(
          {.hash = key, .epoch = epoch, .uid = uid});
    }
  }
}

absl::Status Scoring::LoadBlocks() {
  for (const auto& [uid, keys] : keys_) {
    blocks_.insert(blocks_.end(), keys.after.begin(), keys.after.end());
  }
  limit_ = cap();
  for (const auto& [block, changed] : planning_.change.blocks) {
    blocks_.push_back(block);
    // So many may go, and it is still known whether it is over its cap.
    limit_ = std::max(limit_, cap() + changed.lost.size());
  }
  SortOut(blocks_);
  return planning_.state.LoadBlocks(blocks_, limit_);
}

std::vector<Uid> Scoring::BlockAfter(const KeyHash& block) const {
  const std::span<const Uid> before = planning_.state.Block(block);
  std::vector<Uid> members(before.begin(), before.end());
  const auto changed = planning_.change.blocks.find(block);
  if (changed != planning_.change.blocks.end()) {
    changed->second.ApplyTo(members);
  }
  return members;
}

// Who is to be held against whom: each changed record against its blocks, and
// all of a block that is no longer over its cap against each other.
void Scoring::FindPairs() {
  for (const KeyHash& block : blocks_) {
    const bool was_over = planning_.state.Block(block).size() > cap();
    const std::vector<Uid> members = BlockAfter(block);
    if (members.size() > cap()) {
      if (!was_over) fallen_.push_back(block);
      continue;
    }
    for (size_t i = 0; i < members.size(); ++i) {
      const bool is_new = was_over || keys_.contains(members[i]);
      for (size_t j = i + 1; j < members.size(); ++j) {
        if (is_new || keys_.contains(members[j])) {
          pairs_.push_back({members[i], members[j]});
        }
      }
    }
  }
  SortOut(pairs_);
}

absl::Status Scoring::ScorePairs() {
  std::vector<Uid> uids;
  for (const domain::Pair& pair : pairs_) {
    uids.push_back(pair.a);
    uids.push_back(pair.b);
  }
  SortOut(uids);
  if (auto status = LoadCompared(uids); !status.ok()) return status;
  const double lower = linking().thresholds.lower;
  for (const domain::Pair& pair : pairs_) {
    const domain::Weighed weighed =
        domain::Weigh(compared_.at(pair.a).vector, compared_.at(pair.b).vector,
                      linking().weights);
    if (weighed.score >= lower && !weighed.shares_number()) {
      wanted_.emplace(KeyOf(pair), weighed);
    }
  }
  // What is held of them so far, and of those that changed.
  std::vector<Uid> ends;
  for (const auto& [uid, keys] : keys_) ends.push_back(uid);
  for (const auto& [key, weighed] : wanted_) {
    ends.push_back(key.a);
    ends.push_back(key.b);
  }
  SortOut(ends);
  return planning_.state.LoadEdges(ends);
}

// Edges within a block that is now over its cap, unless an end of theirs was
// held against all of its blocks anyway.
absl::Status Scoring::LookAtFallen() {
  std::vector<EdgeKey> edges;
  for (const KeyHash& block : fallen_) {
    const std::span<const Uid> members = planning_.state.Block(block);
    if (auto status = planning_.state.LoadEdges(members); !status.ok()) {
      return status;
    }
    for (const Uid uid : members) {
      if (keys_.contains(uid)) continue;
      for (const Uid other : planning_.state.Neighbours(uid)) {
        if (uid < other && !keys_.contains(other) &&
            std::ranges::binary_search(members, other)) {
          edges.push_back({uid, other});
        }
      }
    }
  }
  SortOut(edges);
  return FindUnsupported(std::move(edges));
}

absl::Status Scoring::FindUnsupported(std::vector<EdgeKey> edges) {
  std::vector<Uid> uids;
  for (const EdgeKey& edge : edges) {
    uids.push_back(edge.a);
    uids.push_back(edge.b);
  }
  SortOut(uids);
  if (auto status = LoadCompared(uids); !status.ok()) return status;
  std::map<Uid, std::vector<KeyHash>> keys;
  for (const Uid uid : uids) keys[uid] = KeysOf(compared_.at(uid).vector);
  std::map<EdgeKey, std::vector<KeyHash>> shared;
  std::vector<KeyHash> blocks;
  for (const EdgeKey& edge : edges) {
    std::vector<KeyHash>& both = shared[edge];
    std::ranges::set_intersection(keys.at(edge.a), keys.at(edge.b),
                                  std::back_inserter(both));
    blocks.insert(blocks.end(), both.begin(), both.end());
  }
  SortOut(blocks);
  if (auto status = planning_.state.LoadBlocks(blocks, limit_); !status.ok()) {
    return status;
  }
  for (const auto& [edge, both] : shared) {
    if (std::ranges::none_of(both, [&](const KeyHash& block) {
          return BlockAfter(block).size() <= cap();
        })) {
      unsupported_.insert(edge);
    }
  }
  return absl::OkStatus();
}

absl::Status Scoring::SettleEdges() {
  std::set<EdgeKey> gone = std::move(unsupported_);
  std::vector<Uid> ends;
  for (const auto& [uid, keys] : keys_) {
    for (const Uid other : planning_.state.Neighbours(uid)) {
      const EdgeKey key{std::min(uid, other), std::max(uid, other)};
      if (wanted_.contains(key)) continue;
      gone.insert(key);
      ends.push_back(other);
    }
  }
  if (auto status = planning_.state.LoadEdges(ends); !status.ok()) {
    return status;
  }
  for (const EdgeKey& key : gone) Remove(key);
  // A pair without a changed record that scored less than an edge never had
  // one: neither of the two is other than it was.
  for (const auto& [key, weighed] : wanted_) {
    if (auto status = Put(key, weighed); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<Uid>& Scoring::EditNeighbours(Uid uid) {
  const auto [place, added] = planning_.change.neighbours.try_emplace(uid);
  if (added) {
    const std::span<const Uid> found = planning_.state.Neighbours(uid);
    place->second.assign(found.begin(), found.end());
  }
  return place->second;
}

absl::Status Scoring::Put(const EdgeKey& key, const domain::Weighed& weighed) {
  const store::v1::StoredEdge edge =
      StoredEdgeOf(weighed, planning_.rules->version());
  const DataKey& data_key = compared_.at(key.b).data_key;
  const bool is_held =
      std::ranges::binary_search(planning_.state.Neighbours(key.a), key.b);
  if (is_held) {
    const auto held = OpenEdge(*planning_.state.FindEdge(key), data_key);
    if (!held.ok()) return held.status();
    if (held->SerializeAsString() == edge.SerializeAsString()) {
      return absl::OkStatus();
    }
  }
  for (const auto& [uid, other] :
       {std::pair(key.a, key.b), std::pair(key.b, key.a)}) {
    std::vector<Uid>& others = EditNeighbours(uid);
    const auto place = std::ranges::lower_bound(others, other);
    if (place == others.end() || *place != other) others.insert(place, other);
    touched_.insert(uid);
  }
  storage::EdgeRow row = SealEdge(planning_.core.sealer, key, data_key, edge);
  planning_.batch.edges_put.push_back(row);
  planning_.change.edges[key] = std::move(row);
  return absl::OkStatus();
}

void Scoring::Remove(const EdgeKey& key) {
  std::erase(EditNeighbours(key.a), key.b);
  std::erase(EditNeighbours(key.b), key.a);
  touched_.insert(key.a);
  touched_.insert(key.b);
  planning_.batch.edges_removed.push_back(key);
}

}  // namespace waystation::hub
