// SPDX-License-Identifier: Apache-2.0
#include "server/hub/access_places.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "proto/errors/error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

std::string VisibleTo(const AgencyEntry& agency,
                      const domain::Permissions& permissions) {
  return permissions.VisibleText() +
         (agency.agency.unique_keys() ? "unique_keys\n" : "");
}

absl::Status AccessPlaces::Load(const storage::Store& store) {
  const auto rows = store.ListObjects(kAccessReviewObject);
  if (!rows.ok()) return rows.status();
  const std::lock_guard lock(mutex_);
  places_.clear();
  stale_.clear();
  for (const storage::ObjectRow& row : *rows) {
    store::v1::StoredAccessReview stored;
    storage::AgencyNumber agency = 0;
    if (!absl::SimpleAtoi(row.id, &agency) ||
        !stored.ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "object"},
                                         {"row", row.kind + " " + row.id}}});
    }
    places_[agency] = {.visible = stored.visible(),
                       .after = stored.after(),
                       .done = stored.done()};
  }
  return absl::OkStatus();
}

AccessPlaces::Place AccessPlaces::Of(storage::AgencyNumber agency) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(agency);
  return found == places_.end() ? Place() : found->second;
}

bool AccessPlaces::IsCurrent(storage::AgencyNumber agency,
                             std::string_view visible) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(agency);
  return found != places_.end() && found->second.done &&
         found->second.visible == visible;
}

void AccessPlaces::Set(storage::AgencyNumber agency, Place place,
                       bool is_stored) {
  const std::lock_guard lock(mutex_);
  places_[agency] = std::move(place);
  std::erase(stale_, agency);
  if (!is_stored) stale_.push_back(agency);
}

storage::ObjectRow AccessPlaces::RowOf(storage::AgencyNumber agency,
                                       const Place& place) {
  store::v1::StoredAccessReview stored;
  stored.set_visible(place.visible);
  stored.set_after(place.after);
  stored.set_done(place.done);
  return {.kind = std::string(kAccessReviewObject),
          .id = std::to_string(agency),
          .bytes = stored.SerializeAsString()};
}

std::vector<storage::ObjectRow> AccessPlaces::TakeStale() {
  std::vector<storage::ObjectRow> rows;
  const std::lock_guard lock(mutex_);
  for (const storage::AgencyNumber agency : stale_) {
    rows.push_back(RowOf(agency, places_[agency]));
  }
  stale_.clear();
  return rows;
}

}  // namespace waystation::hub
