// SPDX-License-Identifier: Apache-2.0
#include "server/service/registry.h"

#include "server/service/submit_stream.h"

namespace waystation::service {
namespace {

constexpr Method kSubmitRecords{"RegistryService.SubmitRecords", kAgency};
constexpr Method kSubmitRecord{"RegistryService.SubmitRecord", kAgency};
constexpr Method kGetPerson{"RegistryService.GetPerson", kAgency | kClerk};
constexpr Method kMatchClaim{"RegistryService.MatchClaim", kAgency | kClerk};
constexpr Method kLookUpPerson{"RegistryService.LookUpPerson",
                               kAgency | kClerk};
constexpr Method kAskAboutBusiness{"RegistryService.AskAboutBusiness",
                                   kAgency | kClerk};
constexpr Method kListRecords{"RegistryService.ListRecords", kAgency | kClerk};
constexpr Method kGetRecord{"RegistryService.GetRecord", kAgency | kClerk};
constexpr Method kGetRecordRates{
    "RegistryService.GetRecordRates",
    kAgency | kClerk | kOffice | kOperator | kAuditor};

}  // namespace

grpc::ServerBidiReactor<v1::SubmitRecordsRequest, v1::SubmitRecordsResponse>*
RegistryService::SubmitRecords(grpc::CallbackServerContext* context) {
  return StartSubmitStream(desk_, *context, kSubmitRecords, frames_in_flight_);
}

grpc::ServerUnaryReactor* RegistryService::SubmitRecord(
    grpc::CallbackServerContext* context,
    const v1::SubmitRecordRequest* request,
    v1::SubmitRecordResponse* response) {
  return HandOver(desk_, context, kSubmitRecord, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.SubmitRecord(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* RegistryService::GetPerson(
    grpc::CallbackServerContext* context, const v1::GetPersonRequest* request,
    v1::GetPersonResponse* response) {
  return HandOver(desk_, context, kGetPerson, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.GetPerson(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* RegistryService::MatchClaim(
    grpc::CallbackServerContext* context, const v1::MatchClaimRequest* request,
    v1::MatchClaimResponse* response) {
  return HandOver(desk_, context, kMatchClaim, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.MatchClaim(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* RegistryService::LookUpPerson(
    grpc::CallbackServerContext* context,
    const v1::LookUpPersonRequest* request,
    v1::LookUpPersonResponse* response) {
  return HandOver(desk_, context, kLookUpPerson, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.LookUpPerson(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* RegistryService::AskAboutBusiness(
    grpc::CallbackServerContext* context,
    const v1::AskAboutBusinessRequest* request,
    v1::AskAboutBusinessResponse* response) {
  return HandOver(desk_, context, kAskAboutBusiness, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.AskAboutBusiness(caller, *request,
                                               std::move(done));
                  });
}

grpc::ServerUnaryReactor* RegistryService::ListRecords(
    grpc::CallbackServerContext* context, const v1::ListRecordsRequest* request,
    v1::ListRecordsResponse* response) {
  return AskHub(desk_, context, kListRecords, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListRecords(caller, *request);
                });
}

grpc::ServerUnaryReactor* RegistryService::GetRecordRates(
    grpc::CallbackServerContext* context,
    const v1::GetRecordRatesRequest* request,
    v1::GetRecordRatesResponse* response) {
  return AskHub(desk_, context, kGetRecordRates, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetRecordRates(caller, *request);
                });
}

grpc::ServerUnaryReactor* RegistryService::GetRecord(
    grpc::CallbackServerContext* context, const v1::GetRecordRequest* request,
    v1::GetRecordResponse* response) {
  return AskHub(desk_, context, kGetRecord, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetRecord(caller, *request);
                });
}

}  // namespace waystation::service
