// SPDX-License-Identifier: Apache-2.0
#include "server/service/server.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "proto/runtime/metrics.h"
#include "tests/unit/server/service/served_hub.h"
#include "waystation/v1/admin_service.grpc.pb.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::service {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// Calls a unary or streaming method by its path with one empty message, and
// waits for its end. Streams are cancelled once they have answered.
absl::Status CallByName(const std::shared_ptr<grpc::Channel>& channel,
                        const google::protobuf::MethodDescriptor& method) {
  grpc::GenericStub stub(channel);
  const std::string path =
      "/" + method.service()->full_name() + "/" + method.name();
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto call = stub.PrepareCall(&context, path, &queue);
  const auto next = [&] { return queue.Next(&tag, &ok) && ok; };
  grpc::Status status;
  call->StartCall(nullptr);
  next();
  grpc::Slice nothing;
  call->Write(grpc::ByteBuffer(&nothing, 1), nullptr);
  if (next() && !method.server_streaming()) {
    call->WritesDone(nullptr);
    next();
  }
  if (method.client_streaming()) {
    call->WritesDone(nullptr);
    next();
  }
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = next();
  if (answered && method.server_streaming()) context.TryCancel();
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  if (answered) return absl::OkStatus();
  return errors::FromGrpc(status);
}

class ServerTest : public ServedHub {};

TEST_F(ServerTest, TellsTheHubWhoCalls) {
  const auto stub =
      v1::RegistryService::NewStub(Connect("agency/labor.320500/clerk/li"));
  grpc::ClientContext context;
  v1::GetPersonRequest request;
  request.set_record_key("K1");
  v1::GetPersonResponse response;
  ASSERT_TRUE(stub->GetPerson(&context, request, &response).ok());
  EXPECT_EQ(response.view().handle(), "agency/labor.320500/clerk/li K1");
}

// Who may call what, method by method: A agency, C its clerk, R reconciliation
// office, S subject office, O operator, D auditor. A method that is not in the
// table is a failure, so nobody adds one without saying for whom.
TEST_F(ServerTest, KeepsRolesApart) {
  const std::map<std::string, std::string> may = {
      {"RegistryService.SubmitRecords", "A"},
      {"RegistryService.SubmitRecord", "A"},
      {"RegistryService.GetPerson", "AC"},
      {"RegistryService.MatchClaim", "AC"},
      {"RegistryService.LookUpPerson", "AC"},
      {"RegistryService.AskAboutBusiness", "AC"},
      {"RegistryService.ListRecords", "AC"},
      {"RegistryService.GetRecord", "AC"},
      {"RegistryService.GetRecordRates", "ACROD"},
      {"MailboxService.Pull", "A"},
      {"MailboxService.Watch", "A"},
      {"MailboxService.Acknowledge", "A"},
      {"MailboxService.GetMailbox", "AC"},
      {"NoticeService.SendNotice", "AC"},
      {"NoticeService.ListNotices", "AC"},
      {"NoticeService.GetNotice", "AC"},
      {"NoticeService.WatchNotices", "AC"},
      {"NoticeService.GetOverdueNotices", "ACR"},
      {"NoticeService.StepNotice", "AC"},
      {"NoticeService.GetNoticeRates", "ACROD"},
      {"VerifyService.IssueCode", "ACR"},
      {"VerifyService.Verify", "AC"},
      {"VerifyService.WithdrawCodes", "ACR"},
      {"VerifyService.ReportVerifications", "RD"},
      {"DirectoryService.GetServiceCatalogue", "ACROD"},
      {"DirectoryService.ListServicePoints", "ACROD"},
      {"DirectoryService.GetNearestServicePoints", "ACROD"},
      {"DirectoryService.ListOffers", "ACROD"},
      {"DirectoryService.GetServiceReport", "ACROD"},
      {"DirectoryService.PutOffer", "AC"},
      {"DirectoryService.WithdrawOffer", "AC"},
      {"DirectoryService.ReportServiceCounts", "AC"},
      {"ReconciliationService.ListConflicts", "CR"},
      {"ReconciliationService.GetConflict", "CR"},
      {"ReconciliationService.ListCandidates", "CR"},
      {"ReconciliationService.GetCandidate", "CR"},
      {"ReconciliationService.ExplainPair", "CR"},
      {"ReconciliationService.ListReviewItems", "CR"},
      {"ReconciliationService.NextReviewItem", "CR"},
      {"ReconciliationService.ClaimReviewItem", "CR"},
      {"ReconciliationService.ReleaseReviewItem", "CR"},
      {"ReconciliationService.ExplainPerson", "R"},
      {"ReconciliationService.Decide", "CR"},
      {"ReconciliationService.UndoDecision", "CR"},
      {"ReconciliationService.SettleProposal", "CR"},
      {"ReconciliationService.ListDecisions", "CR"},
      {"ReconciliationService.GetDecision", "CR"},
      {"ReconciliationService.DrawReviewSample", "R"},
      {"ReconciliationService.GetLinkageReport", "ROD"},
      {"ReconciliationService.GroupRecords", "R"},
      {"AuditService.GetCheckpoint", "ACD"},
      {"AuditService.ListCheckpoints", "ACD"},
      {"AuditService.GetInclusionProof", "ACD"},
      {"AuditService.GetConsistencyProof", "ACD"},
      {"AuditService.ListEvents", "ACD"},
      {"AuditService.Cosign", "A"},
      {"AuditService.GetUpdateProof", "ACD"},
      {"AdminService.PutAgency", "O"},
      {"AdminService.ListAgencies", "ACOD"},
      {"AdminService.ApplyAgreement", "O"},
      {"AdminService.ListAgreements", "ACOD"},
      {"AdminService.RevokeAgreement", "O"},
      {"AdminService.SignCertificate", "O"},
      {"AdminService.RenewCertificate", "ACRO"},
      {"AdminService.ListCertificates", "ACOD"},
      {"AdminService.RevokeCertificate", "O"},
      {"AdminService.GetRules", "ORD"},
      {"AdminService.TrainRules", "O"},
      {"AdminService.TryRules", "O"},
      {"AdminService.ApplyRules", "O"},
      {"AdminService.GetHubStatus", "OD"},
      {"AdminService.CheckStore", "OD"},
      {"AdminService.CreateBackup", "O"},
      {"AdminService.ListBackups", "OD"},
      {"AdminService.VerifyBackup", "OD"},
  };
  const std::map<char, std::shared_ptr<grpc::Channel>> callers = {
      {'A', Connect("agency/labor.320500")},
      {'C', Connect("agency/labor.320500/clerk/li")},
      {'R', Connect("office/reconciliation")},
      {'S', Connect("office/subject")},
      {'O', Connect("operator/wang")},
      {'D', Connect("auditor/chen")},
  };
  hub_.AnswerFrames(
      [](const auto& request) { return FakeHub::Acknowledge(request); });
  std::set<std::string> seen;
  for (const std::string service :
       {"RegistryService", "MailboxService", "NoticeService", "VerifyService",
        "DirectoryService", "ReconciliationService", "AuditService",
        "AdminService"}) {
    const auto* const descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            "waystation.v1." + service);
    ASSERT_NE(descriptor, nullptr);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto& method = *descriptor->method(i);
      const std::string name = service + "." + method.name();
      SCOPED_TRACE(name);
      ASSERT_TRUE(may.contains(name));
      seen.insert(name);
      for (const auto& [role, channel] : callers) {
        SCOPED_TRACE(role);
        const absl::Status status = CallByName(channel, method);
        const bool refused = errors::ReasonOf(status) == "WRONG_ROLE";
        EXPECT_EQ(refused, may.at(name).find(role) == std::string::npos)
            << status;
      }
    }
  }
  EXPECT_EQ(seen.size(), may.size()) << "the table names a method that is gone";
  EXPECT_THAT(hub_.refusals(),
              Contains("operator/wang RegistryService.GetPerson WRONG_ROLE"));
}

// What the handshake refuses never reaches a method; what it lets pass is
// refused with a reason.
TEST_F(ServerTest, RefusesOddCertificates) {
  const TestAuthority strangers("strangers");
  const std::string agency = "URI:spiffe://test.example/agency/labor.320500";
  const struct {
    std::string name;
    KeyPair pair;
    std::string reason;  // "" for a handshake that fails.
  } cases[] = {
      {"another authority", strangers.Client("agency/labor.320500"), ""},
      {"expired",
       clients_.Issue(
           {.names = agency, .not_after = absl::Now() - absl::Minutes(1)}),
       ""},
      {"not yet",
       clients_.Issue(
           {.names = agency, .not_before = absl::Now() + absl::Hours(1)}),
       ""},
      {"a server's", clients_.Issue({.names = agency, .usage = "serverAuth"}),
       ""},
      {"no name", clients_.Issue({.names = ""}), "NO_IDENTITY"},
      {"no URI", clients_.Issue({.names = "DNS:labor.example"}), "NO_IDENTITY"},
      {"two URIs",
       clients_.Issue(
           {.names = agency + ",URI:spiffe://test.example/operator/wang"}),
       "NO_IDENTITY"},
      {"an authority", clients_.Issue({.names = agency, .is_authority = true}),
       "NO_IDENTITY"},
      {"a foreign trust domain",
       clients_.Issue(
           {.names = "URI:spiffe://other.example/agency/labor.320500"}),
       "NO_IDENTITY"},
      {"odd case", clients_.Client("agency/Labor.320500"), "NO_IDENTITY"},
      {"dots", clients_.Client("agency/../operator/wang"), "NO_IDENTITY"},
      {"an unknown role", clients_.Client("landlord/zhao"), "NO_IDENTITY"},
      {"an auditor of the clients' authority", clients_.Client("auditor/chen"),
       "NO_IDENTITY"},
      {"an agency of the auditors' authority",
       auditors_.Client("agency/labor.320500"), "NO_IDENTITY"},
      {"an unregistered agency", clients_.Client("agency/labor.110000"),
       "AGENCY_NOT_REGISTERED"},
      {"the wrong role", clients_.Client("operator/wang"), "WRONG_ROLE"},
  };
  for (const auto& [name, pair, reason] : cases) {
    SCOPED_TRACE(name);
    const absl::Status status = Call(Connect(pair));
    EXPECT_EQ(errors::ReasonOf(status), reason) << status;
    if (reason.empty()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    }
  }
  EXPECT_TRUE(Call(Connect("agency/labor.320500")).ok());
}

TEST_F(ServerTest, RefusesWhoShowsNoCertificate) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = clients_.pem();
  EXPECT_EQ(Call(grpc::CreateChannel(server_->address(),
                                     grpc::SslCredentials(options)))
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Call(grpc::CreateChannel(server_->address(),
                                     grpc::InsecureChannelCredentials()))
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, ANewAgencyMayCallAtOnce) {
  const auto channel = Connect("agency/labor.340100");
  EXPECT_EQ(errors::ReasonOf(Call(channel)), "AGENCY_NOT_REGISTERED");
  const auto admin = v1::AdminService::NewStub(Connect("operator/wang"));
  const auto put = [&](bool validate_only) {
    grpc::ClientContext context;
    v1::PutAgencyRequest request;
    request.mutable_agency()->set_id("labor.340100");
    request.set_validate_only(validate_only);
    v1::PutAgencyResponse response;
    return admin->PutAgency(&context, request, &response);
  };
  ASSERT_TRUE(put(true).ok());
  EXPECT_EQ(errors::ReasonOf(Call(channel)), "AGENCY_NOT_REGISTERED");
  ASSERT_TRUE(put(false).ok());
  EXPECT_TRUE(Call(channel).ok());
}

TEST_F(ServerTest, SignsAndRevokesCertificates) {
  const auto admin = v1::AdminService::NewStub(Connect("operator/wang"));
  const std::string key = NewKeyPem();
  v1::SignCertificateRequest request;
  request.set_certificate_request(*NewRequestPem(key, ""));
  request.set_identity("agency/labor.320500");
  request.set_days(30);
  request.set_validate_only(true);
  v1::SignCertificateResponse signed_one;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->SignCertificate(&context, request, &signed_one).ok());
    EXPECT_EQ(signed_one.certificate_chain(), "");
    EXPECT_TRUE(hub_.certificates().empty());
  }
  request.set_validate_only(false);
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->SignCertificate(&context, request, &signed_one).ok());
  }
  ASSERT_EQ(hub_.certificates().size(), 3U);
  EXPECT_EQ(hub_.certificates()[2].serial(), signed_one.status().serial());
  EXPECT_EQ(hub_.certificates()[2].identity(), "agency/labor.320500");

  const auto channel = Connect(KeyPair{signed_one.certificate_chain(), key});
  EXPECT_TRUE(Call(channel).ok());
  v1::RevokeCertificateRequest revoke;
  revoke.set_serial(signed_one.status().serial());
  v1::RevokeCertificateResponse revoked;
  {
    grpc::ClientContext context;
    EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(
                  admin->RevokeCertificate(&context, revoke, &revoked))),
              "REASON_MISSING");
  }
  revoke.set_reason("key lost");
  {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->RevokeCertificate(&context, revoke, &revoked).ok());
  }
  EXPECT_TRUE(revoked.status().revoked());
  EXPECT_EQ(revoked.status().identity(), "agency/labor.320500");
  EXPECT_EQ(errors::ReasonOf(Call(channel)), "CERTIFICATE_REVOKED");
  EXPECT_THAT(hub_.refusals(),
              testing::Contains("agency/labor.320500 MailboxService.GetMailbox "
                                "CERTIFICATE_REVOKED"))
      << "who tries it stands in the log";
  for (const std::string serial : {"", "XYZ", "abc", "0A"}) {
    grpc::ClientContext context;
    revoke.set_serial(serial);
    EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(
                  admin->RevokeCertificate(&context, revoke, &revoked))),
              "INVALID_REQUEST");
  }
}

TEST_F(ServerTest, RenewsTheCallersOwnCertificate) {
  const KeyPair first = clients_.Client("agency/labor.320500");
  const auto facts = ReadCertificate(first.certificate_pem);
  const auto ask = [](const std::shared_ptr<grpc::Channel>& channel,
                      const std::string& request_pem, bool validate_only) {
    grpc::ClientContext context;
    v1::RenewCertificateRequest request;
    request.set_certificate_request(request_pem);
    request.set_validate_only(validate_only);
    v1::RenewCertificateResponse response;
    const absl::Status status =
        errors::FromGrpc(v1::AdminService::NewStub(channel)->RenewCertificate(
            &context, request, &response));
    return status.ok() ? absl::StatusOr<v1::RenewCertificateResponse>(response)
                       : status;
  };
  const auto channel = Connect(first);
  const std::string key = NewKeyPem();
  const std::string request = *NewRequestPem(key, "agency/labor.320500");
  EXPECT_EQ(ask(channel, request, true)->certificate_chain(), "");
  EXPECT_TRUE(hub_.certificates().empty());

  const auto renewed = ask(channel, request, false);
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  const auto fresh = ReadCertificate(renewed->certificate_chain());
  EXPECT_EQ(fresh->uris, facts->uris);
  EXPECT_GT(fresh->not_after, facts->not_after);
  EXPECT_EQ(renewed->status().renews(), facts->serial);
  EXPECT_EQ(renewed->status().identity(), "agency/labor.320500");
  ASSERT_EQ(hub_.certificates().size(), 1U);
  EXPECT_EQ(hub_.certificates()[0].serial(), fresh->serial);
  const auto second = Connect(KeyPair{renewed->certificate_chain(), key});
  EXPECT_TRUE(Call(second).ok());
  EXPECT_TRUE(Call(channel).ok()) << "the old one holds until its end";

  for (const std::string other :
       {"agency/labor.341200", "agency/labor.320500/clerk/li", ""}) {
    EXPECT_EQ(
        errors::ReasonOf(
            ask(channel, *NewRequestPem(NewKeyPem(), other), false).status()),
        "CERTIFICATE_NAME_DIFFERS");
  }
  EXPECT_EQ(errors::ReasonOf(ask(second, request, false).status()),
            "CERTIFICATE_KEY_REUSED");
  EXPECT_EQ(hub_.certificates().size(), 1U);

  // Whoever had the first one's key may have the second's, and the third's.
  const auto third =
      ask(second, *NewRequestPem(NewKeyPem(), "agency/labor.320500"), false);
  ASSERT_TRUE(third.ok()) << third.status();
  const auto admin = v1::AdminService::NewStub(Connect("operator/wang"));
  const auto revoke = [&](const std::string& serial, bool validate_only) {
    grpc::ClientContext context;
    v1::RevokeCertificateRequest revocation;
    revocation.set_serial(serial);
    revocation.set_reason("key lost");
    revocation.set_validate_only(validate_only);
    v1::RevokeCertificateResponse response;
    EXPECT_TRUE(admin->RevokeCertificate(&context, revocation, &response).ok());
    std::set<std::string> successors;
    for (const auto& status : response.successors()) {
      successors.insert(status.serial());
    }
    return successors;
  };
  const std::set<std::string> both = {fresh->serial, third->status().serial()};
  EXPECT_EQ(revoke(facts->serial, true), both);
  EXPECT_EQ(revoke(facts->serial, false), both);
  EXPECT_EQ(revoke(facts->serial, false), both) << "said again";
  EXPECT_EQ(revoke(fresh->serial, false),
            std::set<std::string>{third->status().serial()});
  EXPECT_EQ(revoke(third->status().serial(), false), std::set<std::string>{});
  for (const auto& revoked : {channel, second}) {
    EXPECT_EQ(errors::ReasonOf(ask(revoked, request, false).status()),
              "CERTIFICATE_REVOKED");
  }
}

TEST_F(ServerTest, TakesUpANewHubCertificate) {
  const auto before = Connect("agency/labor.320500");
  ASSERT_TRUE(Call(before).ok());
  // One that this client does not trust: whoever connects anew finds out.
  const TestAuthority strangers("strangers");
  PutHubCertificate(strangers.Issue(
      {.names = "DNS:localhost,IP:127.0.0.1", .usage = "serverAuth"}));
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (Call(Connect("agency/labor.320500")).ok() && absl::Now() < end) {
  }
  EXPECT_EQ(Call(Connect("agency/labor.320500")).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Call(before).ok()) << "open connections go on";
  PutHubCertificate(HubLeaf());
  while (!Call(Connect("agency/labor.320500")).ok() && absl::Now() < end) {
  }
  EXPECT_TRUE(Call(Connect("agency/labor.320500")).ok());
}

TEST_F(ServerTest, TakesUpNewAuthorities) {
  const auto before = Connect("agency/labor.320500");
  ASSERT_TRUE(Call(before).ok());
  const TestAuthority others("others");
  const KeyPair other = others.Client("agency/labor.320500");
  EXPECT_FALSE(Call(Connect(other)).ok());

  // A file that cannot be used changes nothing.
  Put("clients.crt", "nonsense");
  const absl::Time end = absl::Now() + absl::Seconds(30);
  const auto complained = [&] {
    const std::lock_guard lock(lines_mutex_);
    return std::ranges::any_of(lines_, [](const std::string& line) {
      return line.find("authorities stay as they were") != std::string::npos;
    });
  };
  while (!complained() && absl::Now() < end) {
  }
  EXPECT_TRUE(complained());
  EXPECT_TRUE(Call(before).ok());

  Put("clients.crt", others.pem());
  while (!Call(Connect(other)).ok() && absl::Now() < end) {
  }
  EXPECT_TRUE(Call(Connect(other)).ok());
  EXPECT_EQ(errors::ReasonOf(Call(before)), "NO_IDENTITY")
      << "an open connection does not outlive its authority";
}

TEST_F(ServerTest, OneMessageIsBounded) {
  const auto stub =
      v1::RegistryService::NewStub(Connect("agency/labor.320500"));
  grpc::ClientContext context;
  v1::SubmitRecordRequest request;
  request.set_update(std::string(2 << 20, 'x'));
  v1::SubmitRecordResponse response;
  EXPECT_EQ(stub->SubmitRecord(&context, request, &response).error_code(),
            grpc::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, MetadataIsBounded) {
  const auto stub = v1::MailboxService::NewStub(Connect("agency/labor.320500"));
  grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(16 << 10, 'x'));
  v1::GetMailboxResponse response;
  EXPECT_FALSE(stub->GetMailbox(&context, {}, &response).ok());
  EXPECT_TRUE(Call(Connect("agency/labor.320500")).ok());
}

TEST_F(ServerTest, ReflectsItsServices) {
  const auto stub = grpc::reflection::v1alpha::ServerReflection::NewStub(
      Connect("agency/labor.320500"));
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  grpc::reflection::v1alpha::ServerReflectionRequest request;
  grpc::reflection::v1alpha::ServerReflectionResponse response;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  std::set<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.insert(service.name());
  }
  EXPECT_THAT(
      names,
      ElementsAre(
          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "waystation.v1.AdminService", "waystation.v1.AuditService",
          "waystation.v1.DirectoryService", "waystation.v1.MailboxService",
          "waystation.v1.NoticeService", "waystation.v1.ReconciliationService",
          "waystation.v1.RegistryService", "waystation.v1.VerifyService"));
  request.set_file_containing_symbol("waystation.v1.MailboxService.Watch");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  EXPECT_GE(response.file_descriptor_response().file_descriptor_proto_size(),
            2);
  request.set_file_by_filename("no/such.proto");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  EXPECT_EQ(response.error_response().error_code(), grpc::NOT_FOUND);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, CountsWhatItDoes) {
  ASSERT_TRUE(Call(Connect("agency/labor.320500")).ok());
  const std::string text = runtime::MetricsText(server_->metrics());
  for (const std::string_view line :
       {"waystation_calls_total{code=\"OK\",method=\"MailboxService.GetMailbox"
        "\"} 1\n",
        "waystation_call_seconds_count{method=\"MailboxService.GetMailbox\"} "
        "1\n",
        "waystation_updates_total{outcome=\"applied\"} 3\n",
        "waystation_commit_seconds_count 2\n",
        "waystation_commit_seconds_sum 0.5\n",
        "waystation_mailbox_waiting{agency=\"labor.320500\"} 12\n",
        "waystation_build_info{version=\"0.0.0-test\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line)));
  }
}

TEST_F(ServerTest, NamesAPortThatIsTaken) {
  ServerOptions options = Options();
  options.listen = server_->address();
  FakeHub other;
  const absl::Status status = Server::Start(options, other, log_).status();
  EXPECT_EQ(errors::ReasonOf(status), "PORT_TAKEN");
  EXPECT_THAT(status.message(), HasSubstr(server_->address()));
}

TEST_F(ServerTest, NamesFilesThatDoNotFit) {
  const auto start = [&](const ServerOptions& options) {
    FakeHub other;
    return Server::Start(options, other, log_).status();
  };
  ServerOptions options = Options();
  options.tls.key = Path("no.key");
  EXPECT_EQ(errors::ReasonOf(start(options)), "KEY_FILE_MISSING");
  options = Options();
  options.tls.certificate = Path("no.crt");
  EXPECT_EQ(errors::ReasonOf(start(options)), "FILE_MISSING");
  options = Options();
  options.tls.auditors = options.tls.clients;
  const absl::Status both = start(options);
  EXPECT_EQ(errors::ReasonOf(both), "CERTIFICATE_FILE_INVALID");
  EXPECT_THAT(both.message(), HasSubstr("clients.crt"));
  Put("other.key", clients_.Client("operator/x").key_pem);
  options = Options();
  options.tls.key = Path("other.key");
  EXPECT_EQ(errors::ReasonOf(start(options)), "CERTIFICATE_FILE_INVALID");
  std::filesystem::permissions(Path("hub.key"),
                               std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(errors::ReasonOf(start(Options())), "KEY_FILE_MODE");
}

}  // namespace
}  // namespace waystation::service
