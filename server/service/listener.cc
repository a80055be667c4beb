// SPDX-License-Identifier: Apache-2.0
#include "server/service/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::service {
namespace {

using runtime::Descriptor;

constexpr std::chrono::milliseconds kLookEvery{200};
// Accepted at a time, before those that are gone are looked after.
constexpr int kAcceptAtOnce = 16;
// What is sent and not taken for so long ends the connection, as gRPC's own
// listener has it with our keepalive.
constexpr unsigned kUserTimeoutMs = 20'000;
// Descriptors of one connection: the transport's and ours.
constexpr std::size_t kDescriptorsEach = 2;
// For the store, the log, the other listener, and connections that are on
// their way out; the last ones of them no connection may have.
constexpr std::size_t kOwnDescriptors = 128;
constexpr rlim_t kSpareDescriptors = 32;

bool IsMapped(const in6_addr& address) {
  return IN6_IS_ADDR_V4MAPPED(&address);
}

const sockaddr_in6& AsV6(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr_in6&>(address);
}

// An IPv4 address that came in by an IPv6 socket is an IPv4 address.
bool IsV4(const sockaddr_storage& address) {
  return address.ss_family == AF_INET || IsMapped(AsV6(address).sin6_addr);
}

unsigned PortOf(const sockaddr_storage& address) {
  // At the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void SetPort(sockaddr_storage& address, unsigned port) {
  reinterpret_cast<sockaddr_in&>(address).sin_port =
      htons(static_cast<std::uint16_t>(port));
}

absl::Status Taken(const std::string& address, const std::string& why) {
  return errors::Error("PORT_TAKEN", {.rule = address + ": " + why});
}

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

std::vector<Endpoint> Resolve(const std::string& host, const std::string& port,
                              std::string& why) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          getaddrinfo(host.c_str(), port.c_str(), &hints, &found)) {
    why = gai_strerror(error);
    return {};
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Endpoint& endpoint = endpoints.emplace_back();
    std::memcpy(&endpoint.address, one->ai_addr, one->ai_addrlen);
    endpoint.size = one->ai_addrlen;
  }
  freeaddrinfo(found);
  return endpoints;
}

template <typename T>
void Set(const Descriptor& socket, int level, int option, T value) {
  setsockopt(socket.get(), level, option, &value, sizeof value);
}

// A listening socket; its address gets the port that was taken. Negative with
// errno set where that cannot be.
Descriptor ListenOn(Endpoint& endpoint) {
  Descriptor socket(::socket(endpoint.address.ss_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return socket;
  Set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (endpoint.address.ss_family == AF_INET6) {
    const bool any = IN6_IS_ADDR_UNSPECIFIED(&AsV6(endpoint.address).sin6_addr);
    Set(socket, IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1);
  }
  // Whoever is accepted inherits these.
  Set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  auto* const address = reinterpret_cast<sockaddr*>(&endpoint.address);
  if (bind(socket.get(), address, endpoint.size) != 0 ||
      listen(socket.get(), SOMAXCONN) != 0 ||
      getsockname(socket.get(), address, &endpoint.size) != 0) {
    return Descriptor();
  }
  return socket;
}

class EpollListener final : public Listener {
 public:
  EpollListener(std::string host, Connections& connections)
      : host_(std::move(host)),
        connections_(connections),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  ~EpollListener() override {
    ending_ = true;
    Ring();
    if (thread_.joinable()) thread_.join();
    for (const auto& [key, connection] : open_) {
      connection->HangUp();
      connections_.Remove(connection);
    }
  }
  EpollListener(const EpollListener&) = delete;
  EpollListener& operator=(const EpollListener&) = delete;

  absl::Status Bind(const std::string& address, const std::string& port) {
    if (epoll_.get() < 0 || bell_.get() < 0) {
      return Taken(address, std::strerror(errno));
    }
    std::string why;
    for (Endpoint endpoint : Resolve(host_, port, why)) {
      // The first one takes a free port, and the others the same.
      if (!sockets_.empty()) SetPort(endpoint.address, PortOf(reached_at_));
      Descriptor socket = ListenOn(endpoint);
      if (socket.get() < 0) {
        why = std::strerror(errno);
        if (errno == EADDRINUSE) return Taken(address, why);
        continue;  // A family that this machine does not speak.
      }
      if (sockets_.empty()) reached_at_ = endpoint.address;
      sockets_.push_back(std::move(socket));
    }
    if (sockets_.empty()) return Taken(address, why);
    ReachAnyAtLoopback();
    return absl::OkStatus();
  }

  void Start(Hand hand) override {
    hand_ = std::move(hand);
    Watch(bell_.get(), EPOLLIN, nullptr);
    for (const Descriptor& socket : sockets_) {
      Watch(socket.get(), EPOLLIN, const_cast<Descriptor*>(&socket));
    }
    thread_ = std::thread([this] { Run(); });
  }

  void StopAccepting() override {
    if (stopping_.exchange(true)) return;
    if (!thread_.joinable()) return sockets_.clear();
    Ring();
    stopped_.get_future().wait();
  }

  std::string address() const override {
    const bool bare_v6 = host_.find(':') != std::string::npos;
    return (bare_v6 ? "[" + host_ + "]" : host_) + ":" +
           std::to_string(PortOf(reached_at_));
  }
  const sockaddr_storage& reached_at() const override { return reached_at_; }

 private:
  void ReachAnyAtLoopback() {
    if (reached_at_.ss_family == AF_INET) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(reached_at_);
      if (v4.sin_addr.s_addr == INADDR_ANY) {
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      }
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(reached_at_);
      if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) {
        v6.sin6_addr = in6addr_loopback;
      }
    }
  }

  void Ring() const { eventfd_write(bell_.get(), 1); }

  void Watch(int fd, std::uint32_t events, void* what) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  bool IsListening(const void* what) const {
    return std::ranges::any_of(
        sockets_, [&](const Descriptor& socket) { return &socket == what; });
  }

  void Run() {
    Instant looked = std::chrono::steady_clock::now();
    std::array<epoll_event, 64> events;
    while (!ending_) {
      const int count = epoll_wait(epoll_.get(), events.data(), events.size(),
                                   static_cast<int>(kLookEvery.count()));
      for (int i = 0; i < count; ++i) Handle(events[static_cast<size_t>(i)]);
      const Instant now = std::chrono::steady_clock::now();
      if (now - looked < kLookEvery) continue;
      looked = now;
      connections_.Look(now);
      Listen(true);
    }
  }

  void Handle(const epoll_event& event) {
    if (event.data.ptr == nullptr) {
      eventfd_t ignored = 0;
      eventfd_read(bell_.get(), &ignored);
      if (!stopping_ || sockets_.empty()) return;
      sockets_.clear();
      stopped_.set_value();
      return;
    }
    if (IsListening(event.data.ptr)) {
      AcceptSome(*static_cast<const Descriptor*>(event.data.ptr));
      return;
    }
    // Gone, or half gone: the transport has no use for the other half.
    const auto found = open_.find(event.data.ptr);
    if (found == open_.end()) return;
    found->second->HangUp();
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->fd(), nullptr);
    connections_.Remove(found->second);
    open_.erase(found);
  }

  void AcceptSome(const Descriptor& listening) {
    // Asked again and again, since it can be changed from outside.
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < kAcceptAtOnce; ++i) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      Descriptor socket(accept4(listening.get(),
                                reinterpret_cast<sockaddr*>(&from), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.get() < 0) {
        const bool scarce = errno == EMFILE || errno == ENFILE ||
                            errno == ENOBUFS || errno == ENOMEM;
        if (scarce) ComeBackLater();
        if (scarce || errno == EAGAIN) return;
        continue;  // That one has gone again.
      }
      // Descriptors are given out from the lowest.
      if (static_cast<rlim_t>(socket.get()) + kSpareDescriptors >=
          files.rlim_cur) {
        ComeBackLater();
        return;
      }
      const Instant now = std::chrono::steady_clock::now();
      const std::string peer = PeerName(from);
      const std::string address = PeerAddress(from);
      if (!connections_.MakeRoom(peer, address, now)) continue;
      const int second = fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
      if (second < 0) {
        ComeBackLater();
        return;
      }
      const std::shared_ptr<Connection> connection =
          connections_.Add(peer, address, second, now);
      open_.emplace(connection.get(), connection);
      Watch(second, EPOLLRDHUP, connection.get());
      hand_(listening.get(), socket.Release());
    }
  }

  // The next look at the connections listens again.
  void ComeBackLater() {
    connections_.CountNoDescriptors();
    Listen(false);
  }

  void Listen(bool listen) {
    if (std::exchange(listening_, listen) == listen) return;
    for (const Descriptor& socket : sockets_) {
      epoll_event event{};
      event.events = listen ? EPOLLIN : 0U;
      event.data.ptr = const_cast<Descriptor*>(&socket);
      epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket.get(), &event);
    }
  }

  const std::string host_;
  Connections& connections_;
  const Descriptor epoll_;
  const Descriptor bell_;
  std::vector<Descriptor> sockets_;
  sockaddr_storage reached_at_{};
  Hand hand_;

  // The thread's own.
  std::unordered_map<const void*, std::shared_ptr<Connection>> open_;
  bool listening_ = true;

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> ending_ = false;
  std::promise<void> stopped_;
  std::thread thread_;
};

}  // namespace

std::string PeerAddress(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr,
              text.data(), text.size());
    return text.data();
  }
  const sockaddr_in6& v6 = AsV6(address);
  if (IsMapped(v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  std::string result = text.data();
  // Of a link: which one.
  if (v6.sin6_scope_id != 0) result += "%" + std::to_string(v6.sin6_scope_id);
  return result;
}

std::string PeerName(const sockaddr_storage& address) {
  std::string host = PeerAddress(address);
  const std::string port = ":" + std::to_string(PortOf(address));
  if (IsV4(address)) return "ipv4:" + host + port;
  // Percent-encoded as in a URI.
  if (const std::size_t scope = host.find('%'); scope != std::string::npos) {
    host.insert(scope + 1, "25");
  }
  return "ipv6:%5B" + host + "%5D" + port;
}

std::size_t MakeRoomForDescriptors(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = connections * kDescriptorsEach + kOwnDescriptors;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return connections;
  // Few as they may be, somebody must get in to say so.
  const rlim_t left =
      limit.rlim_cur > kOwnDescriptors ? limit.rlim_cur - kOwnDescriptors : 0;
  return std::max<std::size_t>(left / kDescriptorsEach, 8);
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    const std::string& address, Connections& connections) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Taken(address, "host:port is wanted");
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  auto listener = std::make_unique<EpollListener>(host, connections);
  if (absl::Status bound = listener->Bind(address, address.substr(colon + 1));
      !bound.ok()) {
    return bound;
  }
  return listener;
}

}  // namespace waystation::service
