// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_VERIFY_H_
#define WAYSTATION_SERVER_SERVICE_VERIFY_H_

#include "server/service/call.h"
#include "waystation/v1/verify_service.grpc.pb.h"

namespace waystation::service {

class VerifyService final : public v1::VerifyService::CallbackService {
 public:
  explicit VerifyService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* IssueCode(grpc::CallbackServerContext* context,
                                      const v1::IssueCodeRequest* request,
                                      v1::IssueCodeResponse* response) override;
  grpc::ServerUnaryReactor* Verify(grpc::CallbackServerContext* context,
                                   const v1::VerifyRequest* request,
                                   v1::VerifyResponse* response) override;
  grpc::ServerUnaryReactor* WithdrawCodes(
      grpc::CallbackServerContext* context,
      const v1::WithdrawCodesRequest* request,
      v1::WithdrawCodesResponse* response) override;
  grpc::ServerUnaryReactor* ReportVerifications(
      grpc::CallbackServerContext* context,
      const v1::ReportVerificationsRequest* request,
      v1::ReportVerificationsResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_VERIFY_H_
