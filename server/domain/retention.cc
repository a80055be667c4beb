// SPDX-License-Identifier: Apache-2.0
#include "server/domain/retention.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "google/protobuf/message.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

// When the claim of one kept update ceased to stand, or never began to: the day
// on which the first later revision came, but not before its own. nullopt while
// it stands.
std::optional<std::uint32_t> SupersededOn(const store::KeptUpdate& update,
                                          AttributeNumber attribute,
                                          const store::StoredRecord& record) {
  std::optional<std::uint32_t> first;
  for (const store::KeptUpdate& other : record.kept()) {
    if (other.revision() <= update.revision() ||
        (other.attributes() & BitOf(attribute)) == 0) {
      continue;
    }
    first = std::min(first.value_or(other.day()), other.day());
  }
  if (!first) return std::nullopt;
  return std::max(*first, update.day());
}

bool IsDone(const store::KeptUpdate& update) {
  return (update.attributes() & ~update.shredded()) == 0;
}

}  // namespace

std::uint32_t DayNumber(codes::Date day) {
  return static_cast<std::uint32_t>(
      std::chrono::sys_days{day}.time_since_epoch().count());
}

std::vector<Due> DueOn(codes::Date day, const store::StoredRecord& record) {
  const std::int64_t today = DayNumber(day);
  std::vector<Due> all;
  for (int i = 0; i < record.kept_size(); ++i) {
    const store::KeptUpdate& update = record.kept(i);
    Due due{.kept = i};
    ForEachAttribute(
        update.attributes() & ~update.shredded(), [&](AttributeNumber number) {
          const auto superseded = SupersededOn(update, number, record);
          if (superseded &&
              today - *superseded > RetentionDays(BitOf(number))) {
            due.attributes |= BitOf(number);
          }
        });
    if (due.attributes != 0) all.push_back(due);
  }
  return all;
}

void MarkShredded(const std::vector<Due>& due, store::StoredRecord& record) {
  auto& kept = *record.mutable_kept();
  for (const Due& one : due) {
    kept[one.kept].set_shredded(kept[one.kept].shredded() | one.attributes);
  }
  kept.erase(std::remove_if(kept.begin(), kept.end(), IsDone), kept.end());
}

std::optional<int> OldestSuperseded(const store::StoredRecord& record) {
  for (int i = 0; i < record.kept_size(); ++i) {
    const store::KeptUpdate& update = record.kept(i);
    bool stands = false;
    ForEachAttribute(update.attributes() & ~update.shredded(),
                     [&](AttributeNumber number) {
                       stands = stands || !SupersededOn(update, number, record);
                     });
    if (!stands) return i;
  }
  return std::nullopt;
}

std::optional<std::string> Without(AttributeSet attributes,
                                   std::string_view serialised) {
  v1::Update update;
  if (!update.ParseFromArray(serialised.data(),
                             static_cast<int>(serialised.size()))) {
    return std::nullopt;
  }
  ForEachAttribute(attributes & AllAttributes(), [&](AttributeNumber number) {
    const AttributeInfo& attribute = GetAttribute(number);
    attribute.reflection->ClearField(update.mutable_claims(), attribute.field);
    auto& details = *update.mutable_details();
    details.erase(std::remove_if(details.begin(), details.end(),
                                 [&](const v1::AttributeDetail& detail) {
                                   return detail.attribute() == attribute.name;
                                 }),
                  details.end());
  });
  if (update.claims().ByteSizeLong() == 0) return std::nullopt;
  return update.SerializeAsString();
}

int RetentionDays(AttributeSet attributes) {
  int days = 0;
  ForEachAttribute(attributes & AllAttributes(), [&](AttributeNumber number) {
    days = std::max(days, GetAttribute(number).retention_days);
  });
  return days;
}

std::vector<int> RetentionTimes() {
  std::vector<int> times;
  for (const AttributeInfo& attribute : Attributes()) {
    times.push_back(attribute.retention_days);
  }
  std::ranges::sort(times);
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

}  // namespace waystation::domain
