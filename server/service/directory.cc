// SPDX-License-Identifier: Apache-2.0
#include "server/service/directory.h"

#include <utility>

namespace waystation::service {
namespace {

constexpr Roles kAnyone = kAgency | kClerk | kOffice | kOperator | kAuditor;

constexpr Method kGetServiceCatalogue{"DirectoryService.GetServiceCatalogue",
                                      kAnyone};
constexpr Method kListServicePoints{"DirectoryService.ListServicePoints",
                                    kAnyone};
constexpr Method kGetNearestServicePoints{
    "DirectoryService.GetNearestServicePoints", kAnyone};
constexpr Method kListOffers{"DirectoryService.ListOffers", kAnyone};
constexpr Method kGetServiceReport{"DirectoryService.GetServiceReport",
                                   kAnyone};
constexpr Method kPutOffer{"DirectoryService.PutOffer", kAgency | kClerk};
constexpr Method kWithdrawOffer{"DirectoryService.WithdrawOffer",
                                kAgency | kClerk};
constexpr Method kReportServiceCounts{"DirectoryService.ReportServiceCounts",
                                      kAgency | kClerk};

}  // namespace

grpc::ServerUnaryReactor* DirectoryService::GetServiceCatalogue(
    grpc::CallbackServerContext* context,
    const v1::GetServiceCatalogueRequest* request,
    v1::GetServiceCatalogueResponse* response) {
  return AskHub(desk_, context, kGetServiceCatalogue, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetServiceCatalogue(caller, *request);
                });
}

grpc::ServerUnaryReactor* DirectoryService::ListServicePoints(
    grpc::CallbackServerContext* context,
    const v1::ListServicePointsRequest* request,
    v1::ListServicePointsResponse* response) {
  return AskHub(desk_, context, kListServicePoints, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListServicePoints(caller, *request);
                });
}

grpc::ServerUnaryReactor* DirectoryService::GetNearestServicePoints(
    grpc::CallbackServerContext* context,
    const v1::GetNearestServicePointsRequest* request,
    v1::GetNearestServicePointsResponse* response) {
  return AskHub(desk_, context, kGetNearestServicePoints, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetNearestServicePoints(caller, *request);
                });
}

grpc::ServerUnaryReactor* DirectoryService::ListOffers(
    grpc::CallbackServerContext* context, const v1::ListOffersRequest* request,
    v1::ListOffersResponse* response) {
  return AskHub(desk_, context, kListOffers, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListOffers(caller, *request);
                });
}

grpc::ServerUnaryReactor* DirectoryService::GetServiceReport(
    grpc::CallbackServerContext* context,
    const v1::GetServiceReportRequest* request,
    v1::GetServiceReportResponse* response) {
  return AskHub(desk_, context, kGetServiceReport, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetServiceReport(caller, *request);
                });
}

grpc::ServerUnaryReactor* DirectoryService::PutOffer(
    grpc::CallbackServerContext* context, const v1::PutOfferRequest* request,
    v1::PutOfferResponse* response) {
  return HandOver(desk_, context, kPutOffer, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.PutOffer(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* DirectoryService::WithdrawOffer(
    grpc::CallbackServerContext* context,
    const v1::WithdrawOfferRequest* request,
    v1::WithdrawOfferResponse* response) {
  return HandOver(desk_, context, kWithdrawOffer, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.WithdrawOffer(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* DirectoryService::ReportServiceCounts(
    grpc::CallbackServerContext* context,
    const v1::ReportServiceCountsRequest* request,
    v1::ReportServiceCountsResponse* response) {
  return HandOver(desk_, context, kReportServiceCounts, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.ReportServiceCounts(caller, *request,
                                                  std::move(done));
                  });
}

}  // namespace waystation::service
