// SPDX-License-Identifier: Apache-2.0
#include "waystation/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/support/fake_hub.h"
#include "waystation/config/v1/client.pb.h"
#include "waystation/services.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::client {
namespace {

using testing::FakeCall;
using testing::FakeHub;
using ::testing::HasSubstr;

ConnectionOptions OptionsFor(const FakeHub& hub) {
  ConnectionOptions options;
  options.hubs = {hub.address()};
  options.ca_file = hub.folder() / "ca.pem";
  options.certificate_file = hub.folder() / "client.pem";
  options.key_file = hub.folder() / "client.key";
  options.deadline = absl::Seconds(20);
  options.retry.initial = absl::Milliseconds(1);
  options.retry.limit = absl::Milliseconds(5);
  return options;
}

TEST(Connection, SaysWhoTheCallerIs) {
  FakeHub hub;
  hub.WriteClientFiles("clerk", "agency/health.320500/clerk/li");
  ConnectionOptions options = OptionsFor(hub);
  options.hubs = {"localhost:1"};
  options.certificate_file = hub.folder() / "clerk.pem";
  options.key_file = hub.folder() / "clerk.key";
  const auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->identity(), "agency/health.320500/clerk/li");
  EXPECT_EQ((*connection)->agency(), "health.320500");
  EXPECT_GT((*connection)->certificate_expiry(), absl::Now());
}

// Each mistake is named with its file before any call is made.
TEST(Connection, NamesTheFileThatIsWrong) {
  const FakeHub hub;
  const testing::TestAuthority::Issued expired =
      hub.authority().Issue({.spiffe_id = "spiffe://w.example/operator/li",
                             .dns_name = "",
                             .lasts = absl::Seconds(-60)});
  testing::WriteFile(hub.folder() / "expired.pem", expired.certificate_pem);
  testing::WriteFile(hub.folder() / "expired.key", expired.key_pem);
  const testing::TestAuthority::Issued nameless =
      hub.authority().Issue({.spiffe_id = "", .dns_name = "x.example"});
  testing::WriteFile(hub.folder() / "nameless.pem", nameless.certificate_pem);
  testing::WriteFile(hub.folder() / "nameless.key", nameless.key_pem);
  testing::WriteFile(hub.folder() / "open.key",
                     testing::ReadFile(hub.folder() / "client.key"), 0644);
  testing::WriteFile(hub.folder() / "empty.pem", "");

  const struct {
    const char* name;
    const char* ca;
    const char* certificate;
    const char* key;
    const char* reason;
    const char* names;
  } cases[] = {
      {"no authority", "none.pem", "client.pem", "client.key", "FILE_MISSING",
       "none.pem"},
      {"authority without certificate", "empty.pem", "client.pem", "client.key",
       "CERTIFICATE_FILE_INVALID", "empty.pem"},
      {"no certificate", "ca.pem", "none.pem", "client.key", "FILE_MISSING",
       "none.pem"},
      {"no key", "ca.pem", "client.pem", "none.key", "FILE_MISSING",
       "none.key"},
      {"key of another", "ca.pem", "client.pem", "expired.key",
       "CERTIFICATE_FILE_INVALID", "expired.key"},
      {"key that others read", "ca.pem", "client.pem", "open.key",
       "KEY_FILE_MODE", "open.key"},
      {"expired", "ca.pem", "expired.pem", "expired.key",
       "CERTIFICATE_FILE_INVALID", "it expired on"},
      {"no identity", "ca.pem", "nameless.pem", "nameless.key",
       "CERTIFICATE_FILE_INVALID", "exactly one URI"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ConnectionOptions options = OptionsFor(hub);
    options.hubs = {"localhost:1"};
    options.ca_file = hub.folder() / c.ca;
    options.certificate_file = hub.folder() / c.certificate;
    options.key_file = hub.folder() / c.key;
    const absl::Status status = Connection::Open(options).status();
    EXPECT_EQ(errors::ReasonOf(status), c.reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.names));
  }
}

TEST(Connection, ReadsPathsFromBesideTheFile) {
  config::v1::HubConnection config;
  config.add_hubs("hub.example:7443");
  config.set_ca("ca.pem");
  config.set_cert("/etc/waystation/client.pem");
  config.set_key("keys/client.key");
  const ConnectionOptions options = ToOptions(config, "/home/li/waystation");
  EXPECT_EQ(options.ca_file, "/home/li/waystation/ca.pem");
  EXPECT_EQ(options.certificate_file, "/etc/waystation/client.pem");
  EXPECT_EQ(options.key_file, "/home/li/waystation/keys/client.key");
}

TEST(Connection, RepeatsACallThatTheHubWasAwayFor) {
  FakeHub hub;
  std::atomic<int> calls = 0;
  hub.On("RegistryService/GetPerson", [&](FakeCall& call) {
    if (++calls < 3) return errors::Error("DRAINING");
    call.Write(v1::GetPersonResponse());
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connection::Open(OptionsFor(hub));
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE(Registry(**connection).GetPerson({}).ok());
  EXPECT_EQ(calls, 3);
}

TEST(Connection, WaitsAsLongAsTheHubSays) {
  FakeHub hub;
  std::atomic<int> calls = 0;
  hub.On("RegistryService/SubmitRecord", [&](FakeCall& call) {
    if (++calls == 1) {
      return errors::Error("QUEUE_FULL",
                           {.retry_after = absl::Milliseconds(300)});
    }
    call.Write(v1::SubmitRecordResponse());
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connection::Open(OptionsFor(hub));
  ASSERT_TRUE(connection.ok());
  const absl::Time began = absl::Now();
  EXPECT_TRUE(Registry(**connection).SubmitRecord({}).ok());
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(300));
  EXPECT_EQ(calls, 2);
}

TEST(Connection, DoesNotRepeatWhatWasRefused) {
  FakeHub hub;
  std::atomic<int> calls = 0;
  hub.On("RegistryService/GetPerson", [&](FakeCall&) {
    ++calls;
    return errors::Error("NOT_AVAILABLE");
  });
  hub.Start();
  const auto connection = Connection::Open(OptionsFor(hub));
  ASSERT_TRUE(connection.ok());
  const auto response = Registry(**connection).GetPerson({});
  EXPECT_EQ(errors::ReasonOf(response.status()), "NOT_AVAILABLE");
  EXPECT_EQ(calls, 1);
}

TEST(Connection, RepeatsADecisionUnderTheSameId) {
  FakeHub hub;
  std::vector<std::string> ids;
  hub.On("ReconciliationService/Decide", [&](FakeCall& call) {
    v1::DecideRequest request;
    call.Read(request);
    ids.push_back(request.request_id());
    if (ids.size() == 1) return errors::Error("DRAINING");
    call.Write(v1::DecideResponse());
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connection::Open(OptionsFor(hub));
  ASSERT_TRUE(connection.ok());
  EXPECT_TRUE(Reconciliation(**connection).Decide({}).ok());
  hub.Stop();
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(ids[0].size(), 32U);
}

TEST(Connection, TurnsToTheNextHub) {
  FakeHub hub;
  hub.Answer("RegistryService/GetPerson", v1::GetPersonResponse());
  hub.Start();
  ConnectionOptions options = OptionsFor(hub);
  // Nothing listens on the discard port of loopback.
  options.hubs = {"127.0.0.1:9", hub.address()};
  const auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok());
  EXPECT_TRUE(Registry(**connection).GetPerson({}).ok());
  EXPECT_EQ((*connection)->current(), 1U);
}

TEST(Connection, GivesUpOnAHubThatIsNotThere) {
  const FakeHub hub;
  ConnectionOptions options = OptionsFor(hub);
  options.hubs = {"127.0.0.1:9"};
  const auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok());
  const auto response = Registry(**connection).GetPerson({});
  EXPECT_TRUE(absl::IsUnavailable(response.status())) << response.status();
}

TEST(Connection, RefusesAHubOfAnotherAuthority) {
  FakeHub hub;
  hub.Answer("RegistryService/GetPerson", v1::GetPersonResponse());
  hub.Start();
  const testing::TestAuthority other;
  testing::WriteFile(hub.folder() / "other.pem", other.certificate_pem());
  ConnectionOptions options = OptionsFor(hub);
  options.ca_file = hub.folder() / "other.pem";
  const auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok());
  const auto response = Registry(**connection).GetPerson({});
  EXPECT_EQ(errors::ReasonOf(response.status()), "HUB_NOT_TRUSTED")
      << response.status();
  EXPECT_TRUE(hub.calls().empty());
}

TEST(Connection, RefusesAHubOfAnotherName) {
  FakeHub hub;
  hub.Answer("RegistryService/GetPerson", v1::GetPersonResponse());
  hub.Start();
  ConnectionOptions options = OptionsFor(hub);
  options.server_name = "another.example";
  const auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(errors::ReasonOf(Registry(**connection).GetPerson({}).status()),
            "HUB_NOT_TRUSTED");
  EXPECT_TRUE(hub.calls().empty());
}

TEST(Connection, EndsACallThatIsCancelled) {
  // Never answers before the caller has given up.
  std::promise<void> reached, given_up;
  FakeHub hub;
  hub.On("RegistryService/GetPerson", [&](FakeCall& call) {
    reached.set_value();
    v1::GetPersonRequest request;
    while (call.Read(request)) {
    }
    given_up.get_future().wait();
    return absl::OkStatus();
  });
  hub.Start();
  const auto connection = Connection::Open(OptionsFor(hub));
  ASSERT_TRUE(connection.ok());
  auto call = std::async(std::launch::async, [&] {
    return Registry(**connection).GetPerson({}).status();
  });
  reached.get_future().wait();
  (*connection)->Cancel();
  const absl::Status ended = call.get();
  given_up.set_value();
  EXPECT_EQ(errors::ReasonOf(ended), "CANCELLED");
  EXPECT_EQ(errors::ReasonOf(Registry(**connection).GetPerson({}).status()),
            "CANCELLED");
}

}  // namespace
}  // namespace waystation::client
