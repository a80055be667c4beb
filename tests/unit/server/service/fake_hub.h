// SPDX-License-Identifier: Apache-2.0
// A hub whose answers a test holds in its hand: when they come, in which order,
// and what they say. Everything that it is not told about answers with an empty
// message, so that what is refused before it is seen.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_SERVICE_FAKE_HUB_H_
#define WAYSTATION_TESTS_UNIT_SERVER_SERVICE_FAKE_HUB_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/errors/error.h"
#include "server/hub/hub.h"

namespace waystation::service {

class FakeHub final : public hub::Hub {
 public:
  // --- what a test sets and sees; thread-safe ---

  // A frame that waits for its answer.
  struct WaitingFrame {
    v1::SubmitRecordsRequest request;
    Callback<v1::SubmitRecordsResponse> done;
  };

  void Register(const std::string& agency) {
    const std::lock_guard lock(mutex_);
    agencies_.insert(agency);
  }
  void Revoke(const std::string& serial) {
    const std::lock_guard lock(mutex_);
    revoked_.insert(serial);
  }
  // Waits until `count` frames wait, then gives them all out.
  std::vector<WaitingFrame> TakeFrames(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return frames_.size() >= count; });
    return std::exchange(frames_, {});
  }
  // Frames are answered at once by `answer`, in the thread that brings them.
  void AnswerFrames(std::function<absl::StatusOr<v1::SubmitRecordsResponse>(
                        const v1::SubmitRecordsRequest&)>
                        answer) {
    const std::lock_guard lock(mutex_);
    answer_frame_ = std::move(answer);
  }
  // What a watch of notices finds, one after the other; then nothing.
  void AddNews(std::vector<absl::StatusOr<v1::WatchNoticesResponse>> news) {
    const std::lock_guard lock(mutex_);
    for (auto& one : news) news_.push_back(std::move(one));
  }
  // Something came, for the one who watches notices.
  void WakeForNotices() {
    std::function<void()> wake;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return wake_ != nullptr; });
      wake = wake_;
    }
    wake();
  }
  // Waits until the watch of notices found nothing so often.
  void WaitForNoNews(int times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return no_news_ >= times; });
  }

  // Answers the n-th Pull (from 0) with that page; later ones with an empty one
  // at the end.
  void SetPages(std::vector<absl::StatusOr<v1::PullResponse>> pages) {
    const std::lock_guard lock(mutex_);
    pages_ = std::move(pages);
    pulls_.clear();
  }
  // Rings for a mailbox, as the committer does.
  void Ring(const std::string& agency) { ReaderOf(agency).wake(); }
  // Waits until the mailbox's watcher stands by at `token`, and gives it a page
  // with the change.
  void GivePromptly(const std::string& agency, std::string_view token,
                    v1::PullResponse page) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return standing_[agency] == token; });
      standing_.erase(agency);
    }
    ReaderOf(agency).take(std::move(page));
  }
  // Waits until there have been `count` of them.
  std::vector<v1::PullRequest> WaitForPulls(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return pulls_.size() >= count; });
    return pulls_;
  }
  std::vector<std::string> refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
  }
  std::vector<v1::CertificateStatus> certificates() const {
    const std::lock_guard lock(mutex_);
    return certificates_;
  }
  bool drained() const {
    const std::lock_guard lock(mutex_);
    return drained_;
  }

  // --- hub::Hub ---

  void Drain() override {
    std::vector<WaitingFrame> frames;
    {
      const std::lock_guard lock(mutex_);
      drained_ = true;
      frames = std::exchange(frames_, {});
    }
    // Finishes what is queued.
    for (WaitingFrame& frame : frames) frame.done(Acknowledge(frame.request));
  }
  void OnFailure(std::function<void(absl::Status)>) override {}

  static v1::SubmitRecordsResponse Acknowledge(
      const v1::SubmitRecordsRequest& request) {
    v1::SubmitRecordsResponse response;
    response.set_frame_number(request.frame_number());
    return response;
  }

  void SubmitFrame(const hub::Caller&, v1::SubmitRecordsRequest request,
                   Callback<v1::SubmitRecordsResponse> done) override {
    std::function<absl::StatusOr<v1::SubmitRecordsResponse>(
        const v1::SubmitRecordsRequest&)>
        answer;
    {
      const std::lock_guard lock(mutex_);
      answer = answer_frame_;
      if (!answer) {
        frames_.push_back({std::move(request), std::move(done)});
        changed_.notify_all();
        return;
      }
    }
    done(answer(request));
  }
  void SubmitRecord(const hub::Caller&, v1::SubmitRecordRequest,
                    Callback<v1::SubmitRecordResponse> done) override {
    done(v1::SubmitRecordResponse());
  }
  void GetPerson(const hub::Caller& caller, v1::GetPersonRequest request,
                 Callback<v1::GetPersonResponse> done) override {
    v1::GetPersonResponse response;
    response.mutable_view()->set_handle(caller.path + " " +
                                        request.record_key());
    done(std::move(response));
  }
  void MatchClaim(const hub::Caller&, v1::MatchClaimRequest,
                  Callback<v1::MatchClaimResponse> done) override {
    done(v1::MatchClaimResponse());
  }
  void LookUpPerson(const hub::Caller&, v1::LookUpPersonRequest,
                    Callback<v1::LookUpPersonResponse> done) override {
    done(v1::LookUpPersonResponse());
  }
  void AskAboutBusiness(const hub::Caller&, v1::AskAboutBusinessRequest,
                        Callback<v1::AskAboutBusinessResponse> done) override {
    done(v1::AskAboutBusinessResponse());
  }
  absl::StatusOr<v1::ListRecordsResponse> ListRecords(
      const hub::Caller&, const v1::ListRecordsRequest&) override {
    return v1::ListRecordsResponse();
  }
  absl::StatusOr<v1::GetRecordRatesResponse> GetRecordRates(
      const hub::Caller&, const v1::GetRecordRatesRequest&) override {
    return v1::GetRecordRatesResponse();
  }
  absl::StatusOr<v1::GetRecordResponse> GetRecord(
      const hub::Caller&, const v1::GetRecordRequest&) override {
    return v1::GetRecordResponse();
  }

  void Pull(const hub::Caller&, v1::PullRequest request,
            Callback<v1::PullResponse> done) override {
    absl::StatusOr<v1::PullResponse> answer = v1::PullResponse();
    answer->mutable_page()->set_at_end(true);
    {
      const std::lock_guard lock(mutex_);
      if (pulls_.size() < pages_.size()) answer = pages_[pulls_.size()];
      pulls_.push_back(std::move(request));
      changed_.notify_all();
    }
    done(std::move(answer));
  }
  absl::Status Acknowledge(const hub::Caller&,
                           const v1::AcknowledgeRequest&) override {
    return absl::OkStatus();
  }
  absl::StatusOr<v1::GetMailboxResponse> GetMailbox(
      const hub::Caller&) override {
    return v1::GetMailboxResponse();
  }
  std::shared_ptr<hub::MailboxWatch> WatchMailbox(
      const hub::Caller& caller, const v1::WatchRequest&,
      hub::MailboxReader reader) override {
    const std::lock_guard lock(mutex_);
    readers_[caller.agency] = std::move(reader);
    changed_.notify_all();
    return std::make_shared<Watch>(*this, caller.agency);
  }

  void SendNotice(const hub::Caller&, v1::SendNoticeRequest,
                  Callback<v1::SendNoticeResponse> done) override {
    done(v1::SendNoticeResponse());
  }
  absl::StatusOr<v1::ListNoticesResponse> ListNotices(
      const hub::Caller&, const v1::ListNoticesRequest&) override {
    return v1::ListNoticesResponse();
  }
  void GetNotice(const hub::Caller&, v1::GetNoticeRequest,
                 Callback<v1::GetNoticeResponse> done) override {
    done(v1::GetNoticeResponse());
  }
  void StepNotice(const hub::Caller&, v1::StepNoticeRequest,
                  Callback<v1::StepNoticeResponse> done) override {
    done(v1::StepNoticeResponse());
  }
  absl::StatusOr<std::shared_ptr<hub::NoticeWatch>> WatchNotices(
      const hub::Caller&, const v1::WatchNoticesRequest& request,
      std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    if (request.page_token() == "bad") {
      return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
    }
    wake_ = std::move(wake);
    changed_.notify_all();
    return std::make_shared<Notices>(*this);
  }
  absl::StatusOr<v1::GetOverdueNoticesResponse> GetOverdueNotices(
      const hub::Caller&, const v1::GetOverdueNoticesRequest&) override {
    return v1::GetOverdueNoticesResponse();
  }
  absl::StatusOr<v1::GetNoticeRatesResponse> GetNoticeRates(
      const hub::Caller&, const v1::GetNoticeRatesRequest&) override {
    return v1::GetNoticeRatesResponse();
  }

  void IssueCode(const hub::Caller&, v1::IssueCodeRequest,
                 Callback<v1::IssueCodeResponse> done) override {
    done(v1::IssueCodeResponse());
  }
  void Verify(const hub::Caller&, v1::VerifyRequest,
              Callback<v1::VerifyResponse> done) override {
    done(v1::VerifyResponse());
  }
  void WithdrawCodes(const hub::Caller&, v1::WithdrawCodesRequest,
                     Callback<v1::WithdrawCodesResponse> done) override {
    done(v1::WithdrawCodesResponse());
  }
  absl::StatusOr<v1::ReportVerificationsResponse> ReportVerifications(
      const hub::Caller&, const v1::ReportVerificationsRequest&) override {
    return v1::ReportVerificationsResponse();
  }

  absl::StatusOr<v1::GetServiceCatalogueResponse> GetServiceCatalogue(
      const hub::Caller&, const v1::GetServiceCatalogueRequest&) override {
    return v1::GetServiceCatalogueResponse();
  }
  absl::StatusOr<v1::ListServicePointsResponse> ListServicePoints(
      const hub::Caller&, const v1::ListServicePointsRequest&) override {
    return v1::ListServicePointsResponse();
  }
  absl::StatusOr<v1::GetNearestServicePointsResponse> GetNearestServicePoints(
      const hub::Caller&, const v1::GetNearestServicePointsRequest&) override {
    return v1::GetNearestServicePointsResponse();
  }
  absl::StatusOr<v1::ListOffersResponse> ListOffers(
      const hub::Caller&, const v1::ListOffersRequest&) override {
    return v1::ListOffersResponse();
  }
  absl::StatusOr<v1::GetServiceReportResponse> GetServiceReport(
      const hub::Caller&, const v1::GetServiceReportRequest&) override {
    return v1::GetServiceReportResponse();
  }
  void PutOffer(const hub::Caller&, v1::PutOfferRequest,
                Callback<v1::PutOfferResponse> done) override {
    done(v1::PutOfferResponse());
  }
  void WithdrawOffer(const hub::Caller&, v1::WithdrawOfferRequest,
                     Callback<v1::WithdrawOfferResponse> done) override {
    done(v1::WithdrawOfferResponse());
  }
  void ReportServiceCounts(
      const hub::Caller&, v1::ReportServiceCountsRequest,
      Callback<v1::ReportServiceCountsResponse> done) override {
    done(v1::ReportServiceCountsResponse());
  }

  absl::StatusOr<v1::ListConflictsResponse> ListConflicts(
      const hub::Caller&, const v1::ListConflictsRequest&) override {
    return v1::ListConflictsResponse();
  }
  void GetConflict(const hub::Caller&, v1::GetConflictRequest,
                   Callback<v1::GetConflictResponse> done) override {
    done(v1::GetConflictResponse());
  }
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const hub::Caller&, const v1::ListCandidatesRequest&) override {
    return v1::ListCandidatesResponse();
  }
  void GetCandidate(const hub::Caller&, v1::GetCandidateRequest,
                    Callback<v1::GetCandidateResponse> done) override {
    done(v1::GetCandidateResponse());
  }
  void ExplainPair(const hub::Caller&, v1::ExplainPairRequest,
                   Callback<v1::ExplainPairResponse> done) override {
    done(v1::ExplainPairResponse());
  }
  absl::StatusOr<v1::ListReviewItemsResponse> ListReviewItems(
      const hub::Caller&, const v1::ListReviewItemsRequest&) override {
    return v1::ListReviewItemsResponse();
  }
  absl::StatusOr<v1::NextReviewItemResponse> NextReviewItem(
      const hub::Caller&, const v1::NextReviewItemRequest&) override {
    return v1::NextReviewItemResponse();
  }
  absl::StatusOr<v1::ClaimReviewItemResponse> ClaimReviewItem(
      const hub::Caller&, const v1::ClaimReviewItemRequest&) override {
    return v1::ClaimReviewItemResponse();
  }
  absl::StatusOr<v1::ReleaseReviewItemResponse> ReleaseReviewItem(
      const hub::Caller&, const v1::ReleaseReviewItemRequest&) override {
    return v1::ReleaseReviewItemResponse();
  }
  void ExplainPerson(const hub::Caller&, v1::ExplainPersonRequest,
                     Callback<v1::ExplainPersonResponse> done) override {
    done(v1::ExplainPersonResponse());
  }
  void Decide(const hub::Caller&, v1::DecideRequest,
              Callback<v1::DecideResponse> done) override {
    done(v1::DecideResponse());
  }
  void UndoDecision(const hub::Caller&, v1::UndoDecisionRequest,
                    Callback<v1::UndoDecisionResponse> done) override {
    done(v1::UndoDecisionResponse());
  }
  void SettleProposal(const hub::Caller&, v1::SettleProposalRequest,
                      Callback<v1::SettleProposalResponse> done) override {
    done(v1::SettleProposalResponse());
  }
  absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
      const hub::Caller&, const v1::ListDecisionsRequest&) override {
    return v1::ListDecisionsResponse();
  }
  absl::StatusOr<v1::GetDecisionResponse> GetDecision(
      const hub::Caller&, const v1::GetDecisionRequest&) override {
    return v1::GetDecisionResponse();
  }
  absl::StatusOr<v1::DrawReviewSampleResponse> DrawReviewSample(
      const hub::Caller&, const v1::DrawReviewSampleRequest&) override {
    return v1::DrawReviewSampleResponse();
  }
  absl::StatusOr<v1::GetLinkageReportResponse> GetLinkageReport(
      const hub::Caller&) override {
    return v1::GetLinkageReportResponse();
  }
  absl::StatusOr<v1::GroupRecordsResponse> GroupRecords(
      const hub::Caller&, const v1::GroupRecordsRequest&) override {
    return v1::GroupRecordsResponse();
  }

  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(
      const hub::Caller&, const v1::GetCheckpointRequest&) override {
    return v1::GetCheckpointResponse();
  }
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const hub::Caller&, const v1::ListCheckpointsRequest&) override {
    return v1::ListCheckpointsResponse();
  }
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const hub::Caller&, const v1::GetInclusionProofRequest&) override {
    return v1::GetInclusionProofResponse();
  }
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const hub::Caller&, const v1::GetConsistencyProofRequest&) override {
    return v1::GetConsistencyProofResponse();
  }
  absl::StatusOr<v1::ListEventsResponse> ListEvents(
      const hub::Caller&, const v1::ListEventsRequest&) override {
    return v1::ListEventsResponse();
  }
  absl::StatusOr<v1::CosignResponse> Cosign(const hub::Caller&,
                                            const v1::CosignRequest&) override {
    return v1::CosignResponse();
  }
  absl::StatusOr<v1::GetUpdateProofResponse> GetUpdateProof(
      const hub::Caller&, const v1::GetUpdateProofRequest&) override {
    return v1::GetUpdateProofResponse();
  }

  void PutAgency(const hub::Caller&, v1::PutAgencyRequest request,
                 Callback<v1::PutAgencyResponse> done) override {
    v1::PutAgencyResponse response;
    *response.mutable_agency() = request.agency();
    done(std::move(response));
  }
  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const hub::Caller&, const v1::ListAgenciesRequest&) override {
    const std::lock_guard lock(mutex_);
    v1::ListAgenciesResponse response;
    for (const std::string& agency : agencies_) {
      v1::AgencyStatus& status = *response.add_agencies();
      status.mutable_agency()->set_id(agency);
      status.set_mailbox_waiting(agency.size());
    }
    return response;
  }
  void ApplyAgreement(const hub::Caller&, v1::ApplyAgreementRequest,
                      Callback<v1::ApplyAgreementResponse> done) override {
    done(v1::ApplyAgreementResponse());
  }
  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const hub::Caller&, const v1::ListAgreementsRequest&) override {
    return v1::ListAgreementsResponse();
  }
  void RevokeAgreement(const hub::Caller&, v1::RevokeAgreementRequest,
                       Callback<v1::RevokeAgreementResponse> done) override {
    done(v1::RevokeAgreementResponse());
  }
  void RenewCertificate(const hub::Caller& caller,
                        v1::CertificateStatus certificate, bool dry_run,
                        Callback<v1::CertificateStatus> done) override {
    if (dry_run) return done(std::move(certificate));
    PutCertificate(caller, "certificate.renew", std::move(certificate),
                   std::move(done));
  }
  void PutCertificate(const hub::Caller&, std::string_view,
                      v1::CertificateStatus certificate,
                      Callback<v1::CertificateStatus> done) override {
    {
      const std::lock_guard lock(mutex_);
      if (certificate.revoked()) revoked_.insert(certificate.serial());
      std::erase_if(certificates_, [&](const v1::CertificateStatus& held) {
        return held.serial() == certificate.serial();
      });
      certificates_.push_back(certificate);
    }
    done(std::move(certificate));
  }
  // One a page, so that whoever looks for one has to turn pages.
  absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const hub::Caller&, const v1::ListCertificatesRequest& request) override {
    const std::lock_guard lock(mutex_);
    v1::ListCertificatesResponse response;
    const std::size_t at =
        request.page_token().empty() ? 0 : std::stoul(request.page_token());
    if (at < certificates_.size()) {
      *response.add_certificates() = certificates_[at];
    }
    if (at + 1 < certificates_.size()) {
      response.set_next_page_token(std::to_string(at + 1));
    }
    return response;
  }
  bool IsRevoked(std::string_view serial) const override {
    const std::lock_guard lock(mutex_);
    return revoked_.contains(serial);
  }
  absl::StatusOr<v1::GetRulesResponse> GetRules(const hub::Caller&) override {
    return v1::GetRulesResponse();
  }
  absl::StatusOr<v1::TrainedRules> TrainRules(const hub::Caller&,
                                              const v1::TrainRulesRequest&,
                                              const Watch&) override {
    return v1::TrainedRules();
  }
  // Says how far it has come until `trial_steps` of it have been looked at or
  // nobody listens.
  absl::StatusOr<v1::RulesEffect> TryRules(const hub::Caller&,
                                           const v1::TryRulesRequest& request,
                                           const Watch& watch) override {
    v1::RulesProgress progress;
    for (std::uint64_t done = 0; done < request.most_records(); ++done) {
      progress.set_done(done);
      if (!watch(progress)) {
        trial_ended.set_value();
        return errors::Error("CANCELLED");
      }
      std::this_thread::yield();
    }
    v1::RulesEffect effect;
    effect.set_records(request.most_records());
    return effect;
  }
  std::promise<void> trial_ended;
  void ApplyRules(const hub::Caller&, v1::ApplyRulesRequest,
                  Callback<v1::ApplyRulesResponse> done) override {
    done(v1::ApplyRulesResponse());
  }
  absl::StatusOr<v1::GetHubStatusResponse> GetHubStatus() override {
    v1::GetHubStatusResponse response;
    response.set_version("0.0.0-test");
    response.set_ready(true);
    return response;
  }
  absl::StatusOr<v1::CheckStoreResponse> CheckStore() override {
    return v1::CheckStoreResponse();
  }
  absl::StatusOr<v1::CreateBackupResponse> CreateBackup(
      const hub::Caller&) override {
    return v1::CreateBackupResponse();
  }
  absl::StatusOr<v1::ListBackupsResponse> ListBackups(
      const v1::ListBackupsRequest&) override {
    return v1::ListBackupsResponse();
  }
  absl::StatusOr<v1::VerifyBackupResponse> VerifyBackup(
      const v1::VerifyBackupRequest&) override {
    return v1::VerifyBackupResponse();
  }
  hub::Statistics GetStatistics() const override {
    hub::Statistics statistics;
    statistics.updates_applied = 3;
    statistics.commit_groups = 2;
    statistics.commit_time = absl::Milliseconds(500);
    return statistics;
  }
  void CountRefusal(std::string_view actor, std::string_view method,
                    std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    refusals_.push_back(std::string(actor) + " " + std::string(method) + " " +
                        std::string(reason));
  }

 private:
  class Watch final : public hub::MailboxWatch {
   public:
    Watch(FakeHub& hub, std::string agency)
        : hub_(hub), agency_(std::move(agency)) {}
    ~Watch() override {
      const std::lock_guard lock(hub_.mutex_);
      hub_.readers_.erase(agency_);
    }
    void Look() override {}
    bool StandBy(std::string_view page_token) override {
      const std::lock_guard lock(hub_.mutex_);
      hub_.standing_[agency_] = page_token;
      hub_.changed_.notify_all();
      return true;
    }

   private:
    FakeHub& hub_;
    const std::string agency_;
  };

  // The first answer comes even if there is no news.
  class Notices final : public hub::NoticeWatch {
   public:
    explicit Notices(FakeHub& hub) : hub_(hub) {}
    absl::StatusOr<std::optional<v1::WatchNoticesResponse>> Next() override {
      const std::lock_guard lock(hub_.mutex_);
      const bool greets = !std::exchange(greeted_, true);
      if (hub_.news_.empty()) {
        if (greets) return v1::WatchNoticesResponse();
        ++hub_.no_news_;
        hub_.changed_.notify_all();
        return std::nullopt;
      }
      auto next = std::move(hub_.news_.front());
      hub_.news_.pop_front();
      if (!next.ok()) return next.status();
      return *std::move(next);
    }

   private:
    FakeHub& hub_;
    bool greeted_ = false;
  };

  hub::MailboxReader ReaderOf(const std::string& agency) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return readers_.contains(agency); });
    return readers_.at(agency);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> wake_;
  std::deque<absl::StatusOr<v1::WatchNoticesResponse>> news_;
  int no_news_ = 0;
  std::set<std::string> agencies_ = {"labor.320500", "public_security.341200"};
  std::set<std::string, std::less<>> revoked_;
  std::vector<WaitingFrame> frames_;
  std::function<absl::StatusOr<v1::SubmitRecordsResponse>(
      const v1::SubmitRecordsRequest&)>
      answer_frame_;
  std::vector<absl::StatusOr<v1::PullResponse>> pages_;
  std::vector<v1::PullRequest> pulls_;
  std::map<std::string, hub::MailboxReader> readers_;
  std::map<std::string, std::string> standing_;
  std::vector<std::string> refusals_;
  std::vector<v1::CertificateStatus> certificates_;
  bool drained_ = false;
};

}  // namespace waystation::service

#endif  // WAYSTATION_TESTS_UNIT_SERVER_SERVICE_FAKE_HUB_H_
