// SPDX-License-Identifier: Apache-2.0
// A server on loopback in front of a FakeHub, and channels of callers with real
// certificates.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_SERVICE_SERVED_HUB_H_
#define WAYSTATION_TESTS_UNIT_SERVER_SERVICE_SERVED_HUB_H_

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/errors/grpc.h"
#include "proto/runtime/file.h"
#include "proto/runtime/log.h"
#include "server/service/server.h"
#include "tests/unit/server/service/certificates.h"
#include "tests/unit/server/service/fake_hub.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"

namespace waystation::service {

class ServedHub : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "waystation-service-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    PutHubCertificate(HubLeaf());
    Put("clients.crt", clients_.pem());
    Put("auditors.crt", auditors_.pem());
    StartServer();
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  static void SetUpTestSuite() {
    static const runtime::Log quiet({.sink = [](std::string_view) {}});
    RouteTransportLog(quiet);
  }

  void StartServer() {
    auto server = Server::Start(Options(), hub_, log_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  ServerOptions Options() const {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.tls = {.certificate = Path("hub.crt"),
                   .key = Path("hub.key"),
                   .clients = Path("clients.crt"),
                   .auditors = Path("auditors.crt")};
    options.trust_domain = "test.example";
    auto authority = Authority::FromPem(clients_.pair().certificate_pem,
                                        clients_.pair().key_pem);
    if (authority.ok()) options.authority = *std::move(authority);
    options.frames_in_flight = 4;
    options.frame_bytes = frame_bytes_;
    options.clock = [this] {
      return absl::Now() + absl::Seconds(clock_ahead_.load());
    };
    options.probe_every = probe_every_;
    options.on_deaf = on_deaf_;
    return options;
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Put(const std::string& name, const std::string& contents) const {
    ASSERT_TRUE(runtime::ReplaceFile(Path(name), contents, 0600).ok());
  }
  KeyPair HubLeaf() const {
    return clients_.Issue(
        {.names = "DNS:localhost,IP:127.0.0.1", .usage = "serverAuth"});
  }
  void PutHubCertificate(const KeyPair& pair) const {
    Put("hub.key", pair.key_pem);
    Put("hub.crt", pair.certificate_pem);
  }

  // A connection of its own, as a caller with that certificate.
  std::shared_ptr<grpc::Channel> Connect(
      const KeyPair& pair, grpc::ChannelArguments arguments = {}) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = clients_.pem();
    options.pem_cert_chain = pair.certificate_pem;
    options.pem_private_key = pair.key_pem;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(),
                                     grpc::SslCredentials(options), arguments);
  }
  std::shared_ptr<grpc::Channel> Connect(const std::string& path) const {
    return Connect(
        (path.starts_with("auditor/") ? auditors_ : clients_).Client(path));
  }

  // One plain call; OK or the error with its reason.
  static absl::Status Call(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = v1::MailboxService::NewStub(channel);
    grpc::ClientContext context;
    v1::GetMailboxResponse response;
    return errors::FromGrpc(stub->GetMailbox(&context, {}, &response));
  }

  std::filesystem::path folder_;
  const TestAuthority clients_{"clients"};
  const TestAuthority auditors_{"auditors"};
  std::atomic<int> clock_ahead_ = 0;
  std::size_t frame_bytes_ = std::size_t{64} << 20;
  std::chrono::milliseconds probe_every_{15'000};
  std::function<void(const absl::Status&)> on_deaf_;
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
  const runtime::Log log_{{.sink = [this](std::string_view line) {
    const std::lock_guard lock(lines_mutex_);
    lines_.emplace_back(line);
  }}};
  FakeHub hub_;
  std::unique_ptr<Server> server_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_TESTS_UNIT_SERVER_SERVICE_SERVED_HUB_H_
