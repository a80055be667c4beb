// SPDX-License-Identifier: Apache-2.0
// Watches an agency's notices (NoticeService.WatchNotices): what waits, then
// each that comes, takes a step, is reminded of or becomes overdue. After a
// broken connection the reader goes on behind the last response that it handed
// out.
//
//     while (auto news = reader.Next(); news.ok()) Show(*news);
#ifndef WAYSTATION_NOTICE_READER_H_
#define WAYSTATION_NOTICE_READER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace waystation::v1 {
class WatchNoticesResponse;
}  // namespace waystation::v1

namespace waystation::client {

class Connection;

struct NoticeReaderOptions {
  // 1 to 200 heads.
  int page_size = 50;
  // page_token of the last response that was dealt with; empty: what waits.
  std::string after_token = {};
  // How long the hub may be away.
  absl::Duration patience = absl::InfiniteDuration();
  // As SubmitOptions::on_wait.
  std::function<void(const absl::Status& why, absl::Duration pause)> on_wait =
      {};
};

// Next is for one thread at a time; Cancel is for any.
class NoticeReader {
 public:
  NoticeReader(Connection& connection, NoticeReaderOptions options);
  ~NoticeReader();

  // The next response; the first of a connection may say only that nothing is
  // left. One that is `afresh` begins the list of what waits anew. Errors end
  // the reader: CANCELLED, patience at its end (UNAVAILABLE), or what the hub
  // will not tell.
  absl::StatusOr<v1::WatchNoticesResponse> Next();

  void Cancel();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace waystation::client

#endif  // WAYSTATION_NOTICE_READER_H_
