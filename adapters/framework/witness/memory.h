// SPDX-License-Identifier: Apache-2.0
// What a witness must not forget, in the adapter's state folder:
//
//     setting  witness_seen <log>     the last checkpoint that it found
//                                     consistent, a signed note
//     setting  witness_held <log>     reason of a finding that nobody has
//                                     ruled on
//     setting  witness_ruling <time>  what it was held for, why it goes on
//     evidence/<reason>-<hash>.json   a WitnessEvidence each; never removed
//
// <log> is the log's verifier key as it is configured.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_MEMORY_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_MEMORY_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/outbox/state.h"

namespace waystation::report::v1 {
class WitnessEvidence;
}

namespace waystation::adapters {

// Of the log with this verifier key. Thread-safe, as the state is; errors are
// the state's.
class WitnessMemory {
 public:
  // The state is borrowed.
  WitnessMemory(State& state, std::string log)
      : state_(state), log_(std::move(log)) {}

  // Empty before the first.
  absl::StatusOr<std::string> LastSeen();

  // Puts `note` where `last` stands, durable when it returns.
  // CHANGED_MEANWHILE, and nothing is changed, when something else stands
  // there: comparing with the last checkpoint and storing the next is one step
  // (c2sp.org/tlog-witness).
  absl::Status Advance(std::string_view last, std::string_view note);

  // Stores the evidence, once however often the same is found, and holds the
  // adapter back until somebody rules. Both are durable when it returns; the
  // evidence's path.
  absl::StatusOr<std::string> Keep(const report::v1::WitnessEvidence& evidence);

  // Reason for which the adapter is held back; empty if it is not.
  absl::StatusOr<std::string> HeldBecause();

  // Goes on, and notes why; after LOG_RESTORED, without what was seen before.
  absl::Status Rule(std::string_view reason, absl::Time now);
  struct Ruling {
    absl::Time time;
    std::string held_because;
    std::string reason;
  };
  // Oldest first.
  absl::StatusOr<std::vector<Ruling>> Rulings();

  // Paths of all evidence in the folder, whichever log it is about.
  std::vector<std::string> Evidence() const;

 private:
  std::string folder() const { return state_.folder() + "/evidence"; }

  State& state_;
  const std::string log_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_MEMORY_H_
