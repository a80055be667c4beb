// SPDX-License-Identifier: Apache-2.0
// Whose questions a caller works on (design 8): the reconciliation office on
// all that wait, an agency's own clerk on those about the agency's records
// alone.
#ifndef WAYSTATION_SERVER_HUB_REVIEWER_H_
#define WAYSTATION_SERVER_HUB_REVIEWER_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/proposals.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::hub {

// Immutable.
class Reviewer {
 public:
  // FAILED_PRECONDITION (AGENCY_NOT_REGISTERED) for the clerk of an agency that
  // is not there.
  static absl::StatusOr<Reviewer> Of(const Snapshot& registry,
                                     const Caller& caller);

  bool is_office() const { return agency_ == 0; }

  // Of the items in the store.
  std::span<const storage::OpenItem::Kind> kinds() const;
  // The kind of their pairs.
  storage::OpenItem::Kind pairs() const {
    return is_office() ? storage::OpenItem::Kind::kCandidate
                       : storage::OpenItem::Kind::kOwnCandidate;
  }
  storage::OpenItem::Kind conflicts() const {
    return is_office() ? storage::OpenItem::Kind::kConflict
                       : storage::OpenItem::Kind::kOwnConflict;
  }
  // 0 of the office.
  storage::AgencyNumber agency() const { return agency_; }
  // Whether the caller may know that this waits, or did.
  bool Sees(storage::OpenItem::Kind kind,
            std::span<const storage::AgencyNumber> agencies) const;
  // What clerks of the same desk ruled. An agency's do not see the office's.
  bool Sees(const waystation::v1::Decision& decision) const;
  // What clerks of the same desk proposed; the office sees all.
  bool Sees(const Proposals::Proposal& proposal) const;

 private:
  // 0 of the office.
  storage::AgencyNumber agency_ = 0;
  // What the paths of its clerks begin with.
  std::string clerks_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REVIEWER_H_
