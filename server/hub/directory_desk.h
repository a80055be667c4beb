// SPDX-License-Identifier: Apache-2.0
// The directory of services: what there is, where, what is offered, and how
// often it was taken up.
//
// Offers stand in the store as one object an agency, counts as one object an
// agency and month. Each is put by an act of its own, whose leaf holds the hash
// of what was said.
#ifndef WAYSTATION_SERVER_HUB_DIRECTORY_DESK_H_
#define WAYSTATION_SERVER_HUB_DIRECTORY_DESK_H_

#include "absl/status/statusor.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// Both are borrowed. Thread-safe. Errors as the service says.
class DirectoryDesk {
 public:
  DirectoryDesk(Core& core, Committer& committer)
      : core_(core), committer_(committer) {}

  absl::StatusOr<v1::GetServiceCatalogueResponse> GetServiceCatalogue(
      const v1::GetServiceCatalogueRequest& request) const;
  absl::StatusOr<v1::ListServicePointsResponse> ListPoints(
      const v1::ListServicePointsRequest& request) const;
  absl::StatusOr<v1::GetNearestServicePointsResponse> FindPoints(
      const v1::GetNearestServicePointsRequest& request) const;
  absl::StatusOr<v1::ListOffersResponse> ListOffers(
      const v1::ListOffersRequest& request);
  absl::StatusOr<v1::GetServiceReportResponse> Report(
      const Caller& caller, const v1::GetServiceReportRequest& request);

  // Callers are agencies and their clerks.
  void PutOffer(const Caller& caller, v1::PutOfferRequest request,
                Hub::Callback<v1::PutOfferResponse> done);
  void WithdrawOffer(const Caller& caller, v1::WithdrawOfferRequest request,
                     Hub::Callback<v1::WithdrawOfferResponse> done);
  void ReportCounts(const Caller& caller,
                    v1::ReportServiceCountsRequest request,
                    Hub::Callback<v1::ReportServiceCountsResponse> done);

 private:
  Core& core_;
  Committer& committer_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_DIRECTORY_DESK_H_
