// SPDX-License-Identifier: Apache-2.0
// What every part of the hub works with: the store, the keys in the forms in
// which they are used, the registry, the rules, the clock.
#ifndef WAYSTATION_SERVER_HUB_CORE_H_
#define WAYSTATION_SERVER_HUB_CORE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "proto/auditlog/ed25519.h"
#include "proto/codes/citizen_number.h"
#include "server/domain/dates.h"
#include "server/domain/rules.h"
#include "server/hub/access_places.h"
#include "server/hub/activity.h"
#include "server/hub/budgets.h"
#include "server/hub/hashes.h"
#include "server/hub/hub.h"
#include "server/hub/keys.h"
#include "server/hub/log_clock.h"
#include "server/hub/mailbox_watchers.h"
#include "server/hub/names.h"
#include "server/hub/notice_watchers.h"
#include "server/hub/page_token.h"
#include "server/hub/random_pool.h"
#include "server/hub/registry.h"
#include "server/hub/rules_in_force.h"
#include "server/hub/seal.h"
#include "server/hub/verification_counts.h"
#include "server/storage/store.h"

namespace waystation::hub {

// What Statistics is read from.
struct Counters {
  std::atomic<uint64_t> updates_applied = 0;
  std::atomic<uint64_t> updates_unchanged = 0;
  std::atomic<uint64_t> updates_stale = 0;
  std::atomic<uint64_t> updates_rejected = 0;
  std::atomic<uint64_t> reads_answered = 0;
  std::atomic<uint64_t> refusals = 0;
  std::atomic<uint64_t> mailbox_entries = 0;
  std::atomic<uint64_t> commit_groups = 0;
  std::atomic<uint64_t> commit_conflicts = 0;
  std::atomic<int64_t> commit_nanoseconds = 0;
  std::atomic<uint64_t> log_size = 0;
};

// Thread-safe. Made once, borrowed by all parts.
struct Core {
  Core(Dependencies dependencies, Options given)
      : options(std::move(given)),
        store(dependencies.store),
        keys(dependencies.keys),
        log_key(dependencies.log_key),
        random(std::move(dependencies.random)),
        sealer(keys, random),
        hashes(keys),
        subjects(keys.handle_key()),
        tokens(keys.handle_key()),
        registry(keys.handle_key(), options.ceiling),
        rules_in_force(options.rules),
        clock(std::move(dependencies.clock)),
        backups(std::move(dependencies.backups)),
        log_origin(options.log_origin) {}

  // Those in force now. They may be others at the next call; whoever needs them
  // twice asks once.
  const domain::RuleBook& rules() const { return rules_in_force.Get().book; }
  codes::Date Today() { return domain::DayOf(clock.Now()); }
  codes::CitizenNumberProfile Profile() const {
    return options.demo_numbers ? codes::CitizenNumberProfile::kDemo
                                : codes::CitizenNumberProfile::kReal;
  }

  const Options options;
  storage::Store& store;
  const Keys& keys;
  const auditlog::Ed25519PrivateKey& log_key;
  RandomPool random;
  Sealer sealer;
  const Hashes hashes;
  const SubjectCodec subjects;
  const PageTokens tokens;
  Registry registry;
  RulesInForce rules_in_force;
  LogClock clock;
  Activity activity;
  AccessPlaces access_places;
  Budgets budgets;
  MailboxWatchers watchers{tokens};
  NoticeWatchers notice_watchers;
  VerificationCounts verifications;
  Counters counters;
  const BackupParts backups;
  // Since when the log is signed under an origin of its own, and that origin;
  // set while the hub starts.
  std::string log_epoch;
  std::string log_origin;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_CORE_H_
