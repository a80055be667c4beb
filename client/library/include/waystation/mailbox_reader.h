// SPDX-License-Identifier: Apache-2.0
// Reads an agency's mailbox without a gap, at least once: pages come in order,
// and after a broken connection the reader goes on behind the last page that it
// handed out. What is acknowledged need not come again.
//
//     while (auto page = reader.Next(); page.ok() && *page) {
//       Store(**page);
//       reader.Acknowledge((*page)->last_token());
//     }
#ifndef WAYSTATION_MAILBOX_READER_H_
#define WAYSTATION_MAILBOX_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::v1 {
class MailboxPage;
}  // namespace waystation::v1

namespace waystation::client {

class Connection;

struct MailboxOptions {
  // A v1::Purpose.
  int purpose = 0;
  // 1 to 256 changes.
  int page_size = 256;
  // Begin behind this one; empty means behind the last acknowledged.
  std::string after_token = {};
  // Wait for what comes, instead of ending when nothing is left.
  bool follow = false;
  // How long the hub may be away.
  absl::Duration patience = absl::InfiniteDuration();
  // As SubmitOptions::on_wait.
  std::function<void(const absl::Status& why, absl::Duration pause)> on_wait =
      {};
};

// Next and Acknowledge are for one thread at a time; Cancel is for any.
class MailboxReader {
 public:
  MailboxReader(Connection& connection, MailboxOptions options);
  ~MailboxReader();

  // The next page that is not empty. nullopt: nothing is left (never when it
  // follows). Errors end the reader: CANCELLED, patience at its end
  // (UNAVAILABLE), or what the hub will not tell.
  absl::StatusOr<std::optional<v1::MailboxPage>> Next();

  // Everything up to `token` is stored by the caller. As patient as Next.
  absl::Status Acknowledge(std::string_view token);

  void Cancel();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace waystation::client

#endif  // WAYSTATION_MAILBOX_READER_H_
