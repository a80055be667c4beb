// SPDX-License-Identifier: Apache-2.0
// The hub put together: who may call what, and who does it.
#ifndef WAYSTATION_SERVER_HUB_HUB_IMPL_H_
#define WAYSTATION_SERVER_HUB_HUB_IMPL_H_

#include <atomic>
#include <condition_variable>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <thread>

#include "server/hub/access_review.h"
#include "server/hub/admin.h"
#include "server/hub/audit_reader.h"
#include "server/hub/backups.h"
#include "server/hub/business_questions.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/directory_desk.h"
#include "server/hub/disclosure.h"
#include "server/hub/hub.h"
#include "server/hub/mailbox.h"
#include "server/hub/notary.h"
#include "server/hub/notice_desk.h"
#include "server/hub/notice_report.h"
#include "server/hub/office.h"
#include "server/hub/overdue_report.h"
#include "server/hub/own_conflict_desk.h"
#include "server/hub/record_report.h"
#include "server/hub/refusals.h"
#include "server/hub/review.h"
#include "server/hub/review_queue.h"
#include "server/hub/rules_desk.h"
#include "server/hub/sample_desk.h"
#include "server/hub/sweep.h"
#include "server/hub/verify_desk.h"

namespace waystation::hub {

class HubImpl final : public Hub {
 public:
  HubImpl(Dependencies dependencies, Options options);
  ~HubImpl() override;

  // Reads what the store holds and starts; see Hub::Start.
  absl::Status Open();

  void Drain() override;
  void OnFailure(std::function<void(absl::Status)> callback) override;

  void SubmitFrame(const Caller& caller, v1::SubmitRecordsRequest request,
                   Callback<v1::SubmitRecordsResponse> done) override;
  void SubmitRecord(const Caller& caller, v1::SubmitRecordRequest request,
                    Callback<v1::SubmitRecordResponse> done) override;
  void GetPerson(const Caller& caller, v1::GetPersonRequest request,
                 Callback<v1::GetPersonResponse> done) override;
  void MatchClaim(const Caller& caller, v1::MatchClaimRequest request,
                  Callback<v1::MatchClaimResponse> done) override;
  void LookUpPerson(const Caller& caller, v1::LookUpPersonRequest request,
                    Callback<v1::LookUpPersonResponse> done) override;
  void AskAboutBusiness(const Caller& caller,
                        v1::AskAboutBusinessRequest request,
                        Callback<v1::AskAboutBusinessResponse> done) override;
  absl::StatusOr<v1::ListRecordsResponse> ListRecords(
      const Caller& caller, const v1::ListRecordsRequest& request) override;
  absl::StatusOr<v1::GetRecordRatesResponse> GetRecordRates(
      const Caller& caller, const v1::GetRecordRatesRequest& request) override;
  absl::StatusOr<v1::GetRecordResponse> GetRecord(
      const Caller& caller, const v1::GetRecordRequest& request) override;

  void Pull(const Caller& caller, v1::PullRequest request,
            Callback<v1::PullResponse> done) override;
  absl::Status Acknowledge(const Caller& caller,
                           const v1::AcknowledgeRequest& request) override;
  absl::StatusOr<v1::GetMailboxResponse> GetMailbox(
      const Caller& caller) override;
  std::shared_ptr<MailboxWatch> WatchMailbox(const Caller& caller,
                                             const v1::WatchRequest& request,
                                             MailboxReader reader) override;

  void SendNotice(const Caller& caller, v1::SendNoticeRequest request,
                  Callback<v1::SendNoticeResponse> done) override;
  absl::StatusOr<v1::ListNoticesResponse> ListNotices(
      const Caller& caller, const v1::ListNoticesRequest& request) override;
  void GetNotice(const Caller& caller, v1::GetNoticeRequest request,
                 Callback<v1::GetNoticeResponse> done) override;
  void StepNotice(const Caller& caller, v1::StepNoticeRequest request,
                  Callback<v1::StepNoticeResponse> done) override;
  absl::StatusOr<std::shared_ptr<NoticeWatch>> WatchNotices(
      const Caller& caller, const v1::WatchNoticesRequest& request,
      std::function<void()> wake) override;
  absl::StatusOr<v1::GetOverdueNoticesResponse> GetOverdueNotices(
      const Caller& caller,
      const v1::GetOverdueNoticesRequest& request) override;
  absl::StatusOr<v1::GetNoticeRatesResponse> GetNoticeRates(
      const Caller& caller, const v1::GetNoticeRatesRequest& request) override;

  void IssueCode(const Caller& caller, v1::IssueCodeRequest request,
                 Callback<v1::IssueCodeResponse> done) override;
  absl::StatusOr<v1::GetServiceCatalogueResponse> GetServiceCatalogue(
      const Caller& caller,
      const v1::GetServiceCatalogueRequest& request) override;
  absl::StatusOr<v1::ListServicePointsResponse> ListServicePoints(
      const Caller& caller,
      const v1::ListServicePointsRequest& request) override;
  absl::StatusOr<v1::GetNearestServicePointsResponse> GetNearestServicePoints(
      const Caller& caller,
      const v1::GetNearestServicePointsRequest& request) override;
  absl::StatusOr<v1::ListOffersResponse> ListOffers(
      const Caller& caller, const v1::ListOffersRequest& request) override;
  absl::StatusOr<v1::GetServiceReportResponse> GetServiceReport(
      const Caller& caller,
      const v1::GetServiceReportRequest& request) override;
  void PutOffer(const Caller& caller, v1::PutOfferRequest request,
                Callback<v1::PutOfferResponse> done) override;
  void WithdrawOffer(const Caller& caller, v1::WithdrawOfferRequest request,
                     Callback<v1::WithdrawOfferResponse> done) override;
  void ReportServiceCounts(
      const Caller& caller, v1::ReportServiceCountsRequest request,
      Callback<v1::ReportServiceCountsResponse> done) override;
  void Verify(const Caller& caller, v1::VerifyRequest request,
              Callback<v1::VerifyResponse> done) override;
  void WithdrawCodes(const Caller& caller, v1::WithdrawCodesRequest request,
                     Callback<v1::WithdrawCodesResponse> done) override;
  absl::StatusOr<v1::ReportVerificationsResponse> ReportVerifications(
      const Caller& caller,
      const v1::ReportVerificationsRequest& request) override;

  absl::StatusOr<v1::ListConflictsResponse> ListConflicts(
      const Caller& caller, const v1::ListConflictsRequest& request) override;
  void GetConflict(const Caller& caller, v1::GetConflictRequest request,
                   Callback<v1::GetConflictResponse> done) override;
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const Caller& caller, const v1::ListCandidatesRequest& request) override;
  void GetCandidate(const Caller& caller, v1::GetCandidateRequest request,
                    Callback<v1::GetCandidateResponse> done) override;
  void ExplainPair(const Caller& caller, v1::ExplainPairRequest request,
                   Callback<v1::ExplainPairResponse> done) override;
  absl::StatusOr<v1::ListReviewItemsResponse> ListReviewItems(
      const Caller& caller, const v1::ListReviewItemsRequest& request) override;
  absl::StatusOr<v1::NextReviewItemResponse> NextReviewItem(
      const Caller& caller, const v1::NextReviewItemRequest& request) override;
  absl::StatusOr<v1::ClaimReviewItemResponse> ClaimReviewItem(
      const Caller& caller, const v1::ClaimReviewItemRequest& request) override;
  absl::StatusOr<v1::ReleaseReviewItemResponse> ReleaseReviewItem(
      const Caller& caller,
      const v1::ReleaseReviewItemRequest& request) override;
  void ExplainPerson(const Caller& caller, v1::ExplainPersonRequest request,
                     Callback<v1::ExplainPersonResponse> done) override;
  void Decide(const Caller& caller, v1::DecideRequest request,
              Callback<v1::DecideResponse> done) override;
  void UndoDecision(const Caller& caller, v1::UndoDecisionRequest request,
                    Callback<v1::UndoDecisionResponse> done) override;
  void SettleProposal(const Caller& caller, v1::SettleProposalRequest request,
                      Callback<v1::SettleProposalResponse> done) override;
  absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
      const Caller& caller, const v1::ListDecisionsRequest& request) override;
  absl::StatusOr<v1::GetDecisionResponse> GetDecision(
      const Caller& caller, const v1::GetDecisionRequest& request) override;
  absl::StatusOr<v1::DrawReviewSampleResponse> DrawReviewSample(
      const Caller& caller,
      const v1::DrawReviewSampleRequest& request) override;
  absl::StatusOr<v1::GetLinkageReportResponse> GetLinkageReport(
      const Caller& caller) override;
  absl::StatusOr<v1::GroupRecordsResponse> GroupRecords(
      const Caller& caller, const v1::GroupRecordsRequest& request) override;

  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(
      const Caller& caller, const v1::GetCheckpointRequest& request) override;
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const Caller& caller, const v1::ListCheckpointsRequest& request) override;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const Caller& caller,
      const v1::GetInclusionProofRequest& request) override;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const Caller& caller,
      const v1::GetConsistencyProofRequest& request) override;
  absl::StatusOr<v1::ListEventsResponse> ListEvents(
      const Caller& caller, const v1::ListEventsRequest& request) override;
  absl::StatusOr<v1::CosignResponse> Cosign(
      const Caller& caller, const v1::CosignRequest& request) override;
  absl::StatusOr<v1::GetUpdateProofResponse> GetUpdateProof(
      const Caller& caller, const v1::GetUpdateProofRequest& request) override;

  void PutAgency(const Caller& caller, v1::PutAgencyRequest request,
                 Callback<v1::PutAgencyResponse> done) override;
  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const Caller& caller, const v1::ListAgenciesRequest& request) override;
  void ApplyAgreement(const Caller& caller, v1::ApplyAgreementRequest request,
                      Callback<v1::ApplyAgreementResponse> done) override;
  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const Caller& caller, const v1::ListAgreementsRequest& request) override;
  void RevokeAgreement(const Caller& caller, v1::RevokeAgreementRequest request,
                       Callback<v1::RevokeAgreementResponse> done) override;
  void RenewCertificate(const Caller& caller, v1::CertificateStatus certificate,
                        bool dry_run,
                        Callback<v1::CertificateStatus> done) override;
  void PutCertificate(const Caller& caller, std::string_view act,
                      v1::CertificateStatus certificate,
                      Callback<v1::CertificateStatus> done) override;
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const Caller& caller,
      const v1::ListCertificatesRequest& request) override;
  bool IsRevoked(std::string_view serial) const override;
  absl::StatusOr<v1::GetRulesResponse> GetRules(const Caller& caller) override;
  absl::StatusOr<v1::TrainedRules> TrainRules(
      const Caller& caller, const v1::TrainRulesRequest& request,
      const Watch& watch) override;
  absl::StatusOr<v1::RulesEffect> TryRules(const Caller& caller,
                                           const v1::TryRulesRequest& request,
                                           const Watch& watch) override;
  void ApplyRules(const Caller& caller, v1::ApplyRulesRequest request,
                  Callback<v1::ApplyRulesResponse> done) override;
  absl::StatusOr<v1::GetHubStatusResponse> GetHubStatus() override;
  absl::StatusOr<v1::CheckStoreResponse> CheckStore() override;
  absl::StatusOr<v1::CreateBackupResponse> CreateBackup(
      const Caller& caller) override;
  absl::StatusOr<v1::ListBackupsResponse> ListBackups(
      const v1::ListBackupsRequest& request) override;
  absl::StatusOr<v1::VerifyBackupResponse> VerifyBackup(
      const v1::VerifyBackupRequest& request) override;
  Statistics GetStatistics() const override;
  void CountRefusal(std::string_view actor, std::string_view method,
                    std::string_view reason) override;

 private:
  // UNAVAILABLE while draining or failed; PERMISSION_DENIED (WRONG_ROLE) for
  // other roles than these, which is counted.
  absl::Status Admit(const Caller& caller, std::string_view method,
                     std::initializer_list<Role> roles);
  // The same for the reconciliation office.
  absl::Status AdmitOffice(const Caller& caller, std::string_view method);
  // Whoever has a role that may call at all.
  absl::Status AdmitAnyone(const Caller& caller, std::string_view method);
  // For the office and agencies' own clerks.
  absl::Status AdmitReviewer(const Caller& caller, std::string_view method);
  // For agencies, their clerks and the office.
  absl::Status AdmitIssuer(const Caller& caller, std::string_view method);
  // For those, operators and auditors: who reads reports of counts.
  absl::Status AdmitReader(const Caller& caller, std::string_view method);
  // Returns when the leaf is durable. Not to be called by the committer.
  absl::Status WriteLeaf(v1::AuditEvent event,
                         std::vector<storage::DetailRow> details);
  // Counts a frame that was refused for its sender's sake.
  void CountSender(const Caller& caller, std::string_view method,
                   const absl::Status& status);

  absl::Status CheckIdentity();
  absl::Status WriteFirstLeaf();
  // Whatever the store forgot or must forget, before the hub serves.
  absl::Status TakeUpRestored();
  // Goes through what is held if it was kept under other rules than those in
  // force; nothing while the hub starts.
  absl::Status SetOutReview();
  std::shared_ptr<RulesReview> rules_review() const;
  void Published(const Group& group, const storage::Committed& committed);
  // Another hub wrote something, and what it was, once that is taken in.
  void Overheard(const storage::ForeignCommits& commits);
  void Heard(const InStep::Heard& heard);
  // What one hub does for all: what is due, reviews, the sweep.
  void KeepUp(bool each_minute);
  // The upkeep of the store has come to this hub.
  void TakeOver();
  // CONFIG_INVALID: this hub would keep the store otherwise than others that
  // share it.
  absl::Status CheckShared() const;
  // Once a second: what is due, what was refused, a checkpoint a minute.
  void KeepTime();
  void FlushRefusals();

  std::atomic<bool> draining_ = false;
  Core core_;
  Refusals refusals_;
  std::unique_ptr<Notary> notary_;
  Committer committer_;
  Disclosure disclosure_;
  BusinessQuestions business_questions_;
  Mailbox mailbox_;
  NoticeDesk notice_desk_;
  NoticeReport notice_report_;
  OverdueReport overdue_report_;
  RecordReport record_report_;
  VerifyDesk verify_desk_;
  DirectoryDesk directory_desk_;
  Office office_;
  OwnConflictDesk own_conflict_desk_;
  ReviewQueue review_queue_;
  SampleDesk sample_desk_;
  AccessReview access_review_;
  Admin admin_;
  RulesDesk rules_desk_;
  Sweep sweep_;
  // Held by what keeps readers or waits for them for long.
  std::mutex upkeep_mutex_;
  Backups backups_;
  // An administered object is not in the journal yet, since that cannot be
  // written; or since another hub wrote it just now.
  std::atomic<bool> journal_behind_ = false;
  std::atomic<bool> journal_due_ = false;
  std::unique_ptr<AuditReader> audit_;
  // What the store belonged to and was kept under before this start.
  store::v1::StoredIdentity held_;
  mutable std::mutex rules_review_mutex_;
  std::shared_ptr<RulesReview> rules_review_;
  // From the first leaf on.
  std::atomic<bool> may_review_ = false;
  bool is_new_store_ = false;
  int64_t start_time_ = 0;

  std::once_flag drained_;
  std::mutex time_mutex_;
  std::condition_variable time_up_;
  std::thread timekeeper_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_HUB_IMPL_H_
