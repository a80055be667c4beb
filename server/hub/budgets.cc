// SPDX-License-Identifier: Apache-2.0
#include "server/hub/budgets.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/dates.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kMinute = 60'000'000;
constexpr uint64_t kLeaves = 1000;

absl::Status Spent(const char* which, absl::Duration until) {
  return errors::Error("BUDGET_SPENT", {.field = which, .retry_after = until});
}

// A damaged leaf is for `hub check` to name, and no reason not to start.
absl::StatusOr<std::vector<storage::LeafRow>> ReadWhatIsWhole(
    const storage::Store& store, uint64_t first, uint64_t count) {
  auto leaves = store.ReadLeaves(first, count, true);
  if (!absl::IsDataLoss(leaves.status())) return leaves;
  std::vector<storage::LeafRow> whole;
  for (uint64_t index = first; index < first + count; ++index) {
    auto leaf = store.ReadLeaves(index, 1, true);
    if (absl::IsDataLoss(leaf.status())) continue;
    if (!leaf.ok()) return leaf.status();
    std::ranges::move(*leaf, std::back_inserter(whole));
  }
  return whole;
}

}  // namespace

absl::Duration UntilTomorrow(int64_t now) {
  constexpr absl::Duration kChina = absl::Hours(8);
  const int64_t tomorrow =
      std::chrono::duration_cast<std::chrono::microseconds>(
          (std::chrono::sys_days(domain::DayOf(now)) + std::chrono::days(1))
              .time_since_epoch())
          .count();
  return absl::Microseconds(tomorrow - now) - kChina;
}

Budgets::Tally& Budgets::Of(const Purse& purse) {
  Tally& tally = tallies_[{purse.agency, purse.purpose}];
  const codes::Date today = domain::DayOf(purse.now);
  if (tally.day != today) {
    tally.day = today;
    tally.told.clear();
  }
  return tally;
}

absl::Status Budgets::Call(const Purse& purse) {
  if (purse.budget.calls_per_minute == 0) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  Tally& tally = Of(purse);
  const int64_t minute = purse.now / kMinute;
  if (tally.minute != minute) {
    tally.minute = minute;
    tally.calls = 0;
  }
  if (tally.calls >= purse.budget.calls_per_minute) {
    return Spent("calls_per_minute",
                 absl::Microseconds((minute + 1) * kMinute - purse.now));
  }
  ++tally.calls;
  return absl::OkStatus();
}

absl::Status Budgets::MayAsk(const Purse& purse, storage::Uid uid) {
  if (purse.budget.persons_per_day == 0) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  const Tally& tally = Of(purse);
  const auto most = static_cast<size_t>(purse.budget.persons_per_day);
  if (tally.told.size() < most || tally.told.contains(uid)) {
    return absl::OkStatus();
  }
  return Spent("persons_per_day", UntilTomorrow(purse.now));
}

absl::Status Budgets::Tell(const Purse& purse,
                           std::span<const storage::Uid> uids) {
  if (purse.budget.persons_per_day == 0) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  Tally& tally = Of(purse);
  const auto fresh = static_cast<size_t>(std::ranges::count_if(
      uids, [&](const storage::Uid uid) { return !tally.told.contains(uid); }));
  const auto most = static_cast<size_t>(purse.budget.persons_per_day);
  if (fresh > 0 && tally.told.size() + fresh > most) {
    return Spent("persons_per_day", UntilTomorrow(purse.now));
  }
  tally.told.insert(uids.begin(), uids.end());
  return absl::OkStatus();
}

absl::Status Budgets::Hear(const storage::Store& store,
                           const Snapshot& registry, uint64_t index,
                           const v1::AuditEvent& event) {
  const AgencyEntry* const agency = registry.Find(event.agency());
  if (agency == nullptr) return absl::OkStatus();
  const Purse purse{.agency = agency->number,
                    .purpose = event.purpose(),
                    .budget = {},
                    .now = TimeUtil::TimestampToMicroseconds(event.time())};
  std::vector<storage::LeafRow> leaves;
  if (registry.HasPersonBudget()) {
    auto read = ReadWhatIsWhole(store, index, 1);
    if (!read.ok()) return read.status();
    leaves = *std::move(read);
  }
  const std::lock_guard lock(mutex_);
  const auto known = tallies_.find({purse.agency, purse.purpose});
  // One of yesterday, heard of late, does not begin that day again.
  if (known != tallies_.end() &&
      std::chrono::sys_days(known->second.day) >
          std::chrono::sys_days(domain::DayOf(purse.now))) {
    return absl::OkStatus();
  }
  Tally& tally = Of(purse);
  for (const storage::LeafRow& leaf : leaves) {
    for (const storage::DetailRow& detail : leaf.details) {
      tally.told.insert(detail.uid);
    }
  }
  const int64_t minute = purse.now / kMinute;
  if (tally.minute < minute) {
    tally.minute = minute;
    tally.calls = 0;
  }
  if (tally.minute == minute) ++tally.calls;
  return absl::OkStatus();
}

absl::Status Budgets::Load(const storage::Store& store,
                           const Snapshot& registry, codes::Date today) {
  if (!registry.HasPersonBudget()) return absl::OkStatus();
  const auto frontier = store.LoadFrontier();
  if (!frontier.ok()) return frontier.status();
  for (uint64_t end = frontier->size(); end > 0;) {
    const uint64_t first = end > kLeaves ? end - kLeaves : 0;
    const auto leaves = ReadWhatIsWhole(store, first, end - first);
    if (!leaves.ok()) return leaves.status();
    for (const storage::LeafRow& leaf : *leaves) {
      v1::AuditEvent event;
      if (!event.ParseFromString(leaf.event)) continue;
      if (domain::DayOf(TimeUtil::TimestampToMicroseconds(event.time())) !=
          today) {
        end = 0;  // Earlier ones are of earlier days.
        continue;
      }
      const bool told = event.kind() == v1::AuditEvent::KIND_READ ||
                        event.kind() == v1::AuditEvent::KIND_PAGE;
      const AgencyEntry* agency =
          told ? registry.Find(event.agency()) : nullptr;
      if (agency == nullptr) continue;
      Tally& tally = tallies_[{agency->number, event.purpose()}];
      tally.day = today;
      for (const storage::DetailRow& detail : leaf.details) {
        tally.told.insert(detail.uid);
      }
    }
    end = std::min(end, first);
  }
  return absl::OkStatus();
}

}  // namespace waystation::hub
