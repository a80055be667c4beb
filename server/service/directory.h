// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_DIRECTORY_H_
#define WAYSTATION_SERVER_SERVICE_DIRECTORY_H_

#include "server/service/call.h"
#include "waystation/v1/directory_service.grpc.pb.h"

namespace waystation::service {

class DirectoryService final : public v1::DirectoryService::CallbackService {
 public:
  explicit DirectoryService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* GetServiceCatalogue(
      grpc::CallbackServerContext* context,
      const v1::GetServiceCatalogueRequest* request,
      v1::GetServiceCatalogueResponse* response) override;
  grpc::ServerUnaryReactor* ListServicePoints(
      grpc::CallbackServerContext* context,
      const v1::ListServicePointsRequest* request,
      v1::ListServicePointsResponse* response) override;
  grpc::ServerUnaryReactor* GetNearestServicePoints(
      grpc::CallbackServerContext* context,
      const v1::GetNearestServicePointsRequest* request,
      v1::GetNearestServicePointsResponse* response) override;
  grpc::ServerUnaryReactor* PutOffer(grpc::CallbackServerContext* context,
                                     const v1::PutOfferRequest* request,
                                     v1::PutOfferResponse* response) override;
  grpc::ServerUnaryReactor* WithdrawOffer(
      grpc::CallbackServerContext* context,
      const v1::WithdrawOfferRequest* request,
      v1::WithdrawOfferResponse* response) override;
  grpc::ServerUnaryReactor* ListOffers(
      grpc::CallbackServerContext* context,
      const v1::ListOffersRequest* request,
      v1::ListOffersResponse* response) override;
  grpc::ServerUnaryReactor* ReportServiceCounts(
      grpc::CallbackServerContext* context,
      const v1::ReportServiceCountsRequest* request,
      v1::ReportServiceCountsResponse* response) override;
  grpc::ServerUnaryReactor* GetServiceReport(
      grpc::CallbackServerContext* context,
      const v1::GetServiceReportRequest* request,
      v1::GetServiceReportResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_DIRECTORY_H_
