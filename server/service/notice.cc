// SPDX-License-Identifier: Apache-2.0
#include "server/service/notice.h"

#include "server/service/notice_stream.h"

namespace waystation::service {
namespace {

constexpr Method kSendNotice{"NoticeService.SendNotice", kAgency | kClerk};
constexpr Method kListNotices{"NoticeService.ListNotices", kAgency | kClerk};
constexpr Method kGetNotice{"NoticeService.GetNotice", kAgency | kClerk};
constexpr Method kWatchNotices{"NoticeService.WatchNotices", kAgency | kClerk};
constexpr Method kGetOverdueNotices{"NoticeService.GetOverdueNotices",
                                    kAgency | kClerk | kOffice};
constexpr Method kStepNotice{"NoticeService.StepNotice", kAgency | kClerk};
constexpr Method kGetNoticeRates{
    "NoticeService.GetNoticeRates",
    kAgency | kClerk | kOffice | kOperator | kAuditor};

}  // namespace

grpc::ServerUnaryReactor* NoticeService::SendNotice(
    grpc::CallbackServerContext* context, const v1::SendNoticeRequest* request,
    v1::SendNoticeResponse* response) {
  return HandOver(desk_, context, kSendNotice, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.SendNotice(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* NoticeService::ListNotices(
    grpc::CallbackServerContext* context, const v1::ListNoticesRequest* request,
    v1::ListNoticesResponse* response) {
  return AskHub(desk_, context, kListNotices, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.ListNotices(caller, *request);
                });
}

grpc::ServerUnaryReactor* NoticeService::GetNotice(
    grpc::CallbackServerContext* context, const v1::GetNoticeRequest* request,
    v1::GetNoticeResponse* response) {
  return HandOver(desk_, context, kGetNotice, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.GetNotice(caller, *request, std::move(done));
                  });
}

grpc::ServerWriteReactor<v1::WatchNoticesResponse>* NoticeService::WatchNotices(
    grpc::CallbackServerContext* context,
    const v1::WatchNoticesRequest* request) {
  return StartNoticeStream(desk_, *context, kWatchNotices, *request);
}

grpc::ServerUnaryReactor* NoticeService::GetOverdueNotices(
    grpc::CallbackServerContext* context,
    const v1::GetOverdueNoticesRequest* request,
    v1::GetOverdueNoticesResponse* response) {
  return AskHub(desk_, context, kGetOverdueNotices, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetOverdueNotices(caller, *request);
                });
}

grpc::ServerUnaryReactor* NoticeService::StepNotice(
    grpc::CallbackServerContext* context, const v1::StepNoticeRequest* request,
    v1::StepNoticeResponse* response) {
  return HandOver(desk_, context, kStepNotice, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.StepNotice(caller, *request, std::move(done));
                  });
}

grpc::ServerUnaryReactor* NoticeService::GetNoticeRates(
    grpc::CallbackServerContext* context,
    const v1::GetNoticeRatesRequest* request,
    v1::GetNoticeRatesResponse* response) {
  return AskHub(desk_, context, kGetNoticeRates, *request, response,
                [this, request](const hub::Caller& caller) {
                  return desk_.hub.GetNoticeRates(caller, *request);
                });
}

}  // namespace waystation::service
