// SPDX-License-Identifier: Apache-2.0
#include "server/service/self_probe.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "server/service/listener.h"
#include "server/service/openssl.h"

namespace waystation::service {
namespace {

using Clock = std::chrono::steady_clock;

std::string ClientHello() {
  const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(
      SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, Freed<SSL_free>> ssl(SSL_new(context.get()));
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);  // Owns both.
  SSL_connect(ssl.get());
  return ContentsOf(*out);
}

// Waits for the socket; false when there is no time left.
bool Await(int fd, short events, Clock::time_point end) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  pollfd what{.fd = fd, .events = events, .revents = 0};
  return left.count() > 0 &&
         poll(&what, 1, static_cast<int>(left.count())) == 1;
}

// Closed when it goes.
struct Socket {
  const int fd;
  ~Socket() {
    if (fd >= 0) close(fd);
  }
};

std::string Failed(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

}  // namespace

std::optional<std::string> KnockAt(
    const sockaddr_storage& address, std::chrono::milliseconds patience,
    const std::function<void(const std::string& peer)>& bound) {
  const Clock::time_point end = Clock::now() + patience;
  const Socket socket{::socket(address.ss_family,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.fd < 0) return Failed("no socket");
  // From the very address, at a port that is known before.
  sockaddr_storage from = address;
  reinterpret_cast<sockaddr_in&>(from).sin_port = 0;
  socklen_t size =
      address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (bind(socket.fd, reinterpret_cast<sockaddr*>(&from), size) != 0 ||
      getsockname(socket.fd, reinterpret_cast<sockaddr*>(&from), &size) != 0) {
    return Failed("no address");
  }
  bound(PeerName(from));
  if (connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), size) !=
          0 &&
      errno != EINPROGRESS) {
    return Failed("connect");
  }
  if (!Await(socket.fd, POLLOUT, end)) return "nobody accepts";
  const std::string hello = ClientHello();
  if (send(socket.fd, hello.data(), hello.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(hello.size())) {
    return Failed("send");
  }
  if (!Await(socket.fd, POLLIN, end)) return "no answer to a handshake";
  char first = 0;
  if (recv(socket.fd, &first, 1, 0) != 1) return "hung up on a handshake";
  return std::nullopt;
}

SelfProbe::SelfProbe(Options options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

SelfProbe::~SelfProbe() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void SelfProbe::Run() {
  int failures = 0;
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, options_.every, [this] { return ended_; })) {
    lock.unlock();
    const std::optional<std::string> wrong = options_.probe();
    lock.lock();
    failures = wrong ? failures + 1 : 0;
    if (failures < options_.failures) continue;
    lock.unlock();
    options_.deaf(*wrong);
    return;
  }
}

}  // namespace waystation::service
