// SPDX-License-Identifier: Apache-2.0
// The rules by which the hub works: those of its configuration, until an
// operator applies others, which stand over the configuration from then on:
//
//     object "rules" "applied"         := StoredRules
//     object "rules-version" version   := StoredRulesVersion
#ifndef WAYSTATION_SERVER_HUB_RULES_IN_FORCE_H_
#define WAYSTATION_SERVER_HUB_RULES_IN_FORCE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/rules.h"
#include "server/storage/store.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

inline constexpr std::string_view kRulesObject = "rules";
inline constexpr std::string_view kAppliedRulesId = "applied";
inline constexpr std::string_view kRulesVersionObject = "rules-version";

// Rules as somebody gave them, and read. Immutable.
struct RulesVersion {
  explicit RulesVersion(store::v1::StoredRules given);

  // Without a time where they are the configuration's; without a version where
  // nobody gave any.
  const store::v1::StoredRules stored;
  const domain::RuleBook book;
  // Of these rules as they were applied then.
  const std::string etag;
};

// Thread-safe.
class RulesInForce {
 public:
  explicit RulesInForce(config::v1::Rules configured);

  // Stays what it is, and where it is, as long as this lives: who looks at
  // something by rules that are being replaced may end what was begun. Rules
  // are replaced so seldom that none are thrown away.
  const RulesVersion& Get() const { return *current_.load(); }
  const config::v1::Rules& configured() const { return configured_; }
  // Whether the configuration names other rules than those in force.
  bool PassesConfiguredOver() const;

  // Takes what was applied earlier, unless it is in force already. DATA_LOSS if
  // it cannot be read.
  absl::Status Load(const storage::Store& store);
  // Takes over what has been committed, a row of kRulesObject.
  absl::Status Put(const storage::ObjectRow& row);

 private:
  void Replace(std::unique_ptr<const RulesVersion> next);

  const config::v1::Rules configured_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<const RulesVersion>> all_;
  std::atomic<const RulesVersion*> current_;
};

// SHA-256 of rules as given.
std::string HashOf(const config::v1::Rules& rules);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULES_IN_FORCE_H_
