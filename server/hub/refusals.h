// SPDX-License-Identifier: Apache-2.0
// Calls that were refused before they reached a person, counted: one leaf for
// each actor, method, reason and minute (design 8), so that nobody fills the
// log by asking for what is not theirs.
#ifndef WAYSTATION_SERVER_HUB_REFUSALS_H_
#define WAYSTATION_SERVER_HUB_REFUSALS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// Thread-safe.
class Refusals {
 public:
  void Count(std::string_view actor, std::string_view method,
             std::string_view reason);
  // The leaves of what was counted since the last call.
  std::vector<v1::AuditEvent> Take();
  // Counts what Take gave out once more: its leaf could not be written.
  void PutBack(const v1::AuditEvent& event);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  void Add(Key key, uint32_t count);

  std::mutex mutex_;
  std::map<Key, uint32_t> counts_;
};

// A refused call as an event, without count.
v1::AuditEvent RefusalEvent(std::string_view actor, std::string_view method,
                            std::string_view reason);

// "labor.320500" of "agency/labor.320500" and of a clerk below it; else empty.
std::string AgencyOfActor(std::string_view actor);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REFUSALS_H_
