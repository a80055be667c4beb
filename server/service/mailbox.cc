// SPDX-License-Identifier: Apache-2.0
#include "server/service/mailbox.h"

#include "server/service/watch_stream.h"

namespace waystation::service {
namespace {

// A clerk sees how far the mailbox has come; only the agency's own system takes
// what is in it.
constexpr Method kPull{"MailboxService.Pull", kAgency};
constexpr Method kWatch{"MailboxService.Watch", kAgency};
constexpr Method kAcknowledge{"MailboxService.Acknowledge", kAgency};
constexpr Method kGetMailbox{"MailboxService.GetMailbox", kAgency | kClerk};

}  // namespace

grpc::ServerUnaryReactor* MailboxService::Pull(
    grpc::CallbackServerContext* context, const v1::PullRequest* request,
    v1::PullResponse* response) {
  return HandOver(desk_, context, kPull, *request, response,
                  [&](const hub::Caller& caller, auto done) {
                    desk_.hub.Pull(caller, *request, std::move(done));
                  });
}

grpc::ServerWriteReactor<v1::WatchResponse>* MailboxService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  return StartWatchStream(desk_, *context, kWatch, *request);
}

grpc::ServerUnaryReactor* MailboxService::Acknowledge(
    grpc::CallbackServerContext* context, const v1::AcknowledgeRequest* request,
    v1::AcknowledgeResponse* response) {
  return AskHub(desk_, context, kAcknowledge, *request, response,
                [this, request](const hub::Caller& caller)
                    -> absl::StatusOr<v1::AcknowledgeResponse> {
                  const absl::Status status =
                      desk_.hub.Acknowledge(caller, *request);
                  if (!status.ok()) return status;
                  return v1::AcknowledgeResponse();
                });
}

grpc::ServerUnaryReactor* MailboxService::GetMailbox(
    grpc::CallbackServerContext* context, const v1::GetMailboxRequest* request,
    v1::GetMailboxResponse* response) {
  return AskHub(desk_, context, kGetMailbox, *request, response,
                [this](const hub::Caller& caller) {
                  return desk_.hub.GetMailbox(caller);
                });
}

}  // namespace waystation::service
