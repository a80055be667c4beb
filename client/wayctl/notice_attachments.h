// SPDX-License-Identifier: Apache-2.0
// What a hand-over between care providers carries: checked and sealed before it
// is sent, opened and checked before any of it is written to a file. The hub
// takes part in neither.
#ifndef CLIENT_WAYCTL_NOTICE_ATTACHMENTS_H_
#define CLIENT_WAYCTL_NOTICE_ATTACHMENTS_H_

#include <string>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/session.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::wayctl {

struct AttachOptions {
  std::vector<std::string> files;
  // As many.
  std::vector<std::string> types;
  std::string consent;
  std::string consent_by;
  std::string consent_form;
  std::string consent_to;
  std::string consent_date;
  std::string sealing_key;
  std::string recipient_certificate;
};
void AddAttachOptions(CLI::App& verb, AttachOptions& options);

// Reads the files, checks them by their types, and puts types and consent into
// the request, without a byte of them. The files' contents, in that order.
absl::StatusOr<std::vector<std::string>> ReadPayloads(
    const AttachOptions& options, v1::SendNoticeRequest& request);

// Seals them for the recipient that `preview` names, into the request; reads no
// key where there are none.
absl::Status SealPayloads(const AttachOptions& options,
                          const std::vector<std::string>& payloads,
                          const v1::SendNoticeResponse& preview,
                          v1::SendNoticeRequest& request);

struct SaveOptions {
  std::string folder;
  bool for_person = false;
  std::string sealing_key;
  std::string sender_certificate;
};
void AddSaveOptions(CLI::App& verb, SaveOptions& options);
// USAGE where one is given without another that it needs.
absl::Status CheckSaveOptions(const SaveOptions& options);

// Opens all that came with the notice, holds it against its statement, its type
// and whom the notice is about, and only then writes a file of each. Their
// names.
absl::StatusOr<std::vector<std::string>> SaveAttachments(
    Session& session, const SaveOptions& options,
    const v1::GetNoticeResponse& notice);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_NOTICE_ATTACHMENTS_H_
