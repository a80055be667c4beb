// SPDX-License-Identifier: Apache-2.0
#include "server/service/connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "server/hub/caller.h"
#include "server/service/listener.h"

namespace waystation::service {
namespace {

using std::chrono::seconds;

// Both ends of a TCP connection on loopback.
class Pair {
 public:
  Pair() {
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    bind(listening, any, size);
    listen(listening, 1);
    getsockname(listening, any, &size);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(client_, any, size);
    server_ = accept(listening, nullptr, nullptr);
    close(listening);
  }
  ~Pair() {
    close(client_);
    close(server_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // A descriptor of the hub's end, for whoever takes it.
  int Second() const { return dup(server_); }
  bool IsHungUp() const {
    char byte = 0;
    return recv(client_, &byte, 1, MSG_DONTWAIT) == 0;
  }
  // Comes in at the hub's end, and is read there.
  void Send(std::size_t bytes) const {
    const std::string block(64 << 10, 'x');
    std::string read(64 << 10, 0);
    while (bytes > 0) {
      const std::size_t now = std::min(bytes, block.size());
      ASSERT_EQ(send(client_, block.data(), now, 0), static_cast<ssize_t>(now));
      ASSERT_EQ(recv(server_, read.data(), now, MSG_WAITALL),
                static_cast<ssize_t>(now));
      bytes -= now;
    }
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

hub::Caller Agency(const std::string& id, const std::string& serial = "") {
  hub::Caller caller;
  caller.agency = id;
  caller.path = "agency/" + id;
  caller.serial = serial.empty() ? "5e" + id : serial;
  return caller;
}

class ConnectionsTest : public testing::Test {
 protected:
  // One that comes in, if it may; nullptr if not.
  std::shared_ptr<Connection> Enter(const Pair& pair,
                                    const std::string& address = "192.0.2.1") {
    const std::string peer =
        "ipv4:" + address + ":" + std::to_string(++last_port_);
    if (!connections_.MakeRoom(peer, address, now_)) return nullptr;
    return connections_.Add(peer, address, pair.Second(), now_);
  }
  std::shared_ptr<Connection> EnterAndCall(const Pair& pair,
                                           const hub::Caller& caller) {
    auto connection = Enter(pair);
    EXPECT_TRUE(connections_.Introduce(connection, caller, now_).ok());
    return connection;
  }
  void Later(std::chrono::milliseconds passed) {
    now_ += passed;
    connections_.Look(now_);
  }
  void Call(const std::shared_ptr<Connection>& connection, bool cancelled) {
    connections_.CallEnds(connection, cancelled, now_);
  }

  Instant now_{std::chrono::hours(1)};
  int last_port_ = 1024;
  std::vector<std::tuple<std::string, Offence>> shown_out_;
  Connections connections_{
      {.most = 6, .most_new = 4, .most_of_one = 2},
      [this](std::string_view path, std::string_view, Offence offence) {
        shown_out_.emplace_back(path, offence);
      }};
};

TEST_F(ConnectionsTest, TheOldestNewOneOfTheBusiestAddressGivesWay) {
  const Pair quiet;
  const Pair busy[4];
  ASSERT_NE(Enter(quiet, "192.0.2.1"), nullptr);
  for (int i = 0; i < 3; ++i) ASSERT_NE(Enter(busy[i], "192.0.2.2"), nullptr);
  ASSERT_NE(Enter(busy[3], "192.0.2.2"), nullptr);
  EXPECT_TRUE(busy[0].IsHungUp());
  EXPECT_FALSE(busy[1].IsHungUp());
  EXPECT_FALSE(quiet.IsHungUp()) << "older, but alone at its address";
  EXPECT_EQ(connections_.counts().fresh, 4U);
  EXPECT_EQ(connections_.counts().gave_way, 1U);
}

TEST_F(ConnectionsTest, WhoIsKnownGivesWayToNobody) {
  const Pair known[6];
  for (int i = 0; i < 6; ++i) {
    EnterAndCall(known[i], Agency("labor.32050" + std::to_string(i)));
  }
  const Pair late;
  EXPECT_EQ(Enter(late), nullptr);
  EXPECT_EQ(connections_.counts().refused_too_many, 1U);
  for (const Pair& pair : known) EXPECT_FALSE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, OneCallerHasSoManyAndNoMore) {
  const Pair pairs[4];
  const auto first = EnterAndCall(pairs[0], Agency("labor.320500"));
  EnterAndCall(pairs[1], Agency("labor.320500"));
  const auto third = Enter(pairs[2]);
  const absl::Status refused =
      connections_.Introduce(third, Agency("labor.320500"), now_);
  EXPECT_EQ(errors::ReasonOf(refused), "TOO_MANY_CALLS");
  EnterAndCall(pairs[3], Agency("labor.341200"));
  connections_.Remove(first);
  EXPECT_TRUE(connections_.Introduce(third, Agency("labor.320500"), now_).ok());
}

TEST_F(ConnectionsTest, WhoIsSilentForTooLongIsHungUpOn) {
  const Pair silent;
  const Pair caller;
  Enter(silent);
  EnterAndCall(caller, Agency("labor.320500"));
  Later(Connections::kPatience - std::chrono::milliseconds(1));
  EXPECT_FALSE(silent.IsHungUp());
  Later(std::chrono::milliseconds(1));
  EXPECT_TRUE(silent.IsHungUp());
  EXPECT_FALSE(caller.IsHungUp());
  EXPECT_EQ(connections_.counts().silent, 1U);
}

TEST_F(ConnectionsTest, WhoCancelsMostOfManyCallsIsShownOut) {
  const Pair pairs[2];
  const auto one = EnterAndCall(pairs[0], Agency("labor.320500"));
  EnterAndCall(pairs[1], Agency("labor.320500"));
  for (unsigned i = 0; i < Connections::kMostCancelled; ++i) Call(one, true);
  EXPECT_FALSE(pairs[0].IsHungUp());
  Call(one, true);
  EXPECT_TRUE(pairs[0].IsHungUp());
  EXPECT_TRUE(pairs[1].IsHungUp()) << "all of the same certificate";
  EXPECT_EQ(shown_out_,
            (std::vector<std::tuple<std::string, Offence>>{
                {"agency/labor.320500", Offence::kCancelledCalls}}));
}

TEST_F(ConnectionsTest, WhoWaitsForMostCallsMayCancelMany) {
  const Pair pair;
  const auto one = EnterAndCall(pair, Agency("labor.320500"));
  for (unsigned i = 0; i < 3 * Connections::kMostCancelled; ++i) {
    Call(one, false);
    Call(one, true);
  }
  EXPECT_FALSE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, CancelledCallsOfLongAgoDoNotCount) {
  const Pair pair;
  const auto one = EnterAndCall(pair, Agency("labor.320500"));
  for (int window = 0; window < 3; ++window) {
    for (unsigned i = 0; i < Connections::kMostCancelled; ++i) Call(one, true);
    Later(Connections::kWindow);
  }
  EXPECT_FALSE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, WhoseCallsNeverArriveIsShownOut) {
  const Pair pairs[3];
  const auto honest = EnterAndCall(pairs[0], Agency("labor.320500"));
  const auto known = EnterAndCall(pairs[1], Agency("labor.341200"));
  const int tokens[3] = {};
  for (int i = 0; i < 3 * Connections::kMostUnarrived; ++i) {
    connections_.CallBegins(&tokens[0], now_);
    connections_.CallArrives(&tokens[0], honest);
  }
  connections_.CallArrives(&tokens[1], known);
  for (int i = 0; i < Connections::kMostUnarrived; ++i) {
    connections_.CallBegins(&tokens[1], now_);
  }
  EXPECT_FALSE(pairs[1].IsHungUp());
  connections_.CallBegins(&tokens[1], now_);
  EXPECT_TRUE(pairs[1].IsHungUp());
  // Of one that nobody knows yet, it is whoever has sent most.
  const Pair quiet;
  Enter(quiet);
  Enter(pairs[2]);
  pairs[2].Send(20'000);
  for (int i = 0; i <= Connections::kMostUnarrived; ++i) {
    connections_.CallBegins(&tokens[2], now_);
  }
  EXPECT_TRUE(pairs[2].IsHungUp());
  EXPECT_FALSE(quiet.IsHungUp());
  EXPECT_FALSE(pairs[0].IsHungUp());
}

TEST_F(ConnectionsTest, AFloodIsWhatNoCallAccountsFor) {
  const Pair honest;
  const Pair flooding;
  const auto one = EnterAndCall(honest, Agency("labor.320500"));
  EnterAndCall(flooding, Agency("labor.341200"));
  const std::size_t bytes = Connections::kMostUnexplained / 2 + (64 << 10);
  for (int i = 0; i < 3; ++i) {
    honest.Send(bytes);
    Connections::Explain(*one, bytes);
    Later(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(honest.IsHungUp());
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(flooding.IsHungUp());
    flooding.Send(bytes);
    Later(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(flooding.IsHungUp());
  EXPECT_FALSE(honest.IsHungUp());
  EXPECT_EQ(connections_.counts().floods, 1U);
}

TEST_F(ConnectionsTest, AFloodOverSeveralConnectionsIsOne) {
  const Pair pairs[2];
  for (const Pair& pair : pairs) EnterAndCall(pair, Agency("labor.320500"));
  const std::size_t bytes = Connections::kMostUnexplained / 2 + (64 << 10);
  for (const Pair& pair : pairs) pair.Send(bytes);
  Later(std::chrono::milliseconds(1));
  for (const Pair& pair : pairs) EXPECT_TRUE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, AFewPingsAreForgiven) {
  const Pair pair;
  EnterAndCall(pair, Agency("labor.320500"));
  for (int i = 0; i < 40; ++i) {
    pair.Send(Connections::kMostUnexplained / 10);
    Later(seconds(Connections::kMostUnexplained / 10 /
                      Connections::kForgivenPerSecond +
                  1));
  }
  EXPECT_FALSE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, AStreamMayHaveMoreOnItsWay) {
  const Pair pair;
  const auto one = EnterAndCall(pair, Agency("labor.320500"));
  Visit stream(connections_, one);
  stream.Streams();
  pair.Send(Connections::kMostUnexplained + (1 << 20));
  Later(std::chrono::milliseconds(1));
  EXPECT_FALSE(pair.IsHungUp());
  stream.End(false);
  Later(std::chrono::milliseconds(1));
  EXPECT_TRUE(pair.IsHungUp());
}

TEST_F(ConnectionsTest, WhoWasShownOutComesBackLater) {
  const hub::Caller agency = Agency("labor.320500");
  const Pair pairs[3];
  const auto first = EnterAndCall(pairs[0], agency);
  pairs[0].Send(Connections::kMostUnexplained + (1 << 20));
  Later(std::chrono::milliseconds(1));
  ASSERT_TRUE(pairs[0].IsHungUp());
  connections_.Remove(first);
  const auto again = Enter(pairs[1]);
  ASSERT_NE(again, nullptr) << "another may come from the same address";
  const absl::Status refused = connections_.Introduce(again, agency, now_);
  EXPECT_EQ(errors::ReasonOf(refused), "TOO_MANY_CALLS");
  EXPECT_EQ(errors::RetryAfter(refused),
            absl::FromChrono(Connections::kStaysOut));
  // With another certificate at once, with the same one later.
  EnterAndCall(pairs[2], Agency("labor.320500", "5e2"));
  now_ += Connections::kStaysOut;
  EXPECT_TRUE(connections_.Introduce(again, agency, now_).ok());
}

TEST_F(ConnectionsTest, AnAddressStaysOutWhereNobodyHasCalled) {
  const Pair pairs[3];
  Enter(pairs[0], "192.0.2.66");
  pairs[0].Send(Connections::kMostUnexplainedNew + (128 << 10));
  Later(std::chrono::milliseconds(1));
  ASSERT_TRUE(pairs[0].IsHungUp());
  EXPECT_EQ(Enter(pairs[1], "192.0.2.66"), nullptr);
  EXPECT_NE(Enter(pairs[1], "192.0.2.67"), nullptr);
  Later(Connections::kStaysOut);
  EXPECT_NE(Enter(pairs[2], "192.0.2.66"), nullptr);
}

TEST_F(ConnectionsTest, TheHubsOwnCallIsLetInAlways) {
  const Pair known[6];
  for (int i = 0; i < 6; ++i) {
    EnterAndCall(known[i], Agency("labor.32050" + std::to_string(i)));
  }
  connections_.Expect("ipv4:127.0.0.1:7");
  EXPECT_TRUE(connections_.MakeRoom("ipv4:127.0.0.1:7", "127.0.0.1", now_));
  EXPECT_FALSE(connections_.MakeRoom("ipv4:127.0.0.1:8", "127.0.0.1", now_));
}

TEST_F(ConnectionsTest, ANameThatComesAgainIsTheNewConnections) {
  const Pair pairs[2];
  const auto first = connections_.Add("ipv4:192.0.2.1:5", "192.0.2.1",
                                      pairs[0].Second(), now_);
  const auto second = connections_.Add("ipv4:192.0.2.1:5", "192.0.2.1",
                                       pairs[1].Second(), now_);
  EXPECT_TRUE(pairs[0].IsHungUp());
  EXPECT_EQ(connections_.Find("ipv4:192.0.2.1:5"), second);
  connections_.Remove(first);
  EXPECT_EQ(connections_.Find("ipv4:192.0.2.1:5"), second);
  connections_.Remove(second);
  EXPECT_EQ(connections_.Find("ipv4:192.0.2.1:5"), nullptr);
  EXPECT_EQ(connections_.counts().fresh, 0U);
}

TEST(PeerName, IsAsTheTransportSaysIt) {
  const struct {
    std::string address;
    std::uint32_t scope;
    std::string name;
    std::string host;
  } cases[] = {
      {"192.0.2.1", 0, "ipv4:192.0.2.1:7443", "192.0.2.1"},
      {"::ffff:192.0.2.1", 0, "ipv4:192.0.2.1:7443", "192.0.2.1"},
      {"2001:db8::1", 0, "ipv6:%5B2001:db8::1%5D:7443", "2001:db8::1"},
      {"fe80::1", 3, "ipv6:%5Bfe80::1%253%5D:7443", "fe80::1%3"},
  };
  for (const auto& [address, scope, name, host] : cases) {
    SCOPED_TRACE(address);
    sockaddr_storage storage{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(7443);
    } else {
      ASSERT_EQ(inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr), 1);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(7443);
      v6.sin6_scope_id = scope;
    }
    EXPECT_EQ(PeerName(storage), name);
    EXPECT_EQ(PeerAddress(storage), host);
  }
}

}  // namespace
}  // namespace waystation::service
