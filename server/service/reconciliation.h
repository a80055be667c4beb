// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_RECONCILIATION_H_
#define WAYSTATION_SERVER_SERVICE_RECONCILIATION_H_

#include "server/service/call.h"
#include "waystation/v1/reconciliation_service.grpc.pb.h"

namespace waystation::service {

class ReconciliationService final
    : public v1::ReconciliationService::CallbackService {
 public:
  explicit ReconciliationService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* ListConflicts(
      grpc::CallbackServerContext* context,
      const v1::ListConflictsRequest* request,
      v1::ListConflictsResponse* response) override;
  grpc::ServerUnaryReactor* GetConflict(
      grpc::CallbackServerContext* context,
      const v1::GetConflictRequest* request,
      v1::GetConflictResponse* response) override;
  grpc::ServerUnaryReactor* ListCandidates(
      grpc::CallbackServerContext* context,
      const v1::ListCandidatesRequest* request,
      v1::ListCandidatesResponse* response) override;
  grpc::ServerUnaryReactor* GetCandidate(
      grpc::CallbackServerContext* context,
      const v1::GetCandidateRequest* request,
      v1::GetCandidateResponse* response) override;
  grpc::ServerUnaryReactor* ExplainPair(
      grpc::CallbackServerContext* context,
      const v1::ExplainPairRequest* request,
      v1::ExplainPairResponse* response) override;
  grpc::ServerUnaryReactor* ListReviewItems(
      grpc::CallbackServerContext* context,
      const v1::ListReviewItemsRequest* request,
      v1::ListReviewItemsResponse* response) override;
  grpc::ServerUnaryReactor* NextReviewItem(
      grpc::CallbackServerContext* context,
      const v1::NextReviewItemRequest* request,
      v1::NextReviewItemResponse* response) override;
  grpc::ServerUnaryReactor* ClaimReviewItem(
      grpc::CallbackServerContext* context,
      const v1::ClaimReviewItemRequest* request,
      v1::ClaimReviewItemResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseReviewItem(
      grpc::CallbackServerContext* context,
      const v1::ReleaseReviewItemRequest* request,
      v1::ReleaseReviewItemResponse* response) override;
  grpc::ServerUnaryReactor* ExplainPerson(
      grpc::CallbackServerContext* context,
      const v1::ExplainPersonRequest* request,
      v1::ExplainPersonResponse* response) override;
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context,
                                   const v1::DecideRequest* request,
                                   v1::DecideResponse* response) override;
  grpc::ServerUnaryReactor* UndoDecision(
      grpc::CallbackServerContext* context,
      const v1::UndoDecisionRequest* request,
      v1::UndoDecisionResponse* response) override;
  grpc::ServerUnaryReactor* SettleProposal(
      grpc::CallbackServerContext* context,
      const v1::SettleProposalRequest* request,
      v1::SettleProposalResponse* response) override;
  grpc::ServerUnaryReactor* ListDecisions(
      grpc::CallbackServerContext* context,
      const v1::ListDecisionsRequest* request,
      v1::ListDecisionsResponse* response) override;
  grpc::ServerUnaryReactor* GetDecision(
      grpc::CallbackServerContext* context,
      const v1::GetDecisionRequest* request,
      v1::GetDecisionResponse* response) override;
  grpc::ServerUnaryReactor* DrawReviewSample(
      grpc::CallbackServerContext* context,
      const v1::DrawReviewSampleRequest* request,
      v1::DrawReviewSampleResponse* response) override;
  grpc::ServerUnaryReactor* GetLinkageReport(
      grpc::CallbackServerContext* context,
      const v1::GetLinkageReportRequest* request,
      v1::GetLinkageReportResponse* response) override;
  grpc::ServerUnaryReactor* GroupRecords(
      grpc::CallbackServerContext* context,
      const v1::GroupRecordsRequest* request,
      v1::GroupRecordsResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_RECONCILIATION_H_
