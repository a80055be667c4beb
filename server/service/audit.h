// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_AUDIT_H_
#define WAYSTATION_SERVER_SERVICE_AUDIT_H_

#include "server/service/call.h"
#include "waystation/v1/audit_service.grpc.pb.h"

namespace waystation::service {

class AuditService final : public v1::AuditService::CallbackService {
 public:
  explicit AuditService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* GetCheckpoint(
      grpc::CallbackServerContext* context,
      const v1::GetCheckpointRequest* request,
      v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* ListCheckpoints(
      grpc::CallbackServerContext* context,
      const v1::ListCheckpointsRequest* request,
      v1::ListCheckpointsResponse* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(
      grpc::CallbackServerContext* context,
      const v1::GetInclusionProofRequest* request,
      v1::GetInclusionProofResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* context,
      const v1::GetConsistencyProofRequest* request,
      v1::GetConsistencyProofResponse* response) override;
  grpc::ServerUnaryReactor* ListEvents(
      grpc::CallbackServerContext* context,
      const v1::ListEventsRequest* request,
      v1::ListEventsResponse* response) override;
  grpc::ServerUnaryReactor* Cosign(grpc::CallbackServerContext* context,
                                   const v1::CosignRequest* request,
                                   v1::CosignResponse* response) override;
  grpc::ServerUnaryReactor* GetUpdateProof(
      grpc::CallbackServerContext* context,
      const v1::GetUpdateProofRequest* request,
      v1::GetUpdateProofResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_AUDIT_H_
