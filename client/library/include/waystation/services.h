// SPDX-License-Identifier: Apache-2.0
// The hub's unary calls, one method each, as the protos in proto/waystation/v1
// describe them. All are thread-safe and block; errors carry their reason
// (proto/errors). Calls are repeated as RetryPolicy says, since each is safe to
// repeat; decisions without a request id are given one for that reason. Only
// SignCertificate, CreateBackup and what is done to rules are never repeated by
// themselves.
//
// Include the *.pb.h of the messages that you use.
#ifndef WAYSTATION_SERVICES_H_
#define WAYSTATION_SERVICES_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

namespace waystation::v1 {
class AcknowledgeRequest;
class AcknowledgeResponse;
class ApplyAgreementRequest;
class ApplyAgreementResponse;
class ApplyRulesRequest;
class ApplyRulesResponse;
class AskAboutBusinessRequest;
class AskAboutBusinessResponse;
class CheckStoreRequest;
class CheckStoreResponse;
class ClaimReviewItemRequest;
class ClaimReviewItemResponse;
class CosignRequest;
class CosignResponse;
class CreateBackupRequest;
class CreateBackupResponse;
class DecideRequest;
class DecideResponse;
class DrawReviewSampleRequest;
class DrawReviewSampleResponse;
class ExplainPairRequest;
class ExplainPairResponse;
class ExplainPersonRequest;
class ExplainPersonResponse;
class GetCandidateRequest;
class GetCandidateResponse;
class GetCheckpointRequest;
class GetCheckpointResponse;
class GetConflictRequest;
class GetConflictResponse;
class GetConsistencyProofRequest;
class GetConsistencyProofResponse;
class GetDecisionRequest;
class GetDecisionResponse;
class GetHubStatusRequest;
class GetHubStatusResponse;
class GetInclusionProofRequest;
class GetInclusionProofResponse;
class GetLinkageReportRequest;
class GetLinkageReportResponse;
class GetMailboxRequest;
class GetMailboxResponse;
class GetNearestServicePointsRequest;
class GetNearestServicePointsResponse;
class GetNoticeRatesRequest;
class GetNoticeRatesResponse;
class GetNoticeRequest;
class GetNoticeResponse;
class GetOverdueNoticesRequest;
class GetOverdueNoticesResponse;
class GetPersonRequest;
class GetPersonResponse;
class GetRecordRequest;
class GetRecordResponse;
class GetRecordRatesRequest;
class GetRecordRatesResponse;
class GetRulesRequest;
class GetRulesResponse;
class GetServiceCatalogueRequest;
class GetServiceCatalogueResponse;
class GetServiceReportRequest;
class GetServiceReportResponse;
class GetUpdateProofRequest;
class GetUpdateProofResponse;
class GroupRecordsRequest;
class GroupRecordsResponse;
class IssueCodeRequest;
class IssueCodeResponse;
class ListAgenciesRequest;
class ListAgenciesResponse;
class ListAgreementsRequest;
class ListAgreementsResponse;
class ListBackupsRequest;
class ListBackupsResponse;
class ListCandidatesRequest;
class ListCandidatesResponse;
class ListCertificatesRequest;
class ListCertificatesResponse;
class ListCheckpointsRequest;
class ListCheckpointsResponse;
class ListConflictsRequest;
class ListConflictsResponse;
class ListDecisionsRequest;
class ListDecisionsResponse;
class ListEventsRequest;
class ListEventsResponse;
class ListNoticesRequest;
class ListNoticesResponse;
class ListOffersRequest;
class ListOffersResponse;
class ListRecordsRequest;
class ListRecordsResponse;
class ListReviewItemsRequest;
class ListReviewItemsResponse;
class ListServicePointsRequest;
class ListServicePointsResponse;
class LookUpPersonRequest;
class LookUpPersonResponse;
class MatchClaimRequest;
class MatchClaimResponse;
class NextReviewItemRequest;
class NextReviewItemResponse;
class PullRequest;
class PullResponse;
class PutAgencyRequest;
class PutAgencyResponse;
class PutOfferRequest;
class PutOfferResponse;
class ReleaseReviewItemRequest;
class ReleaseReviewItemResponse;
class RenewCertificateRequest;
class RenewCertificateResponse;
class ReportServiceCountsRequest;
class ReportServiceCountsResponse;
class ReportVerificationsRequest;
class ReportVerificationsResponse;
class RevokeAgreementRequest;
class RevokeAgreementResponse;
class RevokeCertificateRequest;
class RevokeCertificateResponse;
class RulesEffect;
class RulesProgress;
class SendNoticeRequest;
class SendNoticeResponse;
class SettleProposalRequest;
class SettleProposalResponse;
class SignCertificateRequest;
class SignCertificateResponse;
class StepNoticeRequest;
class StepNoticeResponse;
class SubmitRecordRequest;
class SubmitRecordResponse;
class TrainedRules;
class TrainRulesRequest;
class TryRulesRequest;
class UndoDecisionRequest;
class UndoDecisionResponse;
class VerifyBackupRequest;
class VerifyBackupResponse;
class VerifyRequest;
class VerifyResponse;
class WithdrawCodesRequest;
class WithdrawCodesResponse;
class WithdrawOfferRequest;
class WithdrawOfferResponse;
}  // namespace waystation::v1

namespace waystation::client {

class Connection;

class Registry {
 public:
  explicit Registry(Connection& connection);
  ~Registry();

  absl::StatusOr<v1::SubmitRecordResponse> SubmitRecord(
      const v1::SubmitRecordRequest& request) const;
  absl::StatusOr<v1::GetPersonResponse> GetPerson(
      const v1::GetPersonRequest& request) const;
  absl::StatusOr<v1::MatchClaimResponse> MatchClaim(
      const v1::MatchClaimRequest& request) const;
  absl::StatusOr<v1::LookUpPersonResponse> LookUpPerson(
      const v1::LookUpPersonRequest& request) const;
  absl::StatusOr<v1::AskAboutBusinessResponse> AskAboutBusiness(
      const v1::AskAboutBusinessRequest& request) const;
  absl::StatusOr<v1::ListRecordsResponse> ListRecords(
      const v1::ListRecordsRequest& request) const;
  absl::StatusOr<v1::GetRecordRatesResponse> GetRecordRates(
      const v1::GetRecordRatesRequest& request) const;
  absl::StatusOr<v1::GetRecordResponse> GetRecord(
      const v1::GetRecordRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

class Mailbox {
 public:
  explicit Mailbox(Connection& connection);
  ~Mailbox();

  absl::StatusOr<v1::PullResponse> Pull(const v1::PullRequest& request) const;
  absl::StatusOr<v1::AcknowledgeResponse> Acknowledge(
      const v1::AcknowledgeRequest& request) const;
  absl::StatusOr<v1::GetMailboxResponse> GetMailbox(
      const v1::GetMailboxRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

class Notice {
 public:
  explicit Notice(Connection& connection);
  ~Notice();

  // With a request id of its own where the request has none.
  absl::StatusOr<v1::SendNoticeResponse> SendNotice(
      const v1::SendNoticeRequest& request) const;
  absl::StatusOr<v1::ListNoticesResponse> ListNotices(
      const v1::ListNoticesRequest& request) const;
  absl::StatusOr<v1::GetNoticeResponse> GetNotice(
      const v1::GetNoticeRequest& request) const;
  absl::StatusOr<v1::StepNoticeResponse> StepNotice(
      const v1::StepNoticeRequest& request) const;
  absl::StatusOr<v1::GetOverdueNoticesResponse> GetOverdueNotices(
      const v1::GetOverdueNoticesRequest& request) const;
  absl::StatusOr<v1::GetNoticeRatesResponse> GetNoticeRates(
      const v1::GetNoticeRatesRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

// Certificates that are asked about with their holders' codes.
class Verify {
 public:
  explicit Verify(Connection& connection);
  ~Verify();

  absl::StatusOr<v1::IssueCodeResponse> IssueCode(
      const v1::IssueCodeRequest& request) const;
  // Not repeated: a code works once, and who got no answer needs another.
  absl::StatusOr<v1::VerifyResponse> Ask(
      const v1::VerifyRequest& request) const;
  absl::StatusOr<v1::WithdrawCodesResponse> WithdrawCodes(
      const v1::WithdrawCodesRequest& request) const;
  absl::StatusOr<v1::ReportVerificationsResponse> ReportVerifications(
      const v1::ReportVerificationsRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

// What services there are, where, and how often they were taken up.
class Directory {
 public:
  explicit Directory(Connection& connection);
  ~Directory();

  absl::StatusOr<v1::GetServiceCatalogueResponse> GetServiceCatalogue(
      const v1::GetServiceCatalogueRequest& request) const;
  absl::StatusOr<v1::ListServicePointsResponse> ListServicePoints(
      const v1::ListServicePointsRequest& request) const;
  absl::StatusOr<v1::GetNearestServicePointsResponse> GetNearestServicePoints(
      const v1::GetNearestServicePointsRequest& request) const;
  absl::StatusOr<v1::ListOffersResponse> ListOffers(
      const v1::ListOffersRequest& request) const;
  absl::StatusOr<v1::GetServiceReportResponse> GetServiceReport(
      const v1::GetServiceReportRequest& request) const;
  absl::StatusOr<v1::PutOfferResponse> PutOffer(
      const v1::PutOfferRequest& request) const;
  absl::StatusOr<v1::WithdrawOfferResponse> WithdrawOffer(
      const v1::WithdrawOfferRequest& request) const;
  absl::StatusOr<v1::ReportServiceCountsResponse> ReportServiceCounts(
      const v1::ReportServiceCountsRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

class Reconciliation {
 public:
  explicit Reconciliation(Connection& connection);
  ~Reconciliation();

  absl::StatusOr<v1::ListConflictsResponse> ListConflicts(
      const v1::ListConflictsRequest& request) const;
  absl::StatusOr<v1::GetConflictResponse> GetConflict(
      const v1::GetConflictRequest& request) const;
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request) const;
  absl::StatusOr<v1::GetCandidateResponse> GetCandidate(
      const v1::GetCandidateRequest& request) const;
  absl::StatusOr<v1::ExplainPairResponse> ExplainPair(
      const v1::ExplainPairRequest& request) const;
  absl::StatusOr<v1::ListReviewItemsResponse> ListReviewItems(
      const v1::ListReviewItemsRequest& request) const;
  absl::StatusOr<v1::NextReviewItemResponse> NextReviewItem(
      const v1::NextReviewItemRequest& request) const;
  absl::StatusOr<v1::ClaimReviewItemResponse> ClaimReviewItem(
      const v1::ClaimReviewItemRequest& request) const;
  absl::StatusOr<v1::ReleaseReviewItemResponse> ReleaseReviewItem(
      const v1::ReleaseReviewItemRequest& request) const;
  absl::StatusOr<v1::ExplainPersonResponse> ExplainPerson(
      const v1::ExplainPersonRequest& request) const;
  absl::StatusOr<v1::DecideResponse> Decide(
      const v1::DecideRequest& request) const;
  absl::StatusOr<v1::UndoDecisionResponse> UndoDecision(
      const v1::UndoDecisionRequest& request) const;
  // Safe to repeat: who has settled it so is answered as before.
  absl::StatusOr<v1::SettleProposalResponse> SettleProposal(
      const v1::SettleProposalRequest& request) const;
  absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
      const v1::ListDecisionsRequest& request) const;
  absl::StatusOr<v1::GetDecisionResponse> GetDecision(
      const v1::GetDecisionRequest& request) const;
  absl::StatusOr<v1::DrawReviewSampleResponse> DrawReviewSample(
      const v1::DrawReviewSampleRequest& request) const;
  absl::StatusOr<v1::GetLinkageReportResponse> GetLinkageReport(
      const v1::GetLinkageReportRequest& request) const;
  absl::StatusOr<v1::GroupRecordsResponse> GroupRecords(
      const v1::GroupRecordsRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

class Audit {
 public:
  explicit Audit(Connection& connection);
  ~Audit();

  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(
      const v1::GetCheckpointRequest& request) const;
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const v1::ListCheckpointsRequest& request) const;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request) const;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request) const;
  absl::StatusOr<v1::ListEventsResponse> ListEvents(
      const v1::ListEventsRequest& request) const;
  absl::StatusOr<v1::CosignResponse> Cosign(
      const v1::CosignRequest& request) const;
  absl::StatusOr<v1::GetUpdateProofResponse> GetUpdateProof(
      const v1::GetUpdateProofRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

class Admin {
 public:
  explicit Admin(Connection& connection);
  ~Admin();

  absl::StatusOr<v1::PutAgencyResponse> PutAgency(
      const v1::PutAgencyRequest& request) const;
  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const v1::ListAgenciesRequest& request) const;
  absl::StatusOr<v1::ApplyAgreementResponse> ApplyAgreement(
      const v1::ApplyAgreementRequest& request) const;
  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const v1::ListAgreementsRequest& request) const;
  absl::StatusOr<v1::RevokeAgreementResponse> RevokeAgreement(
      const v1::RevokeAgreementRequest& request) const;
  absl::StatusOr<v1::SignCertificateResponse> SignCertificate(
      const v1::SignCertificateRequest& request) const;
  absl::StatusOr<v1::RenewCertificateResponse> RenewCertificate(
      const v1::RenewCertificateRequest& request) const;
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const v1::ListCertificatesRequest& request) const;
  absl::StatusOr<v1::RevokeCertificateResponse> RevokeCertificate(
      const v1::RevokeCertificateRequest& request) const;
  absl::StatusOr<v1::GetRulesResponse> GetRules(
      const v1::GetRulesRequest& request) const;
  // Calls `watch`, if there is one, with what comes before the result.
  using Watch = std::function<void(const v1::RulesProgress&)>;
  absl::StatusOr<v1::TrainedRules> TrainRules(
      const v1::TrainRulesRequest& request, const Watch& watch = {}) const;
  absl::StatusOr<v1::RulesEffect> TryRules(const v1::TryRulesRequest& request,
                                           const Watch& watch = {}) const;
  absl::StatusOr<v1::ApplyRulesResponse> ApplyRules(
      const v1::ApplyRulesRequest& request) const;
  absl::StatusOr<v1::GetHubStatusResponse> GetHubStatus(
      const v1::GetHubStatusRequest& request) const;
  absl::StatusOr<v1::CheckStoreResponse> CheckStore(
      const v1::CheckStoreRequest& request) const;
  // Not repeated, since each call makes one.
  absl::StatusOr<v1::CreateBackupResponse> CreateBackup(
      const v1::CreateBackupRequest& request) const;
  absl::StatusOr<v1::ListBackupsResponse> ListBackups(
      const v1::ListBackupsRequest& request) const;
  absl::StatusOr<v1::VerifyBackupResponse> VerifyBackup(
      const v1::VerifyBackupRequest& request) const;

 private:
  struct Stubs;
  std::unique_ptr<const Stubs> stubs_;
};

}  // namespace waystation::client

#endif  // WAYSTATION_SERVICES_H_
