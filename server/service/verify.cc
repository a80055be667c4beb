// SPDX-License-Identifier: Apache-2.0
#include "server/service/verify.h"

#include <utility>

namespace waystation::service {
namespace {

constexpr Method kIssueCode{"VerifyService.IssueCode",
                            kAgency | kClerk | kOffice};
constexpr Method kVerify{"VerifyService.Verify", kAgency | kClerk};
constexpr Method kWithdrawCodes{"VerifyService.WithdrawCodes",
                                kAgency | kClerk | kOffice};
constexpr Method kReportVerifications{"VerifyService.ReportVerifications",
                                      kOffice | kAuditor};

}  // namespace

grpc::ServerUnaryReactor* VerifyService::IssueCode(
    grpc::CallbackServerContext* context, const v1::IssueCodeRequest* request,
    v1::IssueCodeResponse* response) {
  return HandOver(desk_, context, kIssueCode, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.IssueCode(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* VerifyService::Verify(
    grpc::CallbackServerContext* context, const v1::VerifyRequest* request,
    v1::VerifyResponse* response) {
  return HandOver(desk_, context, kVerify, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.Verify(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* VerifyService::WithdrawCodes(
    grpc::CallbackServerContext* context,
    const v1::WithdrawCodesRequest* request,
    v1::WithdrawCodesResponse* response) {
  return HandOver(desk_, context, kWithdrawCodes, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.WithdrawCodes(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* VerifyService::ReportVerifications(
    grpc::CallbackServerContext* context,
    const v1::ReportVerificationsRequest* request,
    v1::ReportVerificationsResponse* response) {
  return AskHub(desk_, context, kReportVerifications, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ReportVerifications(caller, *request);
                });
}

}  // namespace waystation::service
