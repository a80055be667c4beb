// SPDX-License-Identifier: Apache-2.0
#include "server/hub/due.h"

#include <cstdio>
#include <string>
#include <utility>

#include "proto/errors/error.h"
#include "server/domain/claims.h"
#include "server/domain/resolve.h"
#include "server/hub/planning.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

std::optional<codes::Date> ParseDay(const std::string& id) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (std::sscanf(id.c_str(), "%d-%u-%u", &year, &month, &day) != 3) {
    return std::nullopt;
  }
  const codes::Date date{std::chrono::year{year}, std::chrono::month{month},
                         std::chrono::day{day}};
  return date.ok() ? std::optional(date) : std::nullopt;
}

}  // namespace

absl::Status DueCalendar::Load(const storage::Store& store) {
  days_.clear();
  is_known_ = false;
  const auto rows = store.ListObjects(kDueObject);
  if (!rows.ok()) return rows.status();
  for (const storage::ObjectRow& row : *rows) {
    const std::optional<codes::Date> day = ParseDay(row.id);
    store::v1::StoredDue due;
    if (!day.has_value() || !due.ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "object"},
                                         {"row", row.kind + " " + row.id}}});
    }
    if (due.uids_size() > 0) {
      days_[*day] = {due.uids().begin(), due.uids().end()};
    }
  }
  SetFirstDay();
  is_known_ = true;
  return absl::OkStatus();
}

void DueCalendar::SetFirstDay() {
  first_day_ = days_.empty() ? std::numeric_limits<int64_t>::max()
                             : std::chrono::sys_days(days_.begin()->first)
                                   .time_since_epoch()
                                   .count();
}

absl::Status DueCalendar::Note(Planning& planning) {
  std::set<codes::Date> changed;
  for (const storage::Uid uid : planning.change.order) {
    const ChangedRecord& record = planning.change.records.at(uid);
    for (const store::v1::StoredClaim& claim : record.after->stored.claims()) {
      const auto bit = domain::BitOf(
          static_cast<domain::AttributeNumber>(claim.attribute()));
      if (!claim.has_valid_from() || (record.changed & bit) == 0) continue;
      domain::Claim waiting;
      waiting.valid_from = &claim.valid_from();
      const auto day = domain::NextChange({&waiting, 1}, planning.today);
      if (!day.has_value()) continue;
      if (auto known = EnsureKnown(planning.core.store); !known.ok()) {
        return known;
      }
      if (days_[*day].insert(uid).second) changed.insert(*day);
    }
  }
  for (const codes::Date day : changed) {
    planning.batch.objects.push_back(RowOf(day));
  }
  if (!changed.empty()) SetFirstDay();
  return absl::OkStatus();
}

std::optional<codes::Date> DueCalendar::FirstDue(codes::Date today) const {
  if (days_.empty() || days_.begin()->first > today) return std::nullopt;
  return days_.begin()->first;
}

std::vector<storage::Uid> DueCalendar::Take(codes::Date day, size_t limit,
                                            storage::Batch& batch) {
  std::vector<storage::Uid> uids;
  const auto found = days_.find(day);
  if (found == days_.end()) return uids;
  std::set<storage::Uid>& waiting = found->second;
  while (!waiting.empty() && uids.size() < limit) {
    uids.push_back(*waiting.begin());
    waiting.erase(waiting.begin());
  }
  batch.objects.push_back(RowOf(day));
  if (waiting.empty()) days_.erase(found);
  SetFirstDay();
  return uids;
}

storage::ObjectRow DueCalendar::RowOf(codes::Date day) const {
  store::v1::StoredDue due;
  for (const storage::Uid uid : days_.at(day)) due.add_uids(uid);
  return {.kind = std::string(kDueObject),
          .id = codes::FormatDate(codes::PartialDate::Of(day)),
          .bytes = due.SerializeAsString()};
}

}  // namespace waystation::hub
