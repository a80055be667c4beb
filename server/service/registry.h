// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_REGISTRY_H_
#define WAYSTATION_SERVER_SERVICE_REGISTRY_H_

#include "server/service/call.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::service {

class RegistryService final : public v1::RegistryService::CallbackService {
 public:
  // At most `frames_in_flight` frames of one stream are with the hub at once.
  RegistryService(Desk& desk, int frames_in_flight)
      : desk_(desk), frames_in_flight_(frames_in_flight) {}

  grpc::ServerBidiReactor<v1::SubmitRecordsRequest, v1::SubmitRecordsResponse>*
  SubmitRecords(grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* SubmitRecord(
      grpc::CallbackServerContext* context,
      const v1::SubmitRecordRequest* request,
      v1::SubmitRecordResponse* response) override;
  grpc::ServerUnaryReactor* GetPerson(grpc::CallbackServerContext* context,
                                      const v1::GetPersonRequest* request,
                                      v1::GetPersonResponse* response) override;
  grpc::ServerUnaryReactor* MatchClaim(
      grpc::CallbackServerContext* context,
      const v1::MatchClaimRequest* request,
      v1::MatchClaimResponse* response) override;
  grpc::ServerUnaryReactor* LookUpPerson(
      grpc::CallbackServerContext* context,
      const v1::LookUpPersonRequest* request,
      v1::LookUpPersonResponse* response) override;
  grpc::ServerUnaryReactor* AskAboutBusiness(
      grpc::CallbackServerContext* context,
      const v1::AskAboutBusinessRequest* request,
      v1::AskAboutBusinessResponse* response) override;
  grpc::ServerUnaryReactor* ListRecords(
      grpc::CallbackServerContext* context,
      const v1::ListRecordsRequest* request,
      v1::ListRecordsResponse* response) override;
  grpc::ServerUnaryReactor* GetRecordRates(
      grpc::CallbackServerContext* context,
      const v1::GetRecordRatesRequest* request,
      v1::GetRecordRatesResponse* response) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* context,
                                      const v1::GetRecordRequest* request,
                                      v1::GetRecordResponse* response) override;

 private:
  Desk& desk_;
  const int frames_in_flight_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_REGISTRY_H_
