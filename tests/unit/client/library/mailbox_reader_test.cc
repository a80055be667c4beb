// SPDX-License-Identifier: Apache-2.0
#include "waystation/mailbox_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/client/support/fake_hub.h"
#include "waystation/connection.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::client {
namespace {

using testing::FakeCall;
using testing::FakeHub;

std::unique_ptr<Connection> Connect(const FakeHub& hub) {
  ConnectionOptions options;
  options.hubs = {hub.address()};
  options.ca_file = hub.folder() / "ca.pem";
  options.certificate_file = hub.folder() / "client.pem";
  options.key_file = hub.folder() / "client.key";
  options.retry.initial = absl::Milliseconds(1);
  options.retry.limit = absl::Milliseconds(20);
  auto connection = Connection::Open(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

// A mailbox of `changes` changes, one a page; tokens count them.
v1::MailboxPage PageAfter(const std::string& token, int changes) {
  const int next = token.empty() ? 1 : std::stoi(token) + 1;
  v1::MailboxPage page;
  page.set_first_token(token);
  if (next <= changes) {
    page.add_entries()->mutable_view()->set_handle("h" + std::to_string(next));
    page.set_last_token(std::to_string(next));
  } else {
    page.set_last_token(token);
  }
  page.set_at_end(next >= changes);
  return page;
}

TEST(MailboxReader, ReadsToTheEnd) {
  FakeHub hub;
  std::atomic<int> calls = 0;
  hub.On("MailboxService/Pull", [&](FakeCall& call) {
    if (++calls == 2) return errors::Error("DRAINING");
    v1::PullRequest request;
    call.Read(request);
    v1::PullResponse response;
    *response.mutable_page() = PageAfter(request.page_token(), 3);
    call.Write(response);
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connect(hub);
  MailboxReader reader(*connection, {});
  for (const char* handle : {"h1", "h2", "h3"}) {
    const auto page = reader.Next();
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_TRUE(page->has_value());
    EXPECT_EQ((*page)->entries(0).view().handle(), handle);
  }
  const auto end = reader.Next();
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(end->has_value());
}

TEST(MailboxReader, GoesOnBehindTheLastPageAfterABreak) {
  FakeHub hub;
  std::vector<std::string> tokens;
  hub.On("MailboxService/Watch", [&](FakeCall& call) {
    v1::WatchRequest request;
    call.Read(request);
    tokens.push_back(request.page_token());
    std::string token = request.page_token();
    for (int pages = 0; pages < 2; ++pages) {
      v1::WatchResponse response;
      *response.mutable_page() = PageAfter(token, 1'000);
      token = response.page().last_token();
      call.Write(response);
    }
    return errors::Error("DRAINING");
  });
  hub.Start();
  const auto connection = Connect(hub);
  std::atomic<int> waits = 0;
  MailboxReader reader(
      *connection,
      {.follow = true,
       .on_wait = [&](const absl::Status&, absl::Duration) { ++waits; }});
  for (int i = 1; i <= 5; ++i) {
    const auto page = reader.Next();
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ((*page)->entries(0).view().handle(), "h" + std::to_string(i));
  }
  EXPECT_EQ(waits, 2);
  hub.Stop();
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "2", "4"}));
}

TEST(MailboxReader, EndsWithWhatTheHubWillNotTell) {
  FakeHub hub;
  hub.On("MailboxService/Watch",
         [](FakeCall&) { return errors::Error("PURPOSE_MISSING"); });
  hub.Start();
  const auto connection = Connect(hub);
  MailboxReader reader(*connection, {.follow = true});
  EXPECT_EQ(errors::ReasonOf(reader.Next().status()), "PURPOSE_MISSING");
}

TEST(MailboxReader, IsCancelledWhileItWaits) {
  FakeHub hub;
  std::promise<void> reached;
  hub.On("MailboxService/Watch", [&](FakeCall& call) {
    v1::WatchRequest request;
    call.Read(request);
    reached.set_value();
    call.Read(request);
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connect(hub);
  MailboxReader reader(*connection, {.follow = true});
  auto next =
      std::async(std::launch::async, [&] { return reader.Next().status(); });
  reached.get_future().wait();
  reader.Cancel();
  EXPECT_EQ(errors::ReasonOf(next.get()), "CANCELLED");
}

TEST(MailboxReader, LosesPatience) {
  FakeHub hub;
  hub.Start();
  const auto connection = Connect(hub);
  hub.Stop();
  MailboxReader reader(*connection,
                       {.follow = true, .patience = absl::Milliseconds(100)});
  EXPECT_TRUE(absl::IsUnavailable(reader.Next().status()));
}

TEST(MailboxReader, Acknowledges) {
  FakeHub hub;
  std::string token;
  hub.On("MailboxService/Acknowledge", [&](FakeCall& call) {
    v1::AcknowledgeRequest request;
    call.Read(request);
    token = request.page_token();
    call.Write(v1::AcknowledgeResponse());
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connect(hub);
  MailboxReader reader(*connection, {});
  EXPECT_TRUE(reader.Acknowledge("7").ok());
  hub.Stop();
  EXPECT_EQ(token, "7");
}

// What was read and stored would come again if its acknowledgement gave up
// earlier than the reading.
TEST(MailboxReader, AcknowledgesAsPatientlyAsItReads) {
  FakeHub hub;
  std::atomic<int> calls = 0;
  hub.On("MailboxService/Acknowledge", [&](FakeCall& call) -> absl::Status {
    v1::AcknowledgeRequest request;
    call.Read(request);
    // More often than one call is repeated.
    if (++calls <= 2 * RetryPolicy().attempts) {
      return absl::UnavailableError("away");
    }
    call.Write(v1::AcknowledgeResponse());
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connect(hub);
  MailboxReader reader(*connection, {});
  EXPECT_TRUE(reader.Acknowledge("7").ok());
  MailboxReader hasty(*connection, {.patience = absl::ZeroDuration()});
  calls = 0;
  EXPECT_TRUE(absl::IsUnavailable(hasty.Acknowledge("7")));
}

}  // namespace
}  // namespace waystation::client
