// SPDX-License-Identifier: Apache-2.0
#include "server/hub/reviewer.h"

#include <algorithm>

#include "proto/errors/error.h"

namespace waystation::hub {

using storage::OpenItem;

absl::StatusOr<Reviewer> Reviewer::Of(const Snapshot& registry,
                                      const Caller& caller) {
  Reviewer reviewer;
  if (caller.IsReconciliationOffice()) return reviewer;
  const AgencyEntry* agency = registry.Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  reviewer.agency_ = agency->number;
  reviewer.clerks_ = "agency/" + caller.agency + "/clerk/";
  return reviewer;
}

std::span<const OpenItem::Kind> Reviewer::kinds() const {
  static constexpr OpenItem::Kind kOffice[] = {OpenItem::Kind::kConflict,
                                               OpenItem::Kind::kCandidate,
                                               OpenItem::Kind::kSample};
  static constexpr OpenItem::Kind kOwn[] = {OpenItem::Kind::kOwnCandidate,
                                            OpenItem::Kind::kOwnConflict};
  if (is_office()) return kOffice;
  return kOwn;
}

bool Reviewer::Sees(OpenItem::Kind kind,
                    std::span<const storage::AgencyNumber> agencies) const {
  if (is_office()) return true;
  return std::ranges::find(kinds(), kind) != kinds().end() &&
         std::ranges::all_of(agencies, [&](storage::AgencyNumber agency) {
           return agency == agency_;
         });
}

bool Reviewer::Sees(const waystation::v1::Decision& decision) const {
  return is_office() || decision.decided_by().starts_with(clerks_);
}

bool Reviewer::Sees(const Proposals::Proposal& proposal) const {
  return is_office() || proposal.proposed_by().starts_with(clerks_);
}

}  // namespace waystation::hub
