// SPDX-License-Identifier: Apache-2.0
// The way in: addresses, bounds, health, and whether anybody answers.
#include "server/service/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "proto/runtime/metrics.h"
#include "server/service/self_probe.h"
#include "tests/unit/server/service/served_hub.h"

namespace waystation::service {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;
using testing::StartsWith;

class ListenerTest : public ServedHub {
 protected:
  void Listen(const std::string& address) {
    server_.reset();
    ServerOptions options = Options();
    options.listen = address;
    auto server = Server::Start(options, hub_, log_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::string Metrics() const {
    return runtime::MetricsText(server_->metrics());
  }
};

// A peer is found by the name that the transport gives it, or it would never
// be known.
TEST_F(ListenerTest, KnowsWhoCallsAtEveryKindOfAddress) {
  const int v6 = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool speaks_v6 =
      bind(v6, reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
  close(v6);
  std::vector<std::string> addresses = {"127.0.0.1:0", "0.0.0.0:0",
                                        "localhost:0"};
  if (speaks_v6) {
    addresses.insert(addresses.end(), {"[::1]:0", "[::]:0"});
  }
  for (const std::string& address : addresses) {
    SCOPED_TRACE(address);
    Listen(address);
    const std::string host = address.substr(0, address.rfind(':') + 1);
    EXPECT_THAT(server_->address(), StartsWith(host));
    EXPECT_NE(server_->address(), address);
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    const auto channel =
        Connect(clients_.Client("agency/labor.320500"), arguments);
    EXPECT_TRUE(Call(channel).ok());
    EXPECT_THAT(Metrics(),
                HasSubstr("waystation_connections{state=\"known\"} 1\n"));
  }
}

TEST_F(ListenerTest, NamesAnAddressThatIsNone) {
  for (const std::string address : {"127.0.0.1", "192.0.2.1:0", "no such:0"}) {
    ServerOptions options = Options();
    options.listen = address;
    FakeHub other;
    const absl::Status status = Server::Start(options, other, log_).status();
    EXPECT_EQ(errors::ReasonOf(status), "PORT_TAKEN") << address;
    EXPECT_THAT(status.message(), HasSubstr(address));
  }
}

TEST_F(ListenerTest, ForgetsWhoHasGone) {
  auto channel = Connect("agency/labor.320500");
  ASSERT_TRUE(Call(channel).ok());
  channel.reset();
  while (Metrics().find("waystation_connections{state=\"known\"} 0\n") ==
         std::string::npos) {
    std::this_thread::yield();
  }
}

TEST_F(ListenerTest, AnswersForItsHealth) {
  // Whoever has passed the handshake may ask.
  const auto health = Health::NewStub(Connect("landlord/zhao"));
  const auto check = [&](const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    const grpc::Status status = health->Check(&context, request, &response);
    return status.ok() ? static_cast<int>(response.status())
                       : -static_cast<int>(status.error_code());
  };
  EXPECT_EQ(check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(check("waystation.v1.MailboxService"),
            HealthCheckResponse::SERVING);
  EXPECT_EQ(check("no.such.Service"), -grpc::NOT_FOUND);
}

TEST_F(ListenerTest, WatchersOfItsHealthLearnThatItDrains) {
  const auto health = Health::NewStub(Connect("operator/wang"));
  grpc::ClientContext context;
  const auto watch = health->Watch(&context, {});
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  std::thread drain([this] { server_->Drain(); });
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_TRUE(watch->Finish().ok());
  drain.join();
}

TEST_F(ListenerTest, StrangersMayNotWatchItsHealth) {
  const auto health = Health::NewStub(Connect("landlord/zhao"));
  grpc::ClientContext context;
  const auto watch = health->Watch(&context, {});
  HealthCheckResponse response;
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(watch->Finish())), "NO_IDENTITY");
}

TEST_F(ListenerTest, ItsOwnCallsAreAnswered) {
  server_.reset();
  probe_every_ = std::chrono::milliseconds(1);
  std::atomic<bool> deaf = false;
  on_deaf_ = [&](const absl::Status&) { deaf = true; };
  StartServer();
  // Each asks for the health of the hub, within; that is not in the metrics,
  // but its knocks at the door are: connections on which nobody called.
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Call(Connect("agency/labor.320500")).ok());
  }
  EXPECT_FALSE(deaf);
}

TEST_F(ListenerTest, SaysOnceThatNobodyReachesIt) {
  server_.reset();
  probe_every_ = std::chrono::milliseconds(1);
  std::promise<absl::Status> told;
  on_deaf_ = [&](const absl::Status& status) { told.set_value(status); };
  StartServer();
  const auto channel = Connect("agency/labor.320500");
  ASSERT_TRUE(Call(channel).ok());
  // Not one more descriptor for the whole process.
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  const absl::Status status = told.get_future().get();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(errors::ReasonOf(status), "LISTENER_DEAF");
  EXPECT_TRUE(Call(channel).ok()) << "what is to be done is others' decision";
}

// A socket that listens, where nobody answers.
class Silence {
 public:
  Silence() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address_);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof v4;
    auto* const any = reinterpret_cast<sockaddr*>(&address_);
    bind(fd_, any, size);
    listen(fd_, 1);
    getsockname(fd_, any, &size);
  }
  ~Silence() { Close(); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  const sockaddr_storage& address() const { return address_; }

 private:
  int fd_;
  sockaddr_storage address_{};
};

TEST(KnockAt, TellsSilenceFromAnAnswer) {
  Silence silence;
  std::string me;
  const auto knock = [&] {
    return KnockAt(silence.address(), std::chrono::milliseconds(50),
                   [&](const std::string& peer) { me = peer; });
  };
  EXPECT_EQ(knock(), "no answer to a handshake");
  EXPECT_THAT(me, StartsWith("ipv4:127.0.0.1:"));
  silence.Close();
  EXPECT_NE(knock(), std::nullopt);
}

TEST(Descriptors, AreAskedForAsFarAsTheyGo) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 64;
  setrlimit(RLIMIT_NOFILE, &few);
  EXPECT_EQ(MakeRoomForDescriptors(100), 100U);
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  EXPECT_EQ(now.rlim_cur, 100 * 2 + 128U);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_LT(MakeRoomForDescriptors(std::size_t{1} << 40), before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace waystation::service
