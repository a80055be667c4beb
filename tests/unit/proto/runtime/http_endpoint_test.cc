// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/http_endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "proto/errors/error.h"

namespace waystation::runtime {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

int Connect(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(
      std::atoi(address.substr(address.rfind(':') + 1).c_str())));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

// Sends bytes as they are and reads until the other side closes.
std::string Ask(const std::string& address, const std::string& request) {
  const int fd = Connect(address);
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char part[4096];
  for (ssize_t n = 0; (n = recv(fd, part, sizeof part, 0)) > 0;) {
    answer.append(part, static_cast<std::size_t>(n));
  }
  close(fd);
  return answer;
}

HttpAnswer Pages(std::string_view path) {
  if (path == "/healthz") return {200, "ok\n"};
  return {404, "There is no such page.\n"};
}

TEST(HttpEndpoint, AnswersPages) {
  const auto endpoint = HttpEndpoint::Start("127.0.0.1:0", Pages);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const std::string at = (*endpoint)->address();
  const std::string found = Ask(at, "GET /healthz?x=1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(found, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(found, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(found, testing::EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(Ask(at, "GET / HTTP/1.0\r\n\r\n"), HasSubstr("404"));
  EXPECT_THAT(Ask(at, "POST /healthz HTTP/1.1\r\n\r\n"), HasSubstr("405"));
  const std::string head = Ask(at, "HEAD /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
}

TEST(HttpEndpoint, EndsWhoeverIsNotSpeakingHttp) {
  const auto endpoint = HttpEndpoint::Start("localhost:0", Pages);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const std::string at = (*endpoint)->address();
  EXPECT_EQ(Ask(at, "\x16\x03\x01 tls\r\n\r\n"), "");
  EXPECT_EQ(Ask(at, "GET /" + std::string(20000, 'a')), "");
  EXPECT_THAT(Ask(at, "GET /healthz HTTP/1.1\r\n\r\n"), HasSubstr("200"));
}

TEST(HttpEndpoint, ManySilentConnectionsDoNotStopIt) {
  const auto endpoint = HttpEndpoint::Start("127.0.0.1:0", Pages);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  std::vector<int> silent;
  for (int i = 0; i < 31; ++i)
    silent.push_back(Connect((*endpoint)->address()));
  EXPECT_THAT(Ask((*endpoint)->address(), "GET /healthz HTTP/1.1\r\n\r\n"),
              HasSubstr("200"));
  for (const int fd : silent) close(fd);
}

TEST(HttpEndpoint, ListensOnLoopbackOnly) {
  for (const std::string address :
       {"0.0.0.0:0", "[::]:0", "10.0.0.1:9090", "example.com:9090", "9090",
        "127.0.0.1:", "127.0.0.1:99999", ":9090"}) {
    SCOPED_TRACE(address);
    EXPECT_EQ(errors::ReasonOf(HttpEndpoint::Start(address, Pages).status()),
              "NOT_LOOPBACK");
  }
}

TEST(HttpEndpoint, NamesAPortThatIsTaken) {
  const auto first = HttpEndpoint::Start("127.0.0.1:0", Pages);
  ASSERT_TRUE(first.ok());
  const absl::Status status =
      HttpEndpoint::Start((*first)->address(), Pages).status();
  EXPECT_EQ(errors::ReasonOf(status), "PORT_TAKEN");
  EXPECT_THAT(status.message(), HasSubstr((*first)->address()));
}

}  // namespace
}  // namespace waystation::runtime
