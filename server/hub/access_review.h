// SPDX-License-Identifier: Apache-2.0
// When agreements come to show an agency something else, by being applied or
// revoked or by the day, the conflicts of its view are others, though no record
// changed. So its records are gone through, some hundred a group, and what its
// clerks are asked about is brought in line. Until that is done, what is shown
// is looked at item by item (OwnConflictCheck).
#ifndef WAYSTATION_SERVER_HUB_ACCESS_REVIEW_H_
#define WAYSTATION_SERVER_HUB_ACCESS_REVIEW_H_

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// Borrows both, and outlives the committer's thread. Thread-safe.
class AccessReview {
 public:
  AccessReview(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  // Sets out if some agency's view is due, and goes on after a commit that did
  // not go through; costs nothing where nothing has changed.
  void GoOn();

 private:
  class Page;

  // An agency whose view is due, and how far it has come.
  struct Due {
    storage::AgencyNumber agency = 0;
    AccessPlaces::Place place;
  };
  // All agencies are looked at once a snapshot and day. Needs the mutex.
  std::optional<Due> FindDue(const std::shared_ptr<const Snapshot>& registry,
                             codes::Date day);
  void Next();
  void Ended(bool ok);

  Core& core_;
  Committer& committer_;
  std::mutex mutex_;
  bool under_way_ = false;
  // Agencies that may be due under this snapshot, on this day.
  std::vector<storage::AgencyNumber> waiting_;
  std::shared_ptr<const Snapshot> registry_;
  codes::Date day_{};
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ACCESS_REVIEW_H_
