// SPDX-License-Identifier: Apache-2.0
#include "server/hub/refusals.h"

namespace waystation::hub {
namespace {

// Names that strangers make up must not fill memory: past so many within a
// minute they are counted together.
constexpr size_t kMaxKeys = 4'096;
constexpr std::string_view kOthers = "others";

}  // namespace

void Refusals::Count(std::string_view actor, std::string_view method,
                     std::string_view reason) {
  Add({std::string(actor), std::string(method), std::string(reason)}, 1);
}

void Refusals::PutBack(const v1::AuditEvent& event) {
  Add({event.actor(), event.act(), event.reason()}, event.count());
}

void Refusals::Add(Key key, uint32_t count) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() >= kMaxKeys && !counts_.contains(key)) {
    std::get<0>(key) = kOthers;
  }
  counts_[std::move(key)] += count;
}

std::vector<v1::AuditEvent> Refusals::Take() {
  std::map<Key, uint32_t> counts;
  {
    const std::lock_guard lock(mutex_);
    counts.swap(counts_);
  }
  std::vector<v1::AuditEvent> events;
  for (const auto& [key, count] : counts) {
    const auto& [actor, method, reason] = key;
    events.push_back(RefusalEvent(actor, method, reason));
    events.back().set_count(count);
  }
  return events;
}

v1::AuditEvent RefusalEvent(std::string_view actor, std::string_view method,
                            std::string_view reason) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_REFUSED);
  event.set_actor(std::string(actor));
  event.set_agency(AgencyOfActor(actor));
  event.set_act(std::string(method));
  event.set_reason(std::string(reason));
  return event;
}

std::string AgencyOfActor(std::string_view actor) {
  constexpr std::string_view kPrefix = "agency/";
  if (!actor.starts_with(kPrefix)) return {};
  actor.remove_prefix(kPrefix.size());
  return std::string(actor.substr(0, actor.find('/')));
}

}  // namespace waystation::hub
