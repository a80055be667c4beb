// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_SERVER_SERVICE_MAILBOX_H_
#define WAYSTATION_SERVER_SERVICE_MAILBOX_H_

#include "server/service/call.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"

namespace waystation::service {

class MailboxService final : public v1::MailboxService::CallbackService {
 public:
  explicit MailboxService(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* Pull(grpc::CallbackServerContext* context,
                                 const v1::PullRequest* request,
                                 v1::PullResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(
      grpc::CallbackServerContext* context,
      const v1::WatchRequest* request) override;
  grpc::ServerUnaryReactor* Acknowledge(
      grpc::CallbackServerContext* context,
      const v1::AcknowledgeRequest* request,
      v1::AcknowledgeResponse* response) override;
  grpc::ServerUnaryReactor* GetMailbox(
      grpc::CallbackServerContext* context,
      const v1::GetMailboxRequest* request,
      v1::GetMailboxResponse* response) override;

 private:
  Desk& desk_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_MAILBOX_H_
