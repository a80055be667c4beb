// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_NOTICE_H_
#define WAYSTATION_SERVER_SERVICE_NOTICE_H_

#include "server/service/call.h"
#include "waystation/v1/notice_service.grpc.pb.h"

namespace waystation::service {

class NoticeService final : public v1::NoticeService::CallbackService {
 public:
  explicit NoticeService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* SendNotice(
      grpc::CallbackServerContext* context,
      const v1::SendNoticeRequest* request,
      v1::SendNoticeResponse* response) override;
  grpc::ServerUnaryReactor* ListNotices(
      grpc::CallbackServerContext* context,
      const v1::ListNoticesRequest* request,
      v1::ListNoticesResponse* response) override;
  grpc::ServerUnaryReactor* GetNotice(grpc::CallbackServerContext* context,
                                      const v1::GetNoticeRequest* request,
                                      v1::GetNoticeResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchNoticesResponse>* WatchNotices(
      grpc::CallbackServerContext* context,
      const v1::WatchNoticesRequest* request) override;
  grpc::ServerUnaryReactor* GetOverdueNotices(
      grpc::CallbackServerContext* context,
      const v1::GetOverdueNoticesRequest* request,
      v1::GetOverdueNoticesResponse* response) override;
  grpc::ServerUnaryReactor* StepNotice(
      grpc::CallbackServerContext* context,
      const v1::StepNoticeRequest* request,
      v1::StepNoticeResponse* response) override;

  grpc::ServerUnaryReactor* GetNoticeRates(
      grpc::CallbackServerContext* context,
      const v1::GetNoticeRatesRequest* request,
      v1::GetNoticeRatesResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_NOTICE_H_
