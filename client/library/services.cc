// SPDX-License-Identifier: Apache-2.0
#include "waystation/services.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "client/library/call_status.h"
#include "client/library/calls.h"
#include "client/library/retry.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/frame_signer.h"
#include "waystation/v1/admin_service.grpc.pb.h"
#include "waystation/v1/audit_service.grpc.pb.h"
#include "waystation/v1/directory_service.grpc.pb.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"
#include "waystation/v1/notice_service.grpc.pb.h"
#include "waystation/v1/reconciliation_service.grpc.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"
#include "waystation/v1/verify_service.grpc.pb.h"

namespace waystation::client {
namespace {

// One stub for each hub of the connection.
template <typename Service>
struct StubsOf {
  explicit StubsOf(Connection& to) : connection(to) {
    for (std::size_t hub = 0; hub < to.size(); ++hub) {
      each.push_back(Service::NewStub(to.channel(hub)));
    }
  }
  Connection& connection;
  std::vector<std::unique_ptr<typename Service::Stub>> each;
};

// Makes a call, again and again as the connection's policy says.
template <typename Service, typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(const StubsOf<Service>& stubs,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request, bool repeat = true) {
  Connection& connection = stubs.connection;
  const RetryPolicy& policy = connection.options().retry;
  const absl::Time deadline = absl::Now() + connection.options().deadline;
  Backoff backoff(policy);
  for (int attempt = 1;; ++attempt) {
    const std::size_t hub = connection.current();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    Response response;
    grpc::Status result;
    {
      const OnCancel cancel(connection, [&] { context.TryCancel(); });
      result = (stubs.each[hub].get()->*method)(&context, request, &response);
    }
    if (result.ok()) return response;
    const absl::Status status = StatusOfCall(result);
    if (connection.cancelled()) return errors::Error("CANCELLED");
    if (absl::IsUnavailable(status)) connection.Unreachable(hub);
    const absl::Duration pause = backoff.Next(status);
    if (!repeat || !MayRetry(status) || attempt >= policy.attempts ||
        absl::Now() + pause >= deadline) {
      return status;
    }
    if (const absl::Status slept = connection.Sleep(pause); !slept.ok()) {
      return slept;
    }
  }
}

// Makes a call that tells how far it has come until it has a result. Not
// repeated: what it did is lost, and whoever waited knows best.
template <typename Step, typename Result, typename Service, typename Stub,
          typename Request, typename Watch, typename ResultOf>
absl::StatusOr<Result> CallForLong(const StubsOf<Service>& stubs,
                                   std::unique_ptr<grpc::ClientReader<Step>> (
                                       Stub::*method)(grpc::ClientContext*,
                                                      const Request&),
                                   const Request& request, const Watch& watch,
                                   ResultOf result_of) {
  Connection& connection = stubs.connection;
  const std::size_t hub = connection.current();
  grpc::ClientContext context;
  context.set_deadline(
      absl::ToChronoTime(absl::Now() + connection.options().deadline));
  std::optional<Result> result;
  grpc::Status ended;
  {
    const OnCancel cancel(connection, [&] { context.TryCancel(); });
    const auto reader = (stubs.each[hub].get()->*method)(&context, request);
    Step step;
    while (reader->Read(&step)) {
      if (Result* const found = result_of(step)) {
        result = std::move(*found);
      } else if (watch) {
        watch(step.progress());
      }
    }
    ended = reader->Finish();
  }
  if (connection.cancelled()) return errors::Error("CANCELLED");
  if (!ended.ok()) {
    const absl::Status status = StatusOfCall(ended);
    if (absl::IsUnavailable(status)) connection.Unreachable(hub);
    return status;
  }
  if (!result.has_value()) return errors::Error("INTERNAL");
  return *std::move(result);
}

// With an id, so that a repeated call is taken for the one it repeats.
template <typename Request>
Request WithId(Request request) {
  if (request.request_id().empty()) {
    request.set_request_id(absl::BytesToHexString(DrawSalt()));
  }
  return request;
}

}  // namespace

struct Registry::Stubs : StubsOf<v1::RegistryService> {
  using StubsOf::StubsOf;
};
struct Mailbox::Stubs : StubsOf<v1::MailboxService> {
  using StubsOf::StubsOf;
};
struct Notice::Stubs : StubsOf<v1::NoticeService> {
  using StubsOf::StubsOf;
};
struct Verify::Stubs : StubsOf<v1::VerifyService> {
  using StubsOf::StubsOf;
};
struct Directory::Stubs : StubsOf<v1::DirectoryService> {
  using StubsOf::StubsOf;
};
struct Reconciliation::Stubs : StubsOf<v1::ReconciliationService> {
  using StubsOf::StubsOf;
};
struct Audit::Stubs : StubsOf<v1::AuditService> {
  using StubsOf::StubsOf;
};
struct Admin::Stubs : StubsOf<v1::AdminService> {
  using StubsOf::StubsOf;
};

#define WAYSTATION_SERVICE(service)                    \
  service::service(Connection& connection)             \
      : stubs_(std::make_unique<Stubs>(connection)) {} \
  service::~service() = default;
#define WAYSTATION_CALL(service, method)                                \
  absl::StatusOr<v1::method##Response> service::method(                 \
      const v1::method##Request& request) const {                       \
    return Call(*stubs_, &v1::service##Service::Stub::method, request); \
  }

WAYSTATION_SERVICE(Registry)
WAYSTATION_CALL(Registry, SubmitRecord)
WAYSTATION_CALL(Registry, GetPerson)
WAYSTATION_CALL(Registry, MatchClaim)
WAYSTATION_CALL(Registry, LookUpPerson)
WAYSTATION_CALL(Registry, AskAboutBusiness)
WAYSTATION_CALL(Registry, ListRecords)
WAYSTATION_CALL(Registry, GetRecordRates)
WAYSTATION_CALL(Registry, GetRecord)

WAYSTATION_SERVICE(Mailbox)
WAYSTATION_CALL(Mailbox, Pull)
WAYSTATION_CALL(Mailbox, Acknowledge)
WAYSTATION_CALL(Mailbox, GetMailbox)

WAYSTATION_SERVICE(Notice)
WAYSTATION_CALL(Notice, ListNotices)
WAYSTATION_CALL(Notice, GetNotice)
WAYSTATION_CALL(Notice, GetOverdueNotices)
WAYSTATION_CALL(Notice, StepNotice)
WAYSTATION_CALL(Notice, GetNoticeRates)

absl::StatusOr<v1::SendNoticeResponse> Notice::SendNotice(
    const v1::SendNoticeRequest& request) const {
  return Call(*stubs_, &v1::NoticeService::Stub::SendNotice, WithId(request));
}

WAYSTATION_SERVICE(Verify)
WAYSTATION_CALL(Verify, IssueCode)
WAYSTATION_CALL(Verify, WithdrawCodes)
WAYSTATION_CALL(Verify, ReportVerifications)

absl::StatusOr<v1::VerifyResponse> Verify::Ask(
    const v1::VerifyRequest& request) const {
  return Call(*stubs_, &v1::VerifyService::Stub::Verify, request,
              /*repeat=*/false);
}

WAYSTATION_SERVICE(Directory)
WAYSTATION_CALL(Directory, GetServiceCatalogue)
WAYSTATION_CALL(Directory, ListServicePoints)
WAYSTATION_CALL(Directory, GetNearestServicePoints)
WAYSTATION_CALL(Directory, ListOffers)
WAYSTATION_CALL(Directory, GetServiceReport)
WAYSTATION_CALL(Directory, PutOffer)
WAYSTATION_CALL(Directory, WithdrawOffer)
WAYSTATION_CALL(Directory, ReportServiceCounts)

WAYSTATION_SERVICE(Reconciliation)
WAYSTATION_CALL(Reconciliation, ListConflicts)
WAYSTATION_CALL(Reconciliation, GetConflict)
WAYSTATION_CALL(Reconciliation, ListCandidates)
WAYSTATION_CALL(Reconciliation, GetCandidate)
WAYSTATION_CALL(Reconciliation, ExplainPair)
WAYSTATION_CALL(Reconciliation, ListReviewItems)
WAYSTATION_CALL(Reconciliation, NextReviewItem)
WAYSTATION_CALL(Reconciliation, ClaimReviewItem)
WAYSTATION_CALL(Reconciliation, ReleaseReviewItem)
WAYSTATION_CALL(Reconciliation, ExplainPerson)
WAYSTATION_CALL(Reconciliation, SettleProposal)
WAYSTATION_CALL(Reconciliation, ListDecisions)
WAYSTATION_CALL(Reconciliation, GetDecision)
WAYSTATION_CALL(Reconciliation, GetLinkageReport)
WAYSTATION_CALL(Reconciliation, GroupRecords)

absl::StatusOr<v1::DecideResponse> Reconciliation::Decide(
    const v1::DecideRequest& request) const {
  return Call(*stubs_, &v1::ReconciliationService::Stub::Decide,
              WithId(request));
}

absl::StatusOr<v1::UndoDecisionResponse> Reconciliation::UndoDecision(
    const v1::UndoDecisionRequest& request) const {
  return Call(*stubs_, &v1::ReconciliationService::Stub::UndoDecision,
              WithId(request));
}

absl::StatusOr<v1::DrawReviewSampleResponse> Reconciliation::DrawReviewSample(
    const v1::DrawReviewSampleRequest& request) const {
  return Call(*stubs_, &v1::ReconciliationService::Stub::DrawReviewSample,
              WithId(request));
}

WAYSTATION_SERVICE(Audit)
WAYSTATION_CALL(Audit, GetCheckpoint)
WAYSTATION_CALL(Audit, ListCheckpoints)
WAYSTATION_CALL(Audit, GetInclusionProof)
WAYSTATION_CALL(Audit, GetConsistencyProof)
WAYSTATION_CALL(Audit, ListEvents)
WAYSTATION_CALL(Audit, Cosign)
WAYSTATION_CALL(Audit, GetUpdateProof)

WAYSTATION_SERVICE(Admin)
WAYSTATION_CALL(Admin, PutAgency)
WAYSTATION_CALL(Admin, ListAgencies)
WAYSTATION_CALL(Admin, ApplyAgreement)
WAYSTATION_CALL(Admin, ListAgreements)
WAYSTATION_CALL(Admin, RevokeAgreement)
WAYSTATION_CALL(Admin, RenewCertificate)
WAYSTATION_CALL(Admin, ListCertificates)
WAYSTATION_CALL(Admin, RevokeCertificate)
WAYSTATION_CALL(Admin, GetRules)
WAYSTATION_CALL(Admin, GetHubStatus)
WAYSTATION_CALL(Admin, CheckStore)
WAYSTATION_CALL(Admin, ListBackups)
WAYSTATION_CALL(Admin, VerifyBackup)

absl::StatusOr<v1::CreateBackupResponse> Admin::CreateBackup(
    const v1::CreateBackupRequest& request) const {
  return Call(*stubs_, &v1::AdminService::Stub::CreateBackup, request,
              /*repeat=*/false);
}

absl::StatusOr<v1::SignCertificateResponse> Admin::SignCertificate(
    const v1::SignCertificateRequest& request) const {
  return Call(*stubs_, &v1::AdminService::Stub::SignCertificate, request,
              /*repeat=*/false);
}

absl::StatusOr<v1::TrainedRules> Admin::TrainRules(
    const v1::TrainRulesRequest& request, const Watch& watch) const {
  return CallForLong<v1::TrainRulesResponse, v1::TrainedRules>(
      *stubs_, &v1::AdminService::Stub::TrainRules, request, watch,
      [](v1::TrainRulesResponse& step) {
        return step.has_trained() ? step.mutable_trained() : nullptr;
      });
}

absl::StatusOr<v1::RulesEffect> Admin::TryRules(
    const v1::TryRulesRequest& request, const Watch& watch) const {
  return CallForLong<v1::TryRulesResponse, v1::RulesEffect>(
      *stubs_, &v1::AdminService::Stub::TryRules, request, watch,
      [](v1::TryRulesResponse& step) {
        return step.has_effect() ? step.mutable_effect() : nullptr;
      });
}

// Repeated, it would find its own rules in force, and say that others came.
absl::StatusOr<v1::ApplyRulesResponse> Admin::ApplyRules(
    const v1::ApplyRulesRequest& request) const {
  return Call(*stubs_, &v1::AdminService::Stub::ApplyRules, request,
              /*repeat=*/false);
}

#undef WAYSTATION_SERVICE
#undef WAYSTATION_CALL

}  // namespace waystation::client
