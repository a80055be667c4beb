// SPDX-License-Identifier: Apache-2.0
// Who may call what. Everything else is further in.
#include <algorithm>
#include <future>
#include <initializer_list>
#include <memory>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/asking_anew.h"
#include "server/hub/decision_list.h"
#include "server/hub/hub_impl.h"
#include "server/hub/intake.h"
#include "server/hub/leaf_work.h"
#include "server/hub/linkage_report.h"
#include "server/hub/own_records.h"
#include "server/hub/record_groups.h"
#include "server/hub/ruling_work.h"
#include "server/hub/update_work.h"

namespace waystation::hub {
namespace {

// A clerk sees what the own agency may see; only the agency's system submits,
// and takes what is in its mailbox.
constexpr std::initializer_list<Role> kAgencyAndClerks = {Role::kAgency,
                                                          Role::kClerk};
constexpr std::initializer_list<Role> kAuditReaders = {
    Role::kAuditor, Role::kAgency, Role::kClerk};

// Frames that are refused for who sent them, not for what they say.
bool IsRefusedSender(const absl::Status& status) {
  constexpr std::string_view kReasons[] = {
      "AGENCY_NOT_REGISTERED", "SIGNATURE_MISSING", "SIGNING_KEY_UNKNOWN",
      "SIGNATURE_INVALID"};
  return std::ranges::find(kReasons, errors::ReasonOf(status)) !=
         std::end(kReasons);
}

}  // namespace

absl::Status HubImpl::Admit(const Caller& caller, std::string_view method,
                            std::initializer_list<Role> roles) {
  if (committer_.failed()) return errors::Error("STORE_FAILED");
  if (draining_) return errors::Error("DRAINING");
  if (std::ranges::find(roles, caller.role) == roles.end()) {
    CountRefusal(caller.path, method, "WRONG_ROLE");
    return errors::Error("WRONG_ROLE");
  }
  if (!caller.agency.empty()) {
    core_.activity.Seen(caller.agency, core_.clock.Now());
  }
  return absl::OkStatus();
}

absl::Status HubImpl::AdmitOffice(const Caller& caller,
                                  std::string_view method) {
  if (auto status = Admit(caller, method, {Role::kOffice}); !status.ok()) {
    return status;
  }
  if (caller.IsReconciliationOffice()) return absl::OkStatus();
  CountRefusal(caller.path, method, "WRONG_ROLE");
  return errors::Error("WRONG_ROLE");
}

absl::Status HubImpl::AdmitReviewer(const Caller& caller,
                                    std::string_view method) {
  return caller.role == Role::kClerk ? Admit(caller, method, {Role::kClerk})
                                     : AdmitOffice(caller, method);
}

absl::Status HubImpl::AdmitIssuer(const Caller& caller,
                                  std::string_view method) {
  return caller.role == Role::kOffice ? AdmitOffice(caller, method)
                                      : Admit(caller, method, kAgencyAndClerks);
}

absl::Status HubImpl::AdmitReader(const Caller& caller,
                                  std::string_view method) {
  return caller.role == Role::kOffice
             ? AdmitOffice(caller, method)
             : Admit(caller, method,
                     {Role::kAgency, Role::kClerk, Role::kOperator,
                      Role::kAuditor});
}

void HubImpl::CountRefusal(std::string_view actor, std::string_view method,
                           std::string_view reason) {
  ++core_.counters.refusals;
  refusals_.Count(actor, method, reason);
}

void HubImpl::CountSender(const Caller& caller, std::string_view method,
                          const absl::Status& status) {
  if (IsRefusedSender(status)) {
    CountRefusal(caller.path, method, errors::ReasonOf(status));
  }
}

absl::Status HubImpl::WriteLeaf(v1::AuditEvent event,
                                std::vector<storage::DetailRow> details) {
  std::promise<absl::Status> written;
  committer_.Submit(
      std::make_unique<LeafWork>(std::move(event), std::move(details),
                                 [&](const absl::StatusOr<uint64_t>& leaf) {
                                   written.set_value(leaf.status());
                                 }));
  return written.get_future().get();
}

// --- RegistryService ---

void HubImpl::SubmitFrame(const Caller& caller,
                          v1::SubmitRecordsRequest request,
                          Callback<v1::SubmitRecordsResponse> done) {
  auto status = Admit(caller, "RegistryService.SubmitRecords", {Role::kAgency});
  if (!status.ok()) return done(status);
  auto frame = ReadFrame(core_, caller, std::move(request));
  if (!frame.ok()) {
    CountSender(caller, "RegistryService.SubmitRecords", frame.status());
    return done(frame.status());
  }
  core_.activity.Updated(caller.agency, frame->options.received_time);
  committer_.Submit(
      std::make_unique<UpdateWork>(core_, *std::move(frame), std::move(done)));
}

void HubImpl::SubmitRecord(const Caller& caller,
                           v1::SubmitRecordRequest request,
                           Callback<v1::SubmitRecordResponse> done) {
  auto status = Admit(caller, "RegistryService.SubmitRecord", {Role::kAgency});
  if (!status.ok()) return done(status);
  auto frame = ReadUnary(core_, caller, std::move(request));
  if (!frame.ok()) {
    CountSender(caller, "RegistryService.SubmitRecord", frame.status());
    return done(frame.status());
  }
  core_.activity.Updated(caller.agency, frame->options.received_time);
  committer_.Submit(std::make_unique<UpdateWork>(
      core_, *std::move(frame),
      [done =
           std::move(done)](absl::StatusOr<v1::SubmitRecordsResponse> answer) {
        if (!answer.ok()) return done(answer.status());
        v1::SubmitRecordResponse response;
        *response.mutable_result() = std::move(*answer->mutable_results(0));
        if (answer->has_leaf()) *response.mutable_leaf() = answer->leaf();
        done(std::move(response));
      }));
}

void HubImpl::GetPerson(const Caller& caller, v1::GetPersonRequest request,
                        Callback<v1::GetPersonResponse> done) {
  auto status = Admit(caller, "RegistryService.GetPerson", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  AskAnew<v1::GetPersonResponse>(
      [this, caller,
       request = std::move(request)](Callback<v1::GetPersonResponse> answer) {
        disclosure_.GetPerson(caller, request, std::move(answer));
      },
      std::move(done));
}

void HubImpl::MatchClaim(const Caller& caller, v1::MatchClaimRequest request,
                         Callback<v1::MatchClaimResponse> done) {
  auto status = Admit(caller, "RegistryService.MatchClaim", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  AskAnew<v1::MatchClaimResponse>(
      [this, caller,
       request = std::move(request)](Callback<v1::MatchClaimResponse> answer) {
        disclosure_.MatchClaim(caller, request, std::move(answer));
      },
      std::move(done));
}

void HubImpl::LookUpPerson(const Caller& caller,
                           v1::LookUpPersonRequest request,
                           Callback<v1::LookUpPersonResponse> done) {
  auto status = Admit(caller, "RegistryService.LookUpPerson", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  AskAnew<v1::LookUpPersonResponse>(
      [this, caller, request = std::move(request)](
          Callback<v1::LookUpPersonResponse> answer) {
        disclosure_.LookUpPerson(caller, request, std::move(answer));
      },
      std::move(done));
}

void HubImpl::AskAboutBusiness(const Caller& caller,
                               v1::AskAboutBusinessRequest request,
                               Callback<v1::AskAboutBusinessResponse> done) {
  auto status =
      Admit(caller, "RegistryService.AskAboutBusiness", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  AskAnew<v1::AskAboutBusinessResponse>(
      [this, caller, request = std::move(request)](
          Callback<v1::AskAboutBusinessResponse> answer) {
        business_questions_.Ask(caller, request, std::move(answer));
      },
      std::move(done));
}

absl::StatusOr<v1::ListRecordsResponse> HubImpl::ListRecords(
    const Caller& caller, const v1::ListRecordsRequest& request) {
  auto status = Admit(caller, "RegistryService.ListRecords", kAgencyAndClerks);
  if (!status.ok()) return status;
  auto read = ListOwnRecords(core_, caller, request);
  if (!read.ok()) return read.status();
  status = WriteLeaf(std::move(read->event), std::move(read->details));
  if (!status.ok()) return status;
  return std::move(read->response);
}

absl::StatusOr<v1::GetRecordResponse> HubImpl::GetRecord(
    const Caller& caller, const v1::GetRecordRequest& request) {
  auto status = Admit(caller, "RegistryService.GetRecord", kAgencyAndClerks);
  if (!status.ok()) return status;
  auto read = GetOwnRecord(core_, caller, request);
  if (!read.ok()) {
    if (errors::ReasonOf(read.status()) == "NOT_AVAILABLE") {
      CountRefusal(caller.path, "RegistryService.GetRecord", "NOT_AVAILABLE");
    }
    return read.status();
  }
  status = WriteLeaf(std::move(read->event), std::move(read->details));
  if (!status.ok()) return status;
  return std::move(read->response);
}

absl::StatusOr<v1::GetRecordRatesResponse> HubImpl::GetRecordRates(
    const Caller& caller, const v1::GetRecordRatesRequest& request) {
  constexpr std::string_view kMethod = "RegistryService.GetRecordRates";
  auto status = AdmitReader(caller, kMethod);
  if (!status.ok()) return status;
  auto counted = record_report_.Count(caller, request);
  if (!counted.ok()) return counted.status();
  status = WriteLeaf(std::move(counted->event), {});
  if (!status.ok()) return status;
  return std::move(counted->response);
}

// --- MailboxService ---

void HubImpl::Pull(const Caller& caller, v1::PullRequest request,
                   Callback<v1::PullResponse> done) {
  auto status = Admit(caller, "MailboxService.Pull", {Role::kAgency});
  if (!status.ok()) return done(status);
  AskAnew<v1::PullResponse>(
      [this, caller,
       request = std::move(request)](Callback<v1::PullResponse> answer) {
        mailbox_.Pull(caller, request, std::move(answer));
      },
      std::move(done));
}

absl::Status HubImpl::Acknowledge(const Caller& caller,
                                  const v1::AcknowledgeRequest& request) {
  auto status = Admit(caller, "MailboxService.Acknowledge", {Role::kAgency});
  if (!status.ok()) return status;
  return mailbox_.Acknowledge(caller, request);
}

absl::StatusOr<v1::GetMailboxResponse> HubImpl::GetMailbox(
    const Caller& caller) {
  auto status = Admit(caller, "MailboxService.GetMailbox", kAgencyAndClerks);
  if (!status.ok()) return status;
  return mailbox_.Get(caller);
}

std::shared_ptr<MailboxWatch> HubImpl::WatchMailbox(
    const Caller& caller, const v1::WatchRequest& request,
    MailboxReader reader) {
  return core_.watchers.Watch(caller, request, std::move(reader));
}

// --- NoticeService ---

void HubImpl::SendNotice(const Caller& caller, v1::SendNoticeRequest request,
                         Callback<v1::SendNoticeResponse> done) {
  auto status = Admit(caller, "NoticeService.SendNotice", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  notice_desk_.Send(caller, std::move(request), std::move(done));
}

absl::StatusOr<v1::ListNoticesResponse> HubImpl::ListNotices(
    const Caller& caller, const v1::ListNoticesRequest& request) {
  auto status = Admit(caller, "NoticeService.ListNotices", kAgencyAndClerks);
  if (!status.ok()) return status;
  return notice_desk_.List(caller, request);
}

void HubImpl::GetNotice(const Caller& caller, v1::GetNoticeRequest request,
                        Callback<v1::GetNoticeResponse> done) {
  auto status = Admit(caller, "NoticeService.GetNotice", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  AskAnew<v1::GetNoticeResponse>(
      [this, caller,
       request = std::move(request)](Callback<v1::GetNoticeResponse> answer) {
        notice_desk_.Get(caller, request, std::move(answer));
      },
      std::move(done));
}

void HubImpl::StepNotice(const Caller& caller, v1::StepNoticeRequest request,
                         Callback<v1::StepNoticeResponse> done) {
  auto status = Admit(caller, "NoticeService.StepNotice", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  notice_desk_.Step(caller, std::move(request), std::move(done));
}

absl::StatusOr<std::shared_ptr<NoticeWatch>> HubImpl::WatchNotices(
    const Caller& caller, const v1::WatchNoticesRequest& request,
    std::function<void()> wake) {
  auto status = Admit(caller, "NoticeService.WatchNotices", kAgencyAndClerks);
  if (!status.ok()) return status;
  return notice_desk_.Watch(caller, request, std::move(wake));
}

absl::StatusOr<v1::GetOverdueNoticesResponse> HubImpl::GetOverdueNotices(
    const Caller& caller, const v1::GetOverdueNoticesRequest& request) {
  constexpr std::string_view kMethod = "NoticeService.GetOverdueNotices";
  auto status = caller.role == Role::kOffice
                    ? AdmitOffice(caller, kMethod)
                    : Admit(caller, kMethod, kAgencyAndClerks);
  if (!status.ok()) return status;
  auto counted = overdue_report_.Count(caller, request);
  if (!counted.ok()) return counted.status();
  status = WriteLeaf(std::move(counted->event), {});
  if (!status.ok()) return status;
  return std::move(counted->response);
}

absl::StatusOr<v1::GetNoticeRatesResponse> HubImpl::GetNoticeRates(
    const Caller& caller, const v1::GetNoticeRatesRequest& request) {
  constexpr std::string_view kMethod = "NoticeService.GetNoticeRates";
  auto status = AdmitReader(caller, kMethod);
  if (!status.ok()) return status;
  auto counted = notice_report_.Count(caller, request);
  if (!counted.ok()) return counted.status();
  status = WriteLeaf(std::move(counted->event), {});
  if (!status.ok()) return status;
  return std::move(counted->response);
}

// --- VerifyService ---

void HubImpl::IssueCode(const Caller& caller, v1::IssueCodeRequest request,
                        Callback<v1::IssueCodeResponse> done) {
  auto status = AdmitIssuer(caller, "VerifyService.IssueCode");
  if (!status.ok()) return done(status);
  verify_desk_.Issue(caller, std::move(request), std::move(done));
}

void HubImpl::Verify(const Caller& caller, v1::VerifyRequest request,
                     Callback<v1::VerifyResponse> done) {
  auto status = Admit(caller, "VerifyService.Verify", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  verify_desk_.Verify(caller, std::move(request), std::move(done));
}

void HubImpl::WithdrawCodes(const Caller& caller,
                            v1::WithdrawCodesRequest request,
                            Callback<v1::WithdrawCodesResponse> done) {
  auto status = AdmitIssuer(caller, "VerifyService.WithdrawCodes");
  if (!status.ok()) return done(status);
  verify_desk_.Withdraw(caller, std::move(request), std::move(done));
}

absl::StatusOr<v1::ReportVerificationsResponse> HubImpl::ReportVerifications(
    const Caller& caller, const v1::ReportVerificationsRequest& request) {
  constexpr std::string_view kMethod = "VerifyService.ReportVerifications";
  auto status = caller.role == Role::kOffice
                    ? AdmitOffice(caller, kMethod)
                    : Admit(caller, kMethod, {Role::kAuditor});
  if (!status.ok()) return status;
  return verify_desk_.Report(request);
}

// --- DirectoryService ---

absl::Status HubImpl::AdmitAnyone(const Caller& caller,
                                  std::string_view method) {
  return caller.role == Role::kOffice
             ? AdmitOffice(caller, method)
             : Admit(caller, method,
                     {Role::kAgency, Role::kClerk, Role::kOperator,
                      Role::kAuditor});
}

absl::StatusOr<v1::GetServiceCatalogueResponse> HubImpl::GetServiceCatalogue(
    const Caller& caller, const v1::GetServiceCatalogueRequest& request) {
  auto status = AdmitAnyone(caller, "DirectoryService.GetServiceCatalogue");
  if (!status.ok()) return status;
  return directory_desk_.GetServiceCatalogue(request);
}

absl::StatusOr<v1::ListServicePointsResponse> HubImpl::ListServicePoints(
    const Caller& caller, const v1::ListServicePointsRequest& request) {
  auto status = AdmitAnyone(caller, "DirectoryService.ListServicePoints");
  if (!status.ok()) return status;
  return directory_desk_.ListPoints(request);
}

absl::StatusOr<v1::GetNearestServicePointsResponse>
HubImpl::GetNearestServicePoints(
    const Caller& caller, const v1::GetNearestServicePointsRequest& request) {
  auto status = AdmitAnyone(caller, "DirectoryService.GetNearestServicePoints");
  if (!status.ok()) return status;
  return directory_desk_.FindPoints(request);
}

absl::StatusOr<v1::ListOffersResponse> HubImpl::ListOffers(
    const Caller& caller, const v1::ListOffersRequest& request) {
  auto status = AdmitAnyone(caller, "DirectoryService.ListOffers");
  if (!status.ok()) return status;
  return directory_desk_.ListOffers(request);
}

absl::StatusOr<v1::GetServiceReportResponse> HubImpl::GetServiceReport(
    const Caller& caller, const v1::GetServiceReportRequest& request) {
  auto status = AdmitAnyone(caller, "DirectoryService.GetServiceReport");
  if (!status.ok()) return status;
  return directory_desk_.Report(caller, request);
}

void HubImpl::PutOffer(const Caller& caller, v1::PutOfferRequest request,
                       Callback<v1::PutOfferResponse> done) {
  auto status = Admit(caller, "DirectoryService.PutOffer", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  directory_desk_.PutOffer(caller, std::move(request), std::move(done));
}

void HubImpl::WithdrawOffer(const Caller& caller,
                            v1::WithdrawOfferRequest request,
                            Callback<v1::WithdrawOfferResponse> done) {
  auto status =
      Admit(caller, "DirectoryService.WithdrawOffer", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  directory_desk_.WithdrawOffer(caller, std::move(request), std::move(done));
}

void HubImpl::ReportServiceCounts(
    const Caller& caller, v1::ReportServiceCountsRequest request,
    Callback<v1::ReportServiceCountsResponse> done) {
  auto status =
      Admit(caller, "DirectoryService.ReportServiceCounts", kAgencyAndClerks);
  if (!status.ok()) return done(status);
  directory_desk_.ReportCounts(caller, std::move(request), std::move(done));
}

// --- ReconciliationService ---

absl::StatusOr<v1::ListConflictsResponse> HubImpl::ListConflicts(
    const Caller& caller, const v1::ListConflictsRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ListConflicts");
  if (!status.ok()) return status;
  if (caller.role == Role::kClerk) {
    return own_conflict_desk_.List(caller, request);
  }
  return office_.ListConflicts(request);
}

void HubImpl::GetConflict(const Caller& caller, v1::GetConflictRequest request,
                          Callback<v1::GetConflictResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.GetConflict");
  if (!status.ok()) return done(status);
  if (caller.role == Role::kClerk) {
    return AskAnew<v1::GetConflictResponse>(
        [this, caller, request = std::move(request)](
            Callback<v1::GetConflictResponse> answer) {
          own_conflict_desk_.Get(caller, request, std::move(answer));
        },
        std::move(done));
  }
  office_.GetConflict(caller, request, std::move(done));
}

absl::StatusOr<v1::ListCandidatesResponse> HubImpl::ListCandidates(
    const Caller& caller, const v1::ListCandidatesRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ListCandidates");
  if (!status.ok()) return status;
  return office_.ListCandidates(caller, request);
}

void HubImpl::GetCandidate(const Caller& caller,
                           v1::GetCandidateRequest request,
                           Callback<v1::GetCandidateResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.GetCandidate");
  if (!status.ok()) return done(status);
  office_.GetCandidate(caller, request, std::move(done));
}

void HubImpl::ExplainPair(const Caller& caller, v1::ExplainPairRequest request,
                          Callback<v1::ExplainPairResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ExplainPair");
  if (!status.ok()) return done(status);
  office_.ExplainPair(caller, request, std::move(done));
}

absl::StatusOr<v1::ListReviewItemsResponse> HubImpl::ListReviewItems(
    const Caller& caller, const v1::ListReviewItemsRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ListReviewItems");
  if (!status.ok()) return status;
  return review_queue_.List(caller, request);
}

absl::StatusOr<v1::NextReviewItemResponse> HubImpl::NextReviewItem(
    const Caller& caller, const v1::NextReviewItemRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.NextReviewItem");
  if (!status.ok()) return status;
  return review_queue_.Next(caller, request);
}

absl::StatusOr<v1::ClaimReviewItemResponse> HubImpl::ClaimReviewItem(
    const Caller& caller, const v1::ClaimReviewItemRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ClaimReviewItem");
  if (!status.ok()) return status;
  return review_queue_.Claim(caller, request);
}

absl::StatusOr<v1::ReleaseReviewItemResponse> HubImpl::ReleaseReviewItem(
    const Caller& caller, const v1::ReleaseReviewItemRequest& request) {
  auto status =
      AdmitReviewer(caller, "ReconciliationService.ReleaseReviewItem");
  if (!status.ok()) return status;
  return review_queue_.Release(caller, request);
}

void HubImpl::ExplainPerson(const Caller& caller,
                            v1::ExplainPersonRequest request,
                            Callback<v1::ExplainPersonResponse> done) {
  auto status = AdmitOffice(caller, "ReconciliationService.ExplainPerson");
  if (!status.ok()) return done(status);
  office_.ExplainPerson(caller, request, std::move(done));
}

void HubImpl::Decide(const Caller& caller, v1::DecideRequest request,
                     Callback<v1::DecideResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.Decide");
  if (!status.ok()) return done(status);
  committer_.Submit(std::make_unique<DecideWork>(
      core_, committer_, caller, std::move(request), std::move(done)));
}

void HubImpl::UndoDecision(const Caller& caller,
                           v1::UndoDecisionRequest request,
                           Callback<v1::UndoDecisionResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.UndoDecision");
  if (!status.ok()) return done(status);
  committer_.Submit(std::make_unique<UndoWork>(
      core_, committer_, caller, std::move(request), std::move(done)));
}

void HubImpl::SettleProposal(const Caller& caller,
                             v1::SettleProposalRequest request,
                             Callback<v1::SettleProposalResponse> done) {
  auto status = AdmitReviewer(caller, "ReconciliationService.SettleProposal");
  if (!status.ok()) return done(status);
  committer_.Submit(std::make_unique<SettleWork>(
      core_, committer_, caller, std::move(request), std::move(done)));
}

absl::StatusOr<v1::ListDecisionsResponse> HubImpl::ListDecisions(
    const Caller& caller, const v1::ListDecisionsRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.ListDecisions");
  if (!status.ok()) return status;
  return hub::ListDecisions(core_, caller, request);
}

absl::StatusOr<v1::GetDecisionResponse> HubImpl::GetDecision(
    const Caller& caller, const v1::GetDecisionRequest& request) {
  auto status = AdmitReviewer(caller, "ReconciliationService.GetDecision");
  if (!status.ok()) return status;
  return hub::GetDecision(core_, caller, request);
}

absl::StatusOr<v1::DrawReviewSampleResponse> HubImpl::DrawReviewSample(
    const Caller& caller, const v1::DrawReviewSampleRequest& request) {
  auto status = AdmitOffice(caller, "ReconciliationService.DrawReviewSample");
  if (!status.ok()) return status;
  return sample_desk_.Draw(caller, request);
}

absl::StatusOr<v1::GetLinkageReportResponse> HubImpl::GetLinkageReport(
    const Caller& caller) {
  constexpr std::string_view kMethod = "ReconciliationService.GetLinkageReport";
  auto status = caller.role == Role::kOffice
                    ? AdmitOffice(caller, kMethod)
                    : Admit(caller, kMethod, {Role::kOperator, Role::kAuditor});
  if (!status.ok()) return status;
  return ReportLinkage(core_);
}

absl::StatusOr<v1::GroupRecordsResponse> HubImpl::GroupRecords(
    const Caller& caller, const v1::GroupRecordsRequest& request) {
  auto status = AdmitOffice(caller, "ReconciliationService.GroupRecords");
  if (!status.ok()) return status;
  auto grouped = hub::GroupRecords(core_, caller, request);
  if (!grouped.ok()) return grouped.status();
  status = WriteLeaf(std::move(grouped->event), {});
  if (!status.ok()) return status;
  return std::move(grouped->response);
}

// --- AuditService ---

absl::StatusOr<v1::GetCheckpointResponse> HubImpl::GetCheckpoint(
    const Caller& caller, const v1::GetCheckpointRequest& request) {
  auto status = Admit(caller, "AuditService.GetCheckpoint", kAuditReaders);
  if (!status.ok()) return status;
  return audit_->GetCheckpoint(caller, request);
}

absl::StatusOr<v1::ListCheckpointsResponse> HubImpl::ListCheckpoints(
    const Caller& caller, const v1::ListCheckpointsRequest& request) {
  auto status = Admit(caller, "AuditService.ListCheckpoints", kAuditReaders);
  if (!status.ok()) return status;
  return audit_->ListCheckpoints(request);
}

absl::StatusOr<v1::GetInclusionProofResponse> HubImpl::GetInclusionProof(
    const Caller& caller, const v1::GetInclusionProofRequest& request) {
  auto status = Admit(caller, "AuditService.GetInclusionProof", kAuditReaders);
  if (!status.ok()) return status;
  return audit_->GetInclusionProof(caller, request);
}

absl::StatusOr<v1::GetConsistencyProofResponse> HubImpl::GetConsistencyProof(
    const Caller& caller, const v1::GetConsistencyProofRequest& request) {
  auto status =
      Admit(caller, "AuditService.GetConsistencyProof", kAuditReaders);
  if (!status.ok()) return status;
  return audit_->GetConsistencyProof(request);
}

absl::StatusOr<v1::ListEventsResponse> HubImpl::ListEvents(
    const Caller& caller, const v1::ListEventsRequest& request) {
  auto status = Admit(caller, "AuditService.ListEvents", kAuditReaders);
  if (!status.ok()) return status;
  return audit_->ListEvents(caller, request);
}

absl::StatusOr<v1::CosignResponse> HubImpl::Cosign(
    const Caller& caller, const v1::CosignRequest& request) {
  auto status = Admit(caller, "AuditService.Cosign", {Role::kAgency});
  if (!status.ok()) return status;
  auto taken = audit_->Cosign(caller, request);
  // Somebody may have been shown another history, or a key be in wrong hands.
  if (!taken.ok() && !absl::IsUnavailable(taken.status()) &&
      !absl::IsResourceExhausted(taken.status())) {
    CountRefusal(caller.path, "AuditService.Cosign",
                 errors::ReasonOf(taken.status()));
  }
  return taken;
}

absl::StatusOr<v1::GetUpdateProofResponse> HubImpl::GetUpdateProof(
    const Caller& caller, const v1::GetUpdateProofRequest& request) {
  auto status = Admit(caller, "AuditService.GetUpdateProof", kAuditReaders);
  if (!status.ok()) return status;
  auto read = audit_->GetUpdateProof(caller, request);
  if (!read.ok()) {
    if (errors::ReasonOf(read.status()) == "NOT_AVAILABLE") {
      CountRefusal(caller.path, "AuditService.GetUpdateProof", "NOT_AVAILABLE");
    }
    return read.status();
  }
  // An auditor got no value.
  if (caller.role == Role::kAuditor) return std::move(read->response);
  status = WriteLeaf(std::move(read->event), std::move(read->details));
  if (!status.ok()) return status;
  return std::move(read->response);
}

// --- AdminService ---

void HubImpl::PutAgency(const Caller& caller, v1::PutAgencyRequest request,
                        Callback<v1::PutAgencyResponse> done) {
  auto status = Admit(caller, "AdminService.PutAgency", {Role::kOperator});
  if (!status.ok()) return done(status);
  admin_.PutAgency(caller, std::move(request), std::move(done));
}

absl::StatusOr<v1::ListAgenciesResponse> HubImpl::ListAgencies(
    const Caller& caller, const v1::ListAgenciesRequest& request) {
  auto status =
      Admit(caller, "AdminService.ListAgencies",
            {Role::kOperator, Role::kAuditor, Role::kAgency, Role::kClerk});
  if (!status.ok()) return status;
  auto response = admin_.ListAgencies(caller, request);
  if (!response.ok()) return response;
  for (v1::AgencyStatus& agency : *response->mutable_agencies()) {
    agency.set_watching(core_.watchers.Count(agency.agency().id()));
  }
  return response;
}

void HubImpl::ApplyAgreement(const Caller& caller,
                             v1::ApplyAgreementRequest request,
                             Callback<v1::ApplyAgreementResponse> done) {
  auto status = Admit(caller, "AdminService.ApplyAgreement", {Role::kOperator});
  if (!status.ok()) return done(status);
  admin_.ApplyAgreement(caller, std::move(request), std::move(done));
}

absl::StatusOr<v1::ListAgreementsResponse> HubImpl::ListAgreements(
    const Caller& caller, const v1::ListAgreementsRequest& request) {
  auto status =
      Admit(caller, "AdminService.ListAgreements",
            {Role::kOperator, Role::kAuditor, Role::kAgency, Role::kClerk});
  if (!status.ok()) return status;
  return admin_.ListAgreements(caller, request);
}

void HubImpl::RevokeAgreement(const Caller& caller,
                              v1::RevokeAgreementRequest request,
                              Callback<v1::RevokeAgreementResponse> done) {
  auto status =
      Admit(caller, "AdminService.RevokeAgreement", {Role::kOperator});
  if (!status.ok()) return done(status);
  admin_.RevokeAgreement(caller, std::move(request), std::move(done));
}

void HubImpl::PutCertificate(const Caller& caller, std::string_view act,
                             v1::CertificateStatus certificate,
                             Callback<v1::CertificateStatus> done) {
  auto status =
      Admit(caller, "AdminService.SignCertificate", {Role::kOperator});
  if (!status.ok()) return done(status);
  admin_.PutCertificate(caller, act, std::move(certificate), std::move(done));
}

void HubImpl::RenewCertificate(const Caller& caller,
                               v1::CertificateStatus certificate, bool dry_run,
                               Callback<v1::CertificateStatus> done) {
  auto status =
      Admit(caller, "AdminService.RenewCertificate",
            {Role::kAgency, Role::kClerk, Role::kOffice, Role::kOperator});
  if (!status.ok()) return done(status);
  admin_.RenewCertificate(caller, std::move(certificate), dry_run,
                          std::move(done));
}

absl::StatusOr<v1::ListCertificatesResponse> HubImpl::ListCertificates(
    const Caller& caller, const v1::ListCertificatesRequest& request) {
  auto status =
      Admit(caller, "AdminService.ListCertificates",
            {Role::kOperator, Role::kAuditor, Role::kAgency, Role::kClerk});
  if (!status.ok()) return status;
  return admin_.ListCertificates(caller, request);
}

absl::StatusOr<v1::GetRulesResponse> HubImpl::GetRules(const Caller& caller) {
  auto status = Admit(caller, "AdminService.GetRules",
                      {Role::kOperator, Role::kAuditor, Role::kOffice});
  if (!status.ok()) return status;
  v1::GetRulesResponse response = rules_desk_.Get();
  if (const auto review = rules_review()) {
    response.mutable_status()->set_records_to_review(review->left());
  }
  return response;
}

absl::StatusOr<v1::TrainedRules> HubImpl::TrainRules(
    const Caller& caller, const v1::TrainRulesRequest& request,
    const Watch& watch) {
  auto status = Admit(caller, "AdminService.TrainRules", {Role::kOperator});
  if (!status.ok()) return status;
  return rules_desk_.Train(caller, request, watch);
}

absl::StatusOr<v1::RulesEffect> HubImpl::TryRules(
    const Caller& caller, const v1::TryRulesRequest& request,
    const Watch& watch) {
  auto status = Admit(caller, "AdminService.TryRules", {Role::kOperator});
  if (!status.ok()) return status;
  return rules_desk_.Try(caller, request, watch);
}

void HubImpl::ApplyRules(const Caller& caller, v1::ApplyRulesRequest request,
                         Callback<v1::ApplyRulesResponse> done) {
  auto status = Admit(caller, "AdminService.ApplyRules", {Role::kOperator});
  if (!status.ok()) return done(status);
  rules_desk_.Apply(caller, std::move(request), std::move(done));
}

absl::StatusOr<v1::CreateBackupResponse> HubImpl::CreateBackup(
    const Caller& caller) {
  auto status = Admit(caller, "AdminService.CreateBackup", {Role::kOperator});
  if (!status.ok()) return status;
  return backups_.Create(caller);
}

absl::StatusOr<v1::ListBackupsResponse> HubImpl::ListBackups(
    const v1::ListBackupsRequest& request) {
  return backups_.List(request);
}

absl::StatusOr<v1::VerifyBackupResponse> HubImpl::VerifyBackup(
    const v1::VerifyBackupRequest& request) {
  return backups_.Verify(request);
}

bool HubImpl::IsRevoked(std::string_view serial) const {
  return core_.registry.Get()->IsRevoked(serial);
}

}  // namespace waystation::hub
