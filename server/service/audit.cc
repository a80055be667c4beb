// SPDX-License-Identifier: Apache-2.0
#include "server/service/audit.h"

namespace waystation::service {
namespace {

// Nobody who administers also audits.
constexpr Roles kReaders = kAuditor | kAgency | kClerk;

constexpr Method kGetCheckpoint{"AuditService.GetCheckpoint", kReaders};
constexpr Method kListCheckpoints{"AuditService.ListCheckpoints", kReaders};
constexpr Method kGetInclusionProof{"AuditService.GetInclusionProof", kReaders};
constexpr Method kGetConsistencyProof{"AuditService.GetConsistencyProof",
                                      kReaders};
constexpr Method kListEvents{"AuditService.ListEvents", kReaders};
constexpr Method kCosign{"AuditService.Cosign", kAgency};
constexpr Method kGetUpdateProof{"AuditService.GetUpdateProof", kReaders};

}  // namespace

grpc::ServerUnaryReactor* AuditService::GetCheckpoint(
    grpc::CallbackServerContext* context,
    const v1::GetCheckpointRequest* request,
    v1::GetCheckpointResponse* response) {
  return AskHub(desk_, context, kGetCheckpoint, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetCheckpoint(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::ListCheckpoints(
    grpc::CallbackServerContext* context,
    const v1::ListCheckpointsRequest* request,
    v1::ListCheckpointsResponse* response) {
  return AskHub(desk_, context, kListCheckpoints, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListCheckpoints(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::GetInclusionProof(
    grpc::CallbackServerContext* context,
    const v1::GetInclusionProofRequest* request,
    v1::GetInclusionProofResponse* response) {
  return AskHub(desk_, context, kGetInclusionProof, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetInclusionProof(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::GetConsistencyProof(
    grpc::CallbackServerContext* context,
    const v1::GetConsistencyProofRequest* request,
    v1::GetConsistencyProofResponse* response) {
  return AskHub(desk_, context, kGetConsistencyProof, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetConsistencyProof(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::ListEvents(
    grpc::CallbackServerContext* context, const v1::ListEventsRequest* request,
    v1::ListEventsResponse* response) {
  return AskHub(desk_, context, kListEvents, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListEvents(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::Cosign(
    grpc::CallbackServerContext* context, const v1::CosignRequest* request,
    v1::CosignResponse* response) {
  return AskHub(desk_, context, kCosign, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.Cosign(caller, *request);
                });
}

grpc::ServerUnaryReactor* AuditService::GetUpdateProof(
    grpc::CallbackServerContext* context,
    const v1::GetUpdateProofRequest* request,
    v1::GetUpdateProofResponse* response) {
  return AskHub(desk_, context, kGetUpdateProof, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetUpdateProof(caller, *request);
                });
}

}  // namespace waystation::service
