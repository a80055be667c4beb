// SPDX-License-Identifier: Apache-2.0
#include "server/hub/activity.h"

#include <algorithm>

#include "server/hub/keyed_hash.h"

namespace waystation::hub {
namespace {

constexpr int64_t kMinute = 60'000'000;

int64_t NumberAt(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (const char c : bytes.substr(at, 8)) {
    number = number << 8 | static_cast<uint8_t>(c);
  }
  return static_cast<int64_t>(number);
}

}  // namespace

absl::Status Activity::Load(const storage::Store& store) {
  const auto rows = store.ListObjects(kActivityObject);
  if (!rows.ok()) return rows.status();
  const std::lock_guard lock(mutex_);
  for (const storage::ObjectRow& row : *rows) {
    if (row.bytes.size() != 16) continue;
    Entry& entry = entries_[row.id];
    const Times held{.seen = NumberAt(row.bytes, 0),
                     .updated = NumberAt(row.bytes, 8)};
    entry.times = {.seen = std::max(entry.times.seen, held.seen),
                   .updated = std::max(entry.times.updated, held.updated)};
    entry.stored = std::max(entry.stored, held.seen);
  }
  return absl::OkStatus();
}

void Activity::Seen(const std::string& agency, int64_t now) {
  const std::lock_guard lock(mutex_);
  Times& times = entries_[agency].times;
  times.seen = std::max(times.seen, now);
}

void Activity::Updated(const std::string& agency, int64_t now) {
  const std::lock_guard lock(mutex_);
  Times& times = entries_[agency].times;
  times.updated = std::max(times.updated, now);
}

Activity::Times Activity::Of(const std::string& agency) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(agency);
  return found == entries_.end() ? Times() : found->second.times;
}

std::vector<storage::ObjectRow> Activity::TakeStale() {
  std::vector<storage::ObjectRow> rows;
  const std::lock_guard lock(mutex_);
  for (auto& [agency, entry] : entries_) {
    if (entry.times.seen < entry.stored + kMinute) continue;
    entry.stored = entry.times.seen;
    std::string bytes(
        NumberPart(static_cast<uint64_t>(entry.times.seen)).view());
    bytes.append(NumberPart(static_cast<uint64_t>(entry.times.updated)).view());
    rows.push_back({.kind = std::string(kActivityObject),
                    .id = agency,
                    .bytes = std::move(bytes)});
  }
  return rows;
}

}  // namespace waystation::hub
