// SPDX-License-Identifier: Apache-2.0
#include "server/service/admin.h"

#include <utility>

#include "server/service/certificates.h"
#include "server/service/progress_stream.h"

namespace waystation::service {
namespace {

// Who administers does not audit, and the other way round; lists are for both,
// and for an agency as far as they concern itself.
constexpr Roles kListers = kOperator | kAuditor | kAgency | kClerk;
constexpr Method kPutAgency{"AdminService.PutAgency", kOperator};
constexpr Method kListAgencies{"AdminService.ListAgencies", kListers};
constexpr Method kApplyAgreement{"AdminService.ApplyAgreement", kOperator};
constexpr Method kListAgreements{"AdminService.ListAgreements", kListers};
constexpr Method kRevokeAgreement{"AdminService.RevokeAgreement", kOperator};
constexpr Method kSignCertificate{"AdminService.SignCertificate", kOperator};
// Auditors' certificates are another authority's to renew.
constexpr Method kRenewCertificate{"AdminService.RenewCertificate",
                                   kAgency | kClerk | kOffice | kOperator};
constexpr Method kListCertificates{"AdminService.ListCertificates", kListers};
constexpr Method kRevokeCertificate{"AdminService.RevokeCertificate",
                                    kOperator};
constexpr Method kGetRules{"AdminService.GetRules",
                           kOperator | kAuditor | kOffice};
constexpr Method kTrainRules{"AdminService.TrainRules", kOperator};
constexpr Method kTryRules{"AdminService.TryRules", kOperator};
constexpr Method kApplyRules{"AdminService.ApplyRules", kOperator};
constexpr Method kGetHubStatus{"AdminService.GetHubStatus",
                               kOperator | kAuditor};
constexpr Method kCheckStore{"AdminService.CheckStore", kOperator | kAuditor};
constexpr Method kCreateBackup{"AdminService.CreateBackup", kOperator};
constexpr Method kListBackups{"AdminService.ListBackups", kOperator | kAuditor};
constexpr Method kVerifyBackup{"AdminService.VerifyBackup",
                               kOperator | kAuditor};

}  // namespace

grpc::ServerUnaryReactor* AdminService::PutAgency(
    grpc::CallbackServerContext* context, const v1::PutAgencyRequest* request,
    v1::PutAgencyResponse* response) {
  return HandOver(desk_, context, kPutAgency, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.PutAgency(
                        caller, *request,
                        [this, dry = request->validate_only(),
                         done](absl::StatusOr<v1::PutAgencyResponse> result) {
                          if (result.ok() && !dry) {
                            options_.registered(result->agency().id());
                          }
                          done(std::move(result));
                        });
                  });
}

grpc::ServerUnaryReactor* AdminService::ListAgencies(
    grpc::CallbackServerContext* context,
    const v1::ListAgenciesRequest* request,
    v1::ListAgenciesResponse* response) {
  return AskHub(desk_, context, kListAgencies, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListAgencies(caller, *request);
                });
}

grpc::ServerUnaryReactor* AdminService::ApplyAgreement(
    grpc::CallbackServerContext* context,
    const v1::ApplyAgreementRequest* request,
    v1::ApplyAgreementResponse* response) {
  return HandOver(desk_, context, kApplyAgreement, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.ApplyAgreement(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::ListAgreements(
    grpc::CallbackServerContext* context,
    const v1::ListAgreementsRequest* request,
    v1::ListAgreementsResponse* response) {
  return AskHub(desk_, context, kListAgreements, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListAgreements(caller, *request);
                });
}

grpc::ServerUnaryReactor* AdminService::RevokeAgreement(
    grpc::CallbackServerContext* context,
    const v1::RevokeAgreementRequest* request,
    v1::RevokeAgreementResponse* response) {
  return HandOver(desk_, context, kRevokeAgreement, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.RevokeAgreement(caller, *request,
                                              std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::SignCertificate(
    grpc::CallbackServerContext* context,
    const v1::SignCertificateRequest* request,
    v1::SignCertificateResponse* response) {
  return HandOver(desk_, context, kSignCertificate, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    if (!options_.authority) {
                      return done(errors::Error("NO_AUTHORITY"));
                    }
                    service::SignCertificate(
                        desk_.hub, *options_.authority, options_.trust_domain,
                        caller, *request, options_.clock(), std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::RenewCertificate(
    grpc::CallbackServerContext* context,
    const v1::RenewCertificateRequest* request,
    v1::RenewCertificateResponse* response) {
  return HandOver(desk_, context, kRenewCertificate, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    if (!options_.authority)
                      return done(errors::Error("NO_AUTHORITY"));
                    service::RenewCertificate(
                        desk_.hub, *options_.authority, options_.trust_domain,
                        caller,
                        PeerOf(*context->auth_context()).certificate_pem,
                        *request, options_.clock(), std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::ListCertificates(
    grpc::CallbackServerContext* context,
    const v1::ListCertificatesRequest* request,
    v1::ListCertificatesResponse* response) {
  return AskHub(desk_, context, kListCertificates, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListCertificates(caller, *request);
                });
}

grpc::ServerUnaryReactor* AdminService::RevokeCertificate(
    grpc::CallbackServerContext* context,
    const v1::RevokeCertificateRequest* request,
    v1::RevokeCertificateResponse* response) {
  // Its running calls end within a second, when the server looks at the deny
  // list (server.cc); this one has been answered by then, should it be one.
  return HandOver(desk_, context, kRevokeCertificate, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    service::RevokeCertificate(desk_.hub, caller, *request,
                                               options_.clock(),
                                               std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::GetRules(
    grpc::CallbackServerContext* context, const v1::GetRulesRequest* request,
    v1::GetRulesResponse* response) {
  return AskHub(
      desk_, context, kGetRules, *request, response,
      [this](const hub::Caller& caller) { return desk_.hub.GetRules(caller); });
}

grpc::ServerWriteReactor<v1::TrainRulesResponse>* AdminService::TrainRules(
    grpc::CallbackServerContext* context,
    const v1::TrainRulesRequest* request) {
  return StartProgressStream<v1::TrainRulesResponse>(
      desk_, *context, kTrainRules,
      [this, given = *request](const hub::Caller& caller,
                               const hub::Hub::Watch& watch)
          -> absl::StatusOr<v1::TrainRulesResponse> {
        auto trained = desk_.hub.TrainRules(caller, given, watch);
        if (!trained.ok()) return trained.status();
        v1::TrainRulesResponse response;
        *response.mutable_trained() = *std::move(trained);
        return response;
      });
}

grpc::ServerWriteReactor<v1::TryRulesResponse>* AdminService::TryRules(
    grpc::CallbackServerContext* context, const v1::TryRulesRequest* request) {
  return StartProgressStream<v1::TryRulesResponse>(
      desk_, *context, kTryRules,
      [this, given = *request](const hub::Caller& caller,
                               const hub::Hub::Watch& watch)
          -> absl::StatusOr<v1::TryRulesResponse> {
        auto effect = desk_.hub.TryRules(caller, given, watch);
        if (!effect.ok()) return effect.status();
        v1::TryRulesResponse response;
        *response.mutable_effect() = *std::move(effect);
        return response;
      });
}

grpc::ServerUnaryReactor* AdminService::ApplyRules(
    grpc::CallbackServerContext* context, const v1::ApplyRulesRequest* request,
    v1::ApplyRulesResponse* response) {
  return HandOver(desk_, context, kApplyRules, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.ApplyRules(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* AdminService::GetHubStatus(
    grpc::CallbackServerContext* context,
    const v1::GetHubStatusRequest* request,
    v1::GetHubStatusResponse* response) {
  return AskHub(
      desk_, context, kGetHubStatus, *request, response,
      [this](const hub::Caller&) { return desk_.hub.GetHubStatus(); });
}

grpc::ServerUnaryReactor* AdminService::CheckStore(
    grpc::CallbackServerContext* context, const v1::CheckStoreRequest* request,
    v1::CheckStoreResponse* response) {
  return AskHub(
      desk_, context, kCheckStore, *request, response,
      [this](const hub::Caller&) -> absl::StatusOr<v1::CheckStoreResponse> {
        // It reads everything; one at a time is enough.
        if (checking_.exchange(true)) {
          return errors::Error("LIMIT_REACHED",
                               {.rule = "one check at a time"});
        }
        auto result = desk_.hub.CheckStore();
        checking_ = false;
        return result;
      });
}

grpc::ServerUnaryReactor* AdminService::CreateBackup(
    grpc::CallbackServerContext* context,
    const v1::CreateBackupRequest* request,
    v1::CreateBackupResponse* response) {
  return AskHub(desk_, context, kCreateBackup, *request, response,
                [this](const hub::Caller& caller) {
                  return desk_.hub.CreateBackup(caller);
                });
}

grpc::ServerUnaryReactor* AdminService::ListBackups(
    grpc::CallbackServerContext* context, const v1::ListBackupsRequest* request,
    v1::ListBackupsResponse* response) {
  return AskHub(desk_, context, kListBackups, *request, response,
                [this, request](const hub::Caller&) {
                  return desk_.hub.ListBackups(*request);
                });
}

grpc::ServerUnaryReactor* AdminService::VerifyBackup(
    grpc::CallbackServerContext* context,
    const v1::VerifyBackupRequest* request,
    v1::VerifyBackupResponse* response) {
  return AskHub(desk_, context, kVerifyBackup, *request, response,
                [this, request](const hub::Caller&) {
                  return desk_.hub.VerifyBackup(*request);
                });
}

}  // namespace waystation::service
