// SPDX-License-Identifier: Apache-2.0
#include "server/service/reconciliation.h"

namespace waystation::service {
namespace {

// An agency's own clerks look at the agency's own records.
constexpr Roles kReviewers = kOffice | kClerk;

constexpr Method kListConflicts{"ReconciliationService.ListConflicts",
                                kReviewers};
constexpr Method kGetConflict{"ReconciliationService.GetConflict", kReviewers};
constexpr Method kListCandidates{"ReconciliationService.ListCandidates",
                                 kReviewers};
constexpr Method kGetCandidate{"ReconciliationService.GetCandidate",
                               kReviewers};
constexpr Method kExplainPair{"ReconciliationService.ExplainPair", kReviewers};
constexpr Method kListReviewItems{"ReconciliationService.ListReviewItems",
                                  kReviewers};
constexpr Method kNextReviewItem{"ReconciliationService.NextReviewItem",
                                 kReviewers};
constexpr Method kClaimReviewItem{"ReconciliationService.ClaimReviewItem",
                                  kReviewers};
constexpr Method kReleaseReviewItem{"ReconciliationService.ReleaseReviewItem",
                                    kReviewers};
constexpr Method kExplainPerson{"ReconciliationService.ExplainPerson", kOffice};
constexpr Method kDecide{"ReconciliationService.Decide", kReviewers};
constexpr Method kUndoDecision{"ReconciliationService.UndoDecision",
                               kReviewers};
constexpr Method kSettleProposal{"ReconciliationService.SettleProposal",
                                 kReviewers};
constexpr Method kListDecisions{"ReconciliationService.ListDecisions",
                                kReviewers};
constexpr Method kGetDecision{"ReconciliationService.GetDecision", kReviewers};
constexpr Method kDrawReviewSample{"ReconciliationService.DrawReviewSample",
                                   kOffice};
constexpr Method kGetLinkageReport{"ReconciliationService.GetLinkageReport",
                                   kOffice | kOperator | kAuditor};
constexpr Method kGroupRecords{"ReconciliationService.GroupRecords", kOffice};

}  // namespace

grpc::ServerUnaryReactor* ReconciliationService::ListConflicts(
    grpc::CallbackServerContext* context,
    const v1::ListConflictsRequest* request,
    v1::ListConflictsResponse* response) {
  return AskHub(desk_, context, kListConflicts, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListConflicts(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::GetConflict(
    grpc::CallbackServerContext* context, const v1::GetConflictRequest* request,
    v1::GetConflictResponse* response) {
  return HandOver(desk_, context, kGetConflict, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.GetConflict(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::ListCandidates(
    grpc::CallbackServerContext* context,
    const v1::ListCandidatesRequest* request,
    v1::ListCandidatesResponse* response) {
  return AskHub(desk_, context, kListCandidates, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListCandidates(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::GetCandidate(
    grpc::CallbackServerContext* context,
    const v1::GetCandidateRequest* request,
    v1::GetCandidateResponse* response) {
  return HandOver(desk_, context, kGetCandidate, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.GetCandidate(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::ExplainPair(
    grpc::CallbackServerContext* context, const v1::ExplainPairRequest* request,
    v1::ExplainPairResponse* response) {
  return HandOver(desk_, context, kExplainPair, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.ExplainPair(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::ListReviewItems(
    grpc::CallbackServerContext* context,
    const v1::ListReviewItemsRequest* request,
    v1::ListReviewItemsResponse* response) {
  return AskHub(desk_, context, kListReviewItems, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListReviewItems(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::NextReviewItem(
    grpc::CallbackServerContext* context,
    const v1::NextReviewItemRequest* request,
    v1::NextReviewItemResponse* response) {
  return AskHub(desk_, context, kNextReviewItem, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.NextReviewItem(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::ClaimReviewItem(
    grpc::CallbackServerContext* context,
    const v1::ClaimReviewItemRequest* request,
    v1::ClaimReviewItemResponse* response) {
  return AskHub(desk_, context, kClaimReviewItem, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ClaimReviewItem(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::ReleaseReviewItem(
    grpc::CallbackServerContext* context,
    const v1::ReleaseReviewItemRequest* request,
    v1::ReleaseReviewItemResponse* response) {
  return AskHub(desk_, context, kReleaseReviewItem, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ReleaseReviewItem(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::ExplainPerson(
    grpc::CallbackServerContext* context,
    const v1::ExplainPersonRequest* request,
    v1::ExplainPersonResponse* response) {
  return HandOver(desk_, context, kExplainPerson, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.ExplainPerson(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::Decide(
    grpc::CallbackServerContext* context, const v1::DecideRequest* request,
    v1::DecideResponse* response) {
  return HandOver(desk_, context, kDecide, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.Decide(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::UndoDecision(
    grpc::CallbackServerContext* context,
    const v1::UndoDecisionRequest* request,
    v1::UndoDecisionResponse* response) {
  return HandOver(desk_, context, kUndoDecision, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.UndoDecision(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::SettleProposal(
    grpc::CallbackServerContext* context,
    const v1::SettleProposalRequest* request,
    v1::SettleProposalResponse* response) {
  return HandOver(desk_, context, kSettleProposal, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.SettleProposal(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* ReconciliationService::ListDecisions(
    grpc::CallbackServerContext* context,
    const v1::ListDecisionsRequest* request,
    v1::ListDecisionsResponse* response) {
  return AskHub(desk_, context, kListDecisions, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListDecisions(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::GetDecision(
    grpc::CallbackServerContext* context, const v1::GetDecisionRequest* request,
    v1::GetDecisionResponse* response) {
  return AskHub(desk_, context, kGetDecision, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetDecision(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::DrawReviewSample(
    grpc::CallbackServerContext* context,
    const v1::DrawReviewSampleRequest* request,
    v1::DrawReviewSampleResponse* response) {
  return AskHub(desk_, context, kDrawReviewSample, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.DrawReviewSample(caller, *request);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::GetLinkageReport(
    grpc::CallbackServerContext* context,
    const v1::GetLinkageReportRequest* request,
    v1::GetLinkageReportResponse* response) {
  return AskHub(desk_, context, kGetLinkageReport, *request, response,
                [this](const hub::Caller& caller) {
                  return desk_.hub.GetLinkageReport(caller);
                });
}

grpc::ServerUnaryReactor* ReconciliationService::GroupRecords(
    grpc::CallbackServerContext* context,
    const v1::GroupRecordsRequest* request,
    v1::GroupRecordsResponse* response) {
  return AskHub(desk_, context, kGroupRecords, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GroupRecords(caller, *request);
                });
}

}  // namespace waystation::service
