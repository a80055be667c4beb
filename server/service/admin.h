// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_ADMIN_H_
#define WAYSTATION_SERVER_SERVICE_ADMIN_H_

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/service/ca.h"
#include "server/service/call.h"
#include "waystation/v1/admin_service.grpc.pb.h"

namespace waystation::service {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  struct Options {
    std::string trust_domain;
    // Signs certificates; nullopt means that this hub signs none.
    std::optional<Authority> authority;
    std::function<absl::Time()> clock;
    // Told of each agency that has been put.
    std::function<void(const std::string& agency)> registered;
  };

  AdminService(Desk& desk, Options options)
      : desk_(desk), options_(std::move(options)) {}

  grpc::ServerUnaryReactor* PutAgency(grpc::CallbackServerContext* context,
                                      const v1::PutAgencyRequest* request,
                                      v1::PutAgencyResponse* response) override;
  grpc::ServerUnaryReactor* ListAgencies(
      grpc::CallbackServerContext* context,
      const v1::ListAgenciesRequest* request,
      v1::ListAgenciesResponse* response) override;
  grpc::ServerUnaryReactor* ApplyAgreement(
      grpc::CallbackServerContext* context,
      const v1::ApplyAgreementRequest* request,
      v1::ApplyAgreementResponse* response) override;
  grpc::ServerUnaryReactor* ListAgreements(
      grpc::CallbackServerContext* context,
      const v1::ListAgreementsRequest* request,
      v1::ListAgreementsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAgreement(
      grpc::CallbackServerContext* context,
      const v1::RevokeAgreementRequest* request,
      v1::RevokeAgreementResponse* response) override;
  grpc::ServerUnaryReactor* SignCertificate(
      grpc::CallbackServerContext* context,
      const v1::SignCertificateRequest* request,
      v1::SignCertificateResponse* response) override;
  grpc::ServerUnaryReactor* RenewCertificate(
      grpc::CallbackServerContext* context,
      const v1::RenewCertificateRequest* request,
      v1::RenewCertificateResponse* response) override;
  grpc::ServerUnaryReactor* ListCertificates(
      grpc::CallbackServerContext* context,
      const v1::ListCertificatesRequest* request,
      v1::ListCertificatesResponse* response) override;
  grpc::ServerUnaryReactor* RevokeCertificate(
      grpc::CallbackServerContext* context,
      const v1::RevokeCertificateRequest* request,
      v1::RevokeCertificateResponse* response) override;
  grpc::ServerUnaryReactor* GetRules(grpc::CallbackServerContext* context,
                                     const v1::GetRulesRequest* request,
                                     v1::GetRulesResponse* response) override;
  grpc::ServerWriteReactor<v1::TrainRulesResponse>* TrainRules(
      grpc::CallbackServerContext* context,
      const v1::TrainRulesRequest* request) override;
  grpc::ServerWriteReactor<v1::TryRulesResponse>* TryRules(
      grpc::CallbackServerContext* context,
      const v1::TryRulesRequest* request) override;
  grpc::ServerUnaryReactor* ApplyRules(
      grpc::CallbackServerContext* context,
      const v1::ApplyRulesRequest* request,
      v1::ApplyRulesResponse* response) override;
  grpc::ServerUnaryReactor* GetHubStatus(
      grpc::CallbackServerContext* context,
      const v1::GetHubStatusRequest* request,
      v1::GetHubStatusResponse* response) override;
  grpc::ServerUnaryReactor* CheckStore(
      grpc::CallbackServerContext* context,
      const v1::CheckStoreRequest* request,
      v1::CheckStoreResponse* response) override;
  grpc::ServerUnaryReactor* CreateBackup(
      grpc::CallbackServerContext* context,
      const v1::CreateBackupRequest* request,
      v1::CreateBackupResponse* response) override;
  grpc::ServerUnaryReactor* ListBackups(
      grpc::CallbackServerContext* context,
      const v1::ListBackupsRequest* request,
      v1::ListBackupsResponse* response) override;
  grpc::ServerUnaryReactor* VerifyBackup(
      grpc::CallbackServerContext* context,
      const v1::VerifyBackupRequest* request,
      v1::VerifyBackupResponse* response) override;

 private:
  Desk& desk_;
  const Options options_;
  std::atomic<bool> checking_ = false;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_ADMIN_H_
