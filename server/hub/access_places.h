// SPDX-License-Identifier: Apache-2.0
// Under which agreements the conflicts that each agency's view shows were
// computed last. An object "access_review" an agency (id: its number): written
// along with other things, or by the review that goes through the agency's
// records when its agreements have come to show something else.
#ifndef WAYSTATION_SERVER_HUB_ACCESS_PLACES_H_
#define WAYSTATION_SERVER_HUB_ACCESS_PLACES_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/agreement.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"

namespace waystation::hub {

inline constexpr std::string_view kAccessReviewObject = "access_review";

// All that an agency's view depends on besides claims, decisions and rules:
// what it may see, and whether its keys are unique.
std::string VisibleTo(const AgencyEntry& agency,
                      const domain::Permissions& permissions);

// Thread-safe.
class AccessPlaces {
 public:
  struct Place {
    // As of VisibleTo.
    std::string visible;
    // The last record that has been looked at under it.
    storage::Uid after = 0;
    // All have been.
    bool done = false;
  };

  // STORE_DAMAGED names an object that cannot be read.
  absl::Status Load(const storage::Store& store);

  // Nowhere yet if nothing is known.
  Place Of(storage::AgencyNumber agency) const;
  bool IsCurrent(storage::AgencyNumber agency, std::string_view visible) const;

  // `is_stored`: RowOf of it has been committed.
  void Set(storage::AgencyNumber agency, Place place, bool is_stored);
  static storage::ObjectRow RowOf(storage::AgencyNumber agency,
                                  const Place& place);
  // Rows of the places that are not stored, which from now on count as stored.
  std::vector<storage::ObjectRow> TakeStale();

 private:
  mutable std::mutex mutex_;
  std::map<storage::AgencyNumber, Place> places_;
  std::vector<storage::AgencyNumber> stale_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ACCESS_PLACES_H_
