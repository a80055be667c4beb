// SPDX-License-Identifier: Apache-2.0
// Keeps what the hub remembers in step with what other hubs write to the same
// store (design 11). Groups of all hubs form one log, and each is planned on
// top of the one before it, whoever wrote that:
//
//     take the turn -> catch up to the end of the log -> plan -> Commit
//
// so that nothing that a plan goes by is older than the group before it: not a
// record, not an agreement that was revoked, not a count of the day, not the
// time of the log. What others wrote is told by their leaves.
#ifndef WAYSTATION_SERVER_HUB_IN_STEP_H_
#define WAYSTATION_SERVER_HUB_IN_STEP_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "server/hub/core.h"
#include "server/hub/memory.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// Used by the committer's thread, with nothing being planned or written.
class InStep {
 public:
  // What others wrote bears on more than memory.
  struct Heard {
    // Agencies, agreements, certificates, rules or what is done with them.
    bool administered = false;
    // Rules among them: others are in force now.
    bool rules = false;
    // Something that the journal keeps.
    bool journalled = false;
    // Notices.
    bool notices = false;
  };
  InStep(Core& core, Memory& memory) : core_(core), memory_(memory) {}

  // Memory is as of a log of so many leaves, or later.
  void Begin(uint64_t log_size) { log_size_ = log_size; }
  // Called by CatchUp, once memory is in step and the log known so far.
  void OnHeard(std::function<void(const Heard&)> heard) {
    heard_ = std::move(heard);
  }

  // Takes in what others have written. Errors are the store's.
  absl::Status CatchUp();
  // The hub wrote it itself, and has taken it in.
  void Wrote(const storage::Committed& committed);

 private:
  struct Change;
  absl::Status Read(uint64_t end, Change& change);
  absl::StatusOr<Heard> TakeIn(const Change& change);

  Core& core_;
  Memory& memory_;
  std::function<void(const Heard&)> heard_;
  uint64_t log_size_ = 0;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_IN_STEP_H_
