// SPDX-License-Identifier: Apache-2.0
#include "server/hub/verification_counts.h"

#include <chrono>
#include <utility>

#include "proto/errors/error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

using std::chrono::sys_days;

int NumberOf(sys_days day) {
  return static_cast<int>(day.time_since_epoch().count());
}

}  // namespace

absl::Status VerificationCounts::Load(const storage::Store& store) {
  const auto rows = store.ListObjects(kVerificationsObject);
  if (!rows.ok()) return rows.status();
  const std::lock_guard lock(mutex_);
  ++loads_;
  agencies_.clear();
  stale_.clear();
  for (const storage::ObjectRow& row : *rows) {
    store::v1::StoredVerifications stored;
    if (!stored.ParseFromString(row.bytes)) {
      return errors::Error(
          "STORE_DAMAGED",
          {.metadata = {{"table", "object"}, {"row", "verifications"}}});
    }
    for (const auto& each : stored.days()) {
      const sys_days day{std::chrono::days(each.day())};
      agencies_[row.id][day] = {.day = day,
                                .valid = each.valid(),
                                .not_valid = each.not_valid(),
                                .unknown = each.unknown(),
                                .wrong_codes = each.wrong_codes()};
    }
  }
  return absl::OkStatus();
}

int& VerificationCounts::CountOf(const std::string& agency, codes::Date day,
                                 Outcome outcome) {
  domain::AskedOnDay& counts = agencies_[agency][sys_days(day)];
  counts.day = sys_days(day);
  stale_.insert(agency);
  switch (outcome) {
    case v1::VerifyResponse::ANSWER_VALID:
      return counts.valid;
    case v1::VerifyResponse::ANSWER_NOT_VALID:
      return counts.not_valid;
    case v1::VerifyResponse::ANSWER_UNKNOWN:
      return counts.unknown;
    default:
      return counts.wrong_codes;
  }
}

VerificationCounts::Counted VerificationCounts::Add(const std::string& agency,
                                                    codes::Date day,
                                                    Outcome outcome) {
  const std::lock_guard lock(mutex_);
  ++CountOf(agency, day, outcome);
  auto& days = agencies_[agency];
  while (days.begin()->first <= sys_days(day) - std::chrono::days(kKeptDays)) {
    days.erase(days.begin());
  }
  return {.agency = agency, .day = day, .outcome = outcome, .load = loads_};
}

void VerificationCounts::TakeBack(const Counted& counted) {
  const std::lock_guard lock(mutex_);
  if (counted.load != loads_) return;
  --CountOf(counted.agency, counted.day, counted.outcome);
}

int VerificationCounts::WrongCodes(const std::string& agency,
                                   codes::Date day) const {
  const std::lock_guard lock(mutex_);
  const auto found = agencies_.find(agency);
  if (found == agencies_.end()) return 0;
  const auto on = found->second.find(sys_days(day));
  return on == found->second.end() ? 0 : on->second.wrong_codes;
}

std::map<std::string, std::vector<domain::AskedOnDay>> VerificationCounts::All()
    const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<domain::AskedOnDay>> all;
  for (const auto& [agency, days] : agencies_) {
    std::vector<domain::AskedOnDay>& listed = all[agency];
    for (const auto& [day, counts] : days) listed.push_back(counts);
  }
  return all;
}

std::vector<storage::ObjectRow> VerificationCounts::TakeStale() {
  const std::lock_guard lock(mutex_);
  std::vector<storage::ObjectRow> rows;
  for (const std::string& agency : std::exchange(stale_, {})) {
    store::v1::StoredVerifications stored;
    for (const auto& [day, counts] : agencies_.at(agency)) {
      auto& each = *stored.add_days();
      each.set_day(NumberOf(day));
      each.set_valid(counts.valid);
      each.set_not_valid(counts.not_valid);
      each.set_unknown(counts.unknown);
      each.set_wrong_codes(counts.wrong_codes);
    }
    rows.push_back({.kind = std::string(kVerificationsObject),
                    .id = agency,
                    .bytes = stored.SerializeAsString()});
  }
  return rows;
}

}  // namespace waystation::hub
