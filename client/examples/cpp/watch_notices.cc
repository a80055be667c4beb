// SPDX-License-Identifier: Apache-2.0
// watch_notices AGENCY COUNT
//
// Watches the cases that wait for an agency, takes on each that has come, and
// ends after COUNT heads. A program of yours would go on, and keep the token of
// the last response that it dealt with.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "environment.h"
#include "waystation/connection.h"
#include "waystation/notice_reader.h"
#include "waystation/services.h"
#include "waystation/v1/notice_service.pb.h"

namespace {

namespace client = waystation::client;
namespace v1 = waystation::v1;

// Looking delivers it and is in the audit log; the etag says which state of it
// is accepted.
absl::Status Accept(const client::Notice& notices, const v1::Notice& head) {
  v1::GetNoticeRequest look;
  look.set_id(head.id());
  const auto seen = notices.GetNotice(look);
  if (!seen.ok()) return seen.status();
  v1::StepNoticeRequest step;
  step.set_id(head.id());
  step.set_etag(seen->etag());
  step.mutable_accept();
  return notices.StepNotice(step).status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: watch_notices AGENCY COUNT\n");
    return 2;
  }
  const auto connection = client::Connection::Open(ConnectionOf(argv[1]));
  if (!connection.ok()) return Fail(connection.status());
  const client::Notice notices(**connection);
  client::NoticeReader reader(**connection, {});
  for (int left = std::atoi(argv[2]); left > 0;) {
    const auto news = reader.Next();
    if (!news.ok()) return Fail(news.status());
    for (const v1::Notice& head : news->notices()) {
      std::printf("%s %s\n", head.id().c_str(),
                  v1::Notice::State_Name(head.state()).c_str());
      if (head.waits_for_caller() && head.state() == v1::Notice::STATE_SENT) {
        if (const absl::Status done = Accept(notices, head); !done.ok()) {
          return Fail(done);
        }
      }
      --left;
    }
    std::fflush(stdout);
  }
  return 0;
}
