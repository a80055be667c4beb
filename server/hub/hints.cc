// SPDX-License-Identifier: Apache-2.0
#include "server/hub/hints.h"

#include <optional>
#include <vector>

namespace waystation::hub {
namespace {
constexpr size_t kPage = 1000;
}  // namespace

void Hints::Raise(Count& count, storage::Uid uid) { ++count[uid]; }

void Hints::Lower(Count& count, storage::Uid uid) {
  const auto found = count.find(uid);
  if (found != count.end() && --found->second == 0) count.erase(found);
}

void Hints::Raise(const storage::OpenItemKey& key) {
  Raise(items_, key.a);
  if (key.b != 0) Raise(items_, key.b);
}

void Hints::Lower(const storage::OpenItemKey& key) {
  Lower(items_, key.a);
  if (key.b != 0) Lower(items_, key.b);
}

absl::Status Hints::Load(const storage::Store& store) {
  decisions_.clear();
  items_.clear();
  edges_.clear();
  is_unknown_ = store.is_shared();
  if (is_unknown_) return absl::OkStatus();
  for (uint64_t after = 0;;) {
    const auto rows = store.ListDecisions(after, kPage);
    if (!rows.ok()) return rows.status();
    for (const storage::DecisionRow& row : *rows) {
      after = row.number;
      if (!row.active) continue;
      for (const storage::Uid uid : row.uids) Raise(decisions_, uid);
    }
    if (rows->size() < kPage) break;
  }
  for (const auto kind :
       {storage::OpenItem::Kind::kConflict, storage::OpenItem::Kind::kCandidate,
        storage::OpenItem::Kind::kSample,
        storage::OpenItem::Kind::kOwnCandidate,
        storage::OpenItem::Kind::kOwnConflict}) {
    for (std::optional<storage::OpenItem> after;;) {
      const auto items = store.ListOpenItems(kind, after, kPage);
      if (!items.ok()) return items.status();
      for (const storage::OpenItem& item : *items) Raise(KeyOf(item));
      if (items->size() < kPage) break;
      after = items->back();
    }
  }
  return LoadEdges(store);
}

absl::Status Hints::LoadEdges(const storage::Store& store) {
  for (storage::EdgeKey after;;) {
    const auto rows = store.ListEdges(after, kPage);
    if (!rows.ok()) return rows.status();
    for (const storage::EdgeRow& row : *rows) {
      after = {row.a, row.b};
      edges_.insert(row.a);
      edges_.insert(row.b);
    }
    if (rows->size() < kPage) return absl::OkStatus();
  }
}

void Hints::Adopt(
    const Change& change,
    const std::map<storage::OpenItemKey, storage::OpenItem>& items_before) {
  if (is_unknown_) return;
  for (const auto& [number, decision] : change.decisions) {
    const bool was = decision.before != nullptr && decision.before->active;
    if (was == decision.after->active) continue;
    for (const storage::Uid uid : decision.after->stored.uids()) {
      was ? Lower(decisions_, uid) : Raise(decisions_, uid);
    }
  }
  for (const auto& [uid, others] : change.neighbours) {
    if (others.empty()) {
      edges_.erase(uid);
    } else {
      edges_.insert(uid);
    }
  }
  for (const auto& [key, item] : change.items) {
    const bool was = items_before.contains(key);
    if (was && !item.has_value()) Lower(key);
    if (!was && item.has_value()) Raise(key);
  }
}

}  // namespace waystation::hub
