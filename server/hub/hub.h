// SPDX-License-Identifier: Apache-2.0
// The hub without its network: takes updates, answers what may be known, keeps
// mailboxes, conflicts and the audit log. server/service puts gRPC in front.
#ifndef WAYSTATION_SERVER_HUB_HUB_H_
#define WAYSTATION_SERVER_HUB_HUB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/agreement/ceiling.h"
#include "proto/auditlog/ed25519.h"
#include "proto/calendar/working_calendar.h"
#include "server/hub/caller.h"
#include "server/hub/service_files.h"
#include "server/storage/store.h"
#include "waystation/config/v1/deadlines.pb.h"
#include "waystation/config/v1/hub.pb.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/directory_service.pb.h"
#include "waystation/v1/mailbox_service.pb.h"
#include "waystation/v1/notice_service.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"
#include "waystation/v1/verify_service.pb.h"

namespace waystation::backup {
class ArchiveReader;
class Journal;
class Shelf;
}  // namespace waystation::backup

namespace waystation::hub {

class Keys;

// Where backups are kept, what a restore needs besides, and how a store is made
// of a backup in a folder that is not there yet. All of it, or nothing.
struct BackupParts {
  backup::Shelf* shelf = nullptr;
  backup::Journal* journal = nullptr;
  std::function<absl::StatusOr<std::unique_ptr<storage::Store>>(
      backup::ArchiveReader& archive, const std::string& folder)>
      rebuild;
};

// What main passes in; borrowed for the hub's life.
struct Dependencies {
  storage::Store& store;
  const Keys& keys;
  // Signs checkpoints; its verifier is named by Options::log_origin.
  const auditlog::Ed25519PrivateKey& log_key;
  // Wall clock. A clock that jumps back never makes log times run back.
  std::function<absl::Time()> clock;
  // Fills a buffer with random bytes.
  std::function<void(void*, size_t)> random;
  BackupParts backups = {};
};

// Of which backup a store has just been made. The hub then opens a new epoch of
// its log, and takes up from the journal what it must not forget, before it
// serves.
struct Restored {
  std::string backup;
  // SHA-256 of its file.
  std::string hash;
};

// By when notices are to be answered, and how they are reported.
struct NoticeTerms {
  // Those that deadlines name.
  calendar::Calendars calendars;
  config::v1::Deadlines deadlines;
  // Cases that must stand behind a row of a report that others than their own
  // agencies see.
  uint32_t least_shown = 10;
  // Entries of the log that are read for one who comes back to watch: some
  // tenths of a second. Beyond it a list of what waits is the better answer.
  uint64_t looked_back = 20'000;
};

struct Options {
  std::string log_origin;
  config::v1::Rules rules;
  config::v1::Limits limits;
  // Rulings that a second person has to approve.
  config::v1::SecondPerson second_person = {};
  // What may be known at most, above every agreement.
  agreement::Ceiling ceiling = {};
  // What services there are, and where.
  ServiceFiles services = {};
  // Accepts the numbers of generated people.
  bool demo_numbers = false;
  // Shown by GetHubStatus, as they stand: the program's version, and the kind
  // of store ("sqlite").
  std::string version;
  std::string store;
  // Groups of so many updates are planned by a thread of their own, while the
  // one before is written. With fewer, waking it costs more than it brings.
  size_t shared_group = 256;
  std::optional<Restored> restored = {};
  NoticeTerms notice_terms = {};
  // How often the hub looks at its clock. Once in sixty times it signs what is
  // new in the log.
  absl::Duration tick = absl::Seconds(1);
};

// Counters since start and levels now, for the metrics endpoint.
struct Statistics {
  uint64_t updates_applied = 0;
  uint64_t updates_unchanged = 0;
  uint64_t updates_stale = 0;
  uint64_t updates_rejected = 0;
  uint64_t reads_answered = 0;
  uint64_t refusals = 0;
  uint64_t mailbox_entries = 0;
  uint64_t commit_groups = 0;
  uint64_t commit_conflicts = 0;  // ABORTED and tried again
  uint64_t log_size = 0;
  uint64_t queued_updates = 0;
  absl::Duration commit_time;  // sum over all groups
};

// Who watches a mailbox: called from threads of the hub, which it must not hold
// up.
struct MailboxReader {
  // Something was put into the mailbox, and is there to be pulled.
  std::function<void()> wake;
  // The page that follows the one at which it stood by. The change and the leaf
  // that tells of it are durable.
  std::function<void(v1::PullResponse)> take;
};

// Thread-safe. Once destroyed, its reader is called no more.
class MailboxWatch {
 public:
  virtual ~MailboxWatch() = default;
  // The reader is about to pull: what is put in from now on is news.
  virtual void Look() = 0;
  // The reader has read all up to `page_token`, to the mailbox's end, and has
  // room for a page: the next one may come by `take`. False if there is news,
  // and it should pull again.
  virtual bool StandBy(std::string_view page_token) = 0;
};

// Who watches notices reads on when there is more, and when it has room for it.
// Thread-safe. Once destroyed, it wakes nobody any more.
class NoticeWatch {
 public:
  virtual ~NoticeWatch() = default;
  // What is to be told next; nullopt: nothing for now, and the watcher is woken
  // when that changes. Reads the store. An error ends the watch.
  virtual absl::StatusOr<std::optional<v1::WatchNoticesResponse>> Next() = 0;
};

// Thread-safe. Every method that discloses or changes writes its audit leaf in
// the same commit group, and calls back only when that is durable. Callbacks
// run on a thread of the hub, where others wait: answer and return, and wait
// for nothing that the hub does. Errors carry a reason of proto/errors.
class Hub {
 public:
  template <typename T>
  using Callback = std::function<void(absl::StatusOr<T>)>;

  // Reads agencies, agreements and the frontier from the store and starts the
  // committer. FAILED_PRECONDITION: the store was written with other keys or
  // for another origin.
  static absl::StatusOr<std::unique_ptr<Hub>> Start(Dependencies dependencies,
                                                    Options options);
  // Drains: finishes what is queued, signs a last checkpoint.
  virtual ~Hub() = default;

  // Refuses new work with UNAVAILABLE and returns when the queue is empty.
  virtual void Drain() = 0;
  // Called once when the store fails for good (design 17); the process should
  // end and start again.
  virtual void OnFailure(std::function<void(absl::Status)> callback) = 0;

  // --- RegistryService; callers are agencies ---

  // One frame or one unary update. Validation runs in the calling thread.
  // RESOURCE_EXHAUSTED with a retry delay (google.rpc.RetryInfo) when the queue
  // is full; a stream reads its next frame only when an earlier one is done, so
  // that it is held back by the transport instead.
  virtual void SubmitFrame(const Caller& caller,
                           v1::SubmitRecordsRequest request,
                           Callback<v1::SubmitRecordsResponse> done) = 0;
  virtual void SubmitRecord(const Caller& caller,
                            v1::SubmitRecordRequest request,
                            Callback<v1::SubmitRecordResponse> done) = 0;
  virtual void GetPerson(const Caller& caller, v1::GetPersonRequest request,
                         Callback<v1::GetPersonResponse> done) = 0;
  virtual void MatchClaim(const Caller& caller, v1::MatchClaimRequest request,
                          Callback<v1::MatchClaimResponse> done) = 0;
  virtual void LookUpPerson(const Caller& caller,
                            v1::LookUpPersonRequest request,
                            Callback<v1::LookUpPersonResponse> done) = 0;
  virtual void AskAboutBusiness(
      const Caller& caller, v1::AskAboutBusinessRequest request,
      Callback<v1::AskAboutBusinessResponse> done) = 0;
  virtual absl::StatusOr<v1::ListRecordsResponse> ListRecords(
      const Caller& caller, const v1::ListRecordsRequest& request) = 0;
  virtual absl::StatusOr<v1::GetRecordRatesResponse> GetRecordRates(
      const Caller& caller, const v1::GetRecordRatesRequest& request) = 0;
  virtual absl::StatusOr<v1::GetRecordResponse> GetRecord(
      const Caller& caller, const v1::GetRecordRequest& request) = 0;

  // --- MailboxService; callers are agencies ---

  virtual void Pull(const Caller& caller, v1::PullRequest request,
                    Callback<v1::PullResponse> done) = 0;
  virtual absl::Status Acknowledge(const Caller& caller,
                                   const v1::AcknowledgeRequest& request) = 0;
  virtual absl::StatusOr<v1::GetMailboxResponse> GetMailbox(
      const Caller& caller) = 0;
  // Calls `reader` whenever something is put into the caller's mailbox, until
  // the watch is destroyed.
  virtual std::shared_ptr<MailboxWatch> WatchMailbox(
      const Caller& caller, const v1::WatchRequest& request,
      MailboxReader reader) = 0;

  // --- NoticeService; callers are agencies ---

  virtual void SendNotice(const Caller& caller, v1::SendNoticeRequest request,
                          Callback<v1::SendNoticeResponse> done) = 0;
  virtual absl::StatusOr<v1::ListNoticesResponse> ListNotices(
      const Caller& caller, const v1::ListNoticesRequest& request) = 0;
  virtual void GetNotice(const Caller& caller, v1::GetNoticeRequest request,
                         Callback<v1::GetNoticeResponse> done) = 0;
  virtual void StepNotice(const Caller& caller, v1::StepNoticeRequest request,
                          Callback<v1::StepNoticeResponse> done) = 0;
  // `wake` is called from threads of the hub, which it must not hold up. To be
  // destroyed before the hub.
  virtual absl::StatusOr<std::shared_ptr<NoticeWatch>> WatchNotices(
      const Caller& caller, const v1::WatchNoticesRequest& request,
      std::function<void()> wake) = 0;
  // Callers are the reconciliation office, too. Reads each overdue notice.
  virtual absl::StatusOr<v1::GetOverdueNoticesResponse> GetOverdueNotices(
      const Caller& caller, const v1::GetOverdueNoticesRequest& request) = 0;
  // Callers are the office, operators and auditors, too. Reads each notice of
  // the period, in the calling thread; one at a time.
  virtual absl::StatusOr<v1::GetNoticeRatesResponse> GetNoticeRates(
      const Caller& caller, const v1::GetNoticeRatesRequest& request) = 0;

  // --- VerifyService; callers are agencies, for codes and the report the
  // office too ---

  virtual void IssueCode(const Caller& caller, v1::IssueCodeRequest request,
                         Callback<v1::IssueCodeResponse> done) = 0;
  virtual void Verify(const Caller& caller, v1::VerifyRequest request,
                      Callback<v1::VerifyResponse> done) = 0;
  virtual void WithdrawCodes(const Caller& caller,
                             v1::WithdrawCodesRequest request,
                             Callback<v1::WithdrawCodesResponse> done) = 0;
  virtual absl::StatusOr<v1::ReportVerificationsResponse> ReportVerifications(
      const Caller& caller, const v1::ReportVerificationsRequest& request) = 0;

  // --- DirectoryService; callers are all ---

  virtual absl::StatusOr<v1::GetServiceCatalogueResponse> GetServiceCatalogue(
      const Caller& caller, const v1::GetServiceCatalogueRequest& request) = 0;
  virtual absl::StatusOr<v1::ListServicePointsResponse> ListServicePoints(
      const Caller& caller, const v1::ListServicePointsRequest& request) = 0;
  virtual absl::StatusOr<v1::GetNearestServicePointsResponse>
  GetNearestServicePoints(
      const Caller& caller,
      const v1::GetNearestServicePointsRequest& request) = 0;
  virtual absl::StatusOr<v1::ListOffersResponse> ListOffers(
      const Caller& caller, const v1::ListOffersRequest& request) = 0;
  virtual absl::StatusOr<v1::GetServiceReportResponse> GetServiceReport(
      const Caller& caller, const v1::GetServiceReportRequest& request) = 0;
  // Callers are agencies.
  virtual void PutOffer(const Caller& caller, v1::PutOfferRequest request,
                        Callback<v1::PutOfferResponse> done) = 0;
  virtual void WithdrawOffer(const Caller& caller,
                             v1::WithdrawOfferRequest request,
                             Callback<v1::WithdrawOfferResponse> done) = 0;
  virtual void ReportServiceCounts(
      const Caller& caller, v1::ReportServiceCountsRequest request,
      Callback<v1::ReportServiceCountsResponse> done) = 0;

  // --- ReconciliationService; callers are the office ---

  virtual absl::StatusOr<v1::ListConflictsResponse> ListConflicts(
      const Caller& caller, const v1::ListConflictsRequest& request) = 0;
  virtual void GetConflict(const Caller& caller, v1::GetConflictRequest request,
                           Callback<v1::GetConflictResponse> done) = 0;
  virtual absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const Caller& caller, const v1::ListCandidatesRequest& request) = 0;
  virtual void GetCandidate(const Caller& caller,
                            v1::GetCandidateRequest request,
                            Callback<v1::GetCandidateResponse> done) = 0;
  virtual void ExplainPair(const Caller& caller, v1::ExplainPairRequest request,
                           Callback<v1::ExplainPairResponse> done) = 0;
  virtual absl::StatusOr<v1::ListReviewItemsResponse> ListReviewItems(
      const Caller& caller, const v1::ListReviewItemsRequest& request) = 0;
  virtual absl::StatusOr<v1::NextReviewItemResponse> NextReviewItem(
      const Caller& caller, const v1::NextReviewItemRequest& request) = 0;
  virtual absl::StatusOr<v1::ClaimReviewItemResponse> ClaimReviewItem(
      const Caller& caller, const v1::ClaimReviewItemRequest& request) = 0;
  virtual absl::StatusOr<v1::ReleaseReviewItemResponse> ReleaseReviewItem(
      const Caller& caller, const v1::ReleaseReviewItemRequest& request) = 0;
  virtual void ExplainPerson(const Caller& caller,
                             v1::ExplainPersonRequest request,
                             Callback<v1::ExplainPersonResponse> done) = 0;
  virtual void Decide(const Caller& caller, v1::DecideRequest request,
                      Callback<v1::DecideResponse> done) = 0;
  virtual void UndoDecision(const Caller& caller,
                            v1::UndoDecisionRequest request,
                            Callback<v1::UndoDecisionResponse> done) = 0;
  virtual void SettleProposal(const Caller& caller,
                              v1::SettleProposalRequest request,
                              Callback<v1::SettleProposalResponse> done) = 0;
  virtual absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
      const Caller& caller, const v1::ListDecisionsRequest& request) = 0;
  virtual absl::StatusOr<v1::GetDecisionResponse> GetDecision(
      const Caller& caller, const v1::GetDecisionRequest& request) = 0;
  // Seconds to minutes, in the calling thread; one at a time.
  virtual absl::StatusOr<v1::DrawReviewSampleResponse> DrawReviewSample(
      const Caller& caller, const v1::DrawReviewSampleRequest& request) = 0;
  // Callers are operators and auditors, too.
  virtual absl::StatusOr<v1::GetLinkageReportResponse> GetLinkageReport(
      const Caller& caller) = 0;
  virtual absl::StatusOr<v1::GroupRecordsResponse> GroupRecords(
      const Caller& caller, const v1::GroupRecordsRequest& request) = 0;

  // --- AuditService; callers are auditors, and agencies for what names them

  virtual absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(
      const Caller& caller, const v1::GetCheckpointRequest& request) = 0;
  virtual absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const Caller& caller, const v1::ListCheckpointsRequest& request) = 0;
  virtual absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const Caller& caller, const v1::GetInclusionProofRequest& request) = 0;
  virtual absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const Caller& caller, const v1::GetConsistencyProofRequest& request) = 0;
  virtual absl::StatusOr<v1::ListEventsResponse> ListEvents(
      const Caller& caller, const v1::ListEventsRequest& request) = 0;
  virtual absl::StatusOr<v1::CosignResponse> Cosign(
      const Caller& caller, const v1::CosignRequest& request) = 0;
  virtual absl::StatusOr<v1::GetUpdateProofResponse> GetUpdateProof(
      const Caller& caller, const v1::GetUpdateProofRequest& request) = 0;

  // --- AdminService; callers are operators ---

  virtual void PutAgency(const Caller& caller, v1::PutAgencyRequest request,
                         Callback<v1::PutAgencyResponse> done) = 0;
  virtual absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const Caller& caller, const v1::ListAgenciesRequest& request) = 0;
  virtual void ApplyAgreement(const Caller& caller,
                              v1::ApplyAgreementRequest request,
                              Callback<v1::ApplyAgreementResponse> done) = 0;
  virtual absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const Caller& caller, const v1::ListAgreementsRequest& request) = 0;
  virtual void RevokeAgreement(const Caller& caller,
                               v1::RevokeAgreementRequest request,
                               Callback<v1::RevokeAgreementResponse> done) = 0;
  // Records a certificate that the service layer has issued, or put on the deny
  // list, with its audit leaf. `act` is "certificate.sign" or
  // "certificate.revoke".
  virtual void PutCertificate(const Caller& caller, std::string_view act,
                              v1::CertificateStatus certificate,
                              Callback<v1::CertificateStatus> done) = 0;
  // Records a certificate that the service layer has issued to the caller in
  // exchange for the one it calls with, with its audit leaf
  // "certificate.renew"; nothing if `dry_run`. Callers hold the identity that
  // it names. TOO_MANY_CERTIFICATES when kMostRenewed are in force that nobody
  // but their holder asked for.
  virtual void RenewCertificate(const Caller& caller,
                                v1::CertificateStatus certificate, bool dry_run,
                                Callback<v1::CertificateStatus> done) = 0;
  static constexpr int kMostRenewed = 8;
  virtual absl::StatusOr<v1::ListCertificatesResponse> ListCertificates(
      const Caller& caller, const v1::ListCertificatesRequest& request) = 0;
  // True for a serial on the deny list; cheap, called for each call.
  virtual bool IsRevoked(std::string_view serial) const = 0;
  virtual absl::StatusOr<v1::GetRulesResponse> GetRules(
      const Caller& caller) = 0;
  // Told about once a second how far a long call has come; false ends it, which
  // is then CANCELLED.
  using Watch = std::function<bool(const v1::RulesProgress&)>;
  // Minutes, in the calling thread; one of the two at a time. They end as
  // DRAINING when the hub does.
  virtual absl::StatusOr<v1::TrainedRules> TrainRules(
      const Caller& caller, const v1::TrainRulesRequest& request,
      const Watch& watch) = 0;
  virtual absl::StatusOr<v1::RulesEffect> TryRules(
      const Caller& caller, const v1::TryRulesRequest& request,
      const Watch& watch) = 0;
  virtual void ApplyRules(const Caller& caller, v1::ApplyRulesRequest request,
                          Callback<v1::ApplyRulesResponse> done) = 0;
  virtual absl::StatusOr<v1::GetHubStatusResponse> GetHubStatus() = 0;
  virtual absl::StatusOr<v1::CheckStoreResponse> CheckStore() = 0;
  // Minutes, in the calling thread; one check or backup at a time.
  virtual absl::StatusOr<v1::CreateBackupResponse> CreateBackup(
      const Caller& caller) = 0;
  virtual absl::StatusOr<v1::ListBackupsResponse> ListBackups(
      const v1::ListBackupsRequest& request) = 0;
  virtual absl::StatusOr<v1::VerifyBackupResponse> VerifyBackup(
      const v1::VerifyBackupRequest& request) = 0;

  virtual Statistics GetStatistics() const = 0;

  // A call that was refused before it reached a person: counted in one leaf per
  // agency, method and minute.
  virtual void CountRefusal(std::string_view actor, std::string_view method,
                            std::string_view reason) = 0;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_HUB_H_
