// SPDX-License-Identifier: Apache-2.0
// What the committer does: pieces of work that are planned into one group,
// committed together and then answered.
#ifndef WAYSTATION_SERVER_HUB_WORK_H_
#define WAYSTATION_SERVER_HUB_WORK_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "server/hub/affair.h"
#include "server/hub/planning.h"
#include "server/hub/tell.h"
#include "server/storage/store.h"

namespace waystation::hub {

// What a group comes to: for works that answer with it.
struct Outcome {
  Planning& planning;
  const std::vector<Affair>& affairs;
  const Teller& teller;
};

// Planned by the committer, maybe again after a commit that did not go
// through; then answered once, by Answer or by Fail, on a thread of the hub.
class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  // How much of the queue it takes up: updates, and their bytes.
  virtual size_t size() const { return 1; }
  virtual size_t bytes() const { return 0; }
  // Wants a group of its own.
  virtual bool alone() const { return false; }
  // Record keys that Begin will look for.
  virtual void AddKeys(std::vector<storage::KeyHash>& /*keys*/) const {}

  // Changes records or decisions, or answers an error and has changed nothing:
  // that fails the work alone.
  virtual absl::Status Begin(Planning& /*planning*/) {
    return absl::OkStatus();
  }
  // Persons are settled: prepares the answer and the leaf. An error fails the
  // group, which is then planned work by work.
  virtual absl::Status Conclude(const Outcome& outcome) = 0;

  // The group is durable; `committed` is nullptr where nothing had to be
  // written.
  virtual void Answer(const storage::Committed* committed) = 0;
  // Nothing of it was written, or, for UNAVAILABLE, nobody knows.
  virtual void Fail(const absl::Status& status) = 0;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_WORK_H_
