// SPDX-License-Identifier: Apache-2.0
#include "server/service/connections.h"

// The kernel's own header: glibc's lacks the counters.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "server/hub/caller.h"

namespace waystation::service {
namespace {

// Past so many outcasts the one whose time ends first is forgotten.
constexpr std::size_t kMostOutcasts = 4096;
// Of a call that is opened and cancelled, all that can be left out left out.
constexpr std::uint64_t kLeastCallBytes = 24;

Instant Now() { return std::chrono::steady_clock::now(); }

void Insert(std::map<std::string, Instant, std::less<>>& outcasts,
            const std::string& who, Instant until) {
  if (outcasts.size() >= kMostOutcasts) {
    outcasts.erase(std::ranges::min_element(
        outcasts, {}, [](const auto& outcast) { return outcast.second; }));
  }
  outcasts[who] = until;
}

const std::string& OwnerOf(const std::string& agency, const std::string& path) {
  return agency.empty() ? path : agency;
}

void CountDown(std::unordered_map<std::string, std::size_t>& counts,
               const std::string& key) {
  const auto found = counts.find(key);
  if (--found->second == 0) counts.erase(found);
}

// Hangs up at once: what has come and was not read yet, up to some megabytes,
// the transport would read and act on, and who sends without end would wait for
// room that never comes if it were not told by a reset.
void Throw(const Connection& connection) {
  const linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(connection.fd(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  connection.HangUp();
  recv(connection.fd(), nullptr, std::size_t{1} << 30,
       MSG_TRUNC | MSG_DONTWAIT);
}

absl::Status TooMany(std::chrono::steady_clock::duration wait) {
  return errors::Error("TOO_MANY_CALLS",
                       {.retry_after = absl::FromChrono(wait)});
}

}  // namespace

Connection::Connection(std::string peer, std::string address, int fd,
                       Instant now)
    : peer_(std::move(peer)),
      address_(std::move(address)),
      fd_(fd),
      since_(now),
      looked_(now) {}

Connection::~Connection() { close(fd_); }

void Connection::HangUp() const { shutdown(fd_, SHUT_RDWR); }

std::optional<std::uint64_t> Connection::Received() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_bytes_received) +
                 sizeof info.tcpi_bytes_received) {
    return std::nullopt;
  }
  return info.tcpi_bytes_received;
}

bool Connection::Account(Instant now) {
  const std::optional<std::uint64_t> received = Received();
  if (!received) return false;
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
      now - std::exchange(looked_, now));
  const auto came = static_cast<std::int64_t>(
      *received - std::exchange(received_, *received));
  const std::int64_t accounted =
      explained_.exchange(0) +
      Connections::kForgivenPerSecond * passed.count() / 1000;
  // Nothing is saved up for later.
  unexplained_ = std::max<std::int64_t>(0, unexplained_ + came - accounted);
  return true;
}

Connections::Connections(ConnectionBounds bounds, ShownOut shown_out)
    : shown_out_(std::move(shown_out)), bounds_(bounds) {}

Connections::Shard& Connections::ShardOf(std::string_view peer) const {
  return shards_[std::hash<std::string_view>()(peer) % kShards];
}

Connections::TokenShard& Connections::ShardOf(const void* token) {
  return tokens_[std::hash<std::uintptr_t>()(
                     reinterpret_cast<std::uintptr_t>(token) >> 6) %
                 kShards];
}

void Connections::Bound(std::size_t most) {
  const std::lock_guard lock(mutex_);
  bounds_.most = std::min(bounds_.most, most);
  bounds_.most_new =
      std::min(bounds_.most_new, std::max<std::size_t>(bounds_.most / 2, 1));
}

void Connections::CountNoDescriptors() {
  const std::lock_guard lock(mutex_);
  ++counts_.refused_no_descriptors;
}

void Connections::Expect(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  expected_ = peer;
}

bool Connections::MakeRoom(const std::string& peer, const std::string& address,
                           Instant now) {
  const std::lock_guard lock(mutex_);
  if (peer == expected_) return true;
  if (StaysOut(addresses_, address, now)) {
    ++counts_.refused_stays_out;
    return false;
  }
  const bool full = fresh_.size() >= bounds_.most_new ||
                    fresh_.size() + known_ >= bounds_.most;
  if (full && !GiveWay()) {
    ++counts_.refused_too_many;
    return false;
  }
  return true;
}

// An attacker with one address takes its own places from itself.
bool Connections::GiveWay() {
  if (fresh_.empty()) return false;
  const std::string busiest =
      std::ranges::max_element(fresh_of_, {}, [](const auto& address) {
        return address.second;
      })->first;
  const auto oldest = std::ranges::find_if(
      fresh_, [&](const auto& one) { return one->address_ == busiest; });
  const std::shared_ptr<Connection> goes = *oldest;
  Leave(*goes);
  if (!goes->shown_out_.exchange(true)) ++counts_.gave_way;
  Throw(*goes);
  return true;
}

// Takes it off the lists; it is forgotten once the socket is gone.
void Connections::Leave(const Connection& connection) {
  if (connection.known_) {
    CountDown(known_of_, OwnerOf(connection.agency_, connection.path_));
    --known_;
    return;
  }
  const auto found = std::ranges::find_if(
      fresh_, [&](const auto& one) { return one.get() == &connection; });
  if (found == fresh_.end()) return;  // It has given way.
  CountDown(fresh_of_, connection.address_);
  fresh_.erase(found);
}

std::shared_ptr<Connection> Connections::Add(std::string peer,
                                             std::string address, int fd,
                                             Instant now) {
  auto connection = std::make_shared<Connection>(std::move(peer),
                                                 std::move(address), fd, now);
  {
    const std::lock_guard lock(mutex_);
    fresh_.push_back(connection);
    ++fresh_of_[connection->address_];
  }
  Shard& shard = ShardOf(connection->peer_);
  const std::lock_guard lock(shard.mutex);
  std::shared_ptr<Connection>& held = shard.by_peer[connection->peer_];
  if (held != nullptr) held->HangUp();
  held = connection;
  return connection;
}

void Connections::Remove(const std::shared_ptr<Connection>& connection) {
  connection->gone_ = true;
  {
    const std::lock_guard lock(mutex_);
    Leave(*connection);
  }
  if (const void* const token = connection->token_) {
    TokenShard& tokens = ShardOf(token);
    const std::lock_guard lock(tokens.mutex);
    const auto found = tokens.by_token.find(token);
    if (found != tokens.by_token.end() &&
        found->second.connection == connection) {
      tokens.by_token.erase(found);
    }
  }
  Shard& shard = ShardOf(connection->peer_);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_peer.find(connection->peer_);
  // The name may be another's by now.
  if (found != shard.by_peer.end() && found->second == connection) {
    shard.by_peer.erase(found);
  }
}

Connections::All Connections::Everybody() const {
  All all;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [peer, connection] : shard.by_peer) {
      all.push_back(connection);
    }
  }
  return all;
}

void Connections::Look(Instant now) {
  bool new_window = false;
  {
    const std::lock_guard lock(mutex_);
    if (now - window_began_ >= kWindow) {
      new_window = true;
      window_began_ = now;
    }
    for (Outcasts* const outcasts : {&certificates_, &addresses_}) {
      std::erase_if(*outcasts,
                    [&](const auto& outcast) { return now >= outcast.second; });
    }
    for (const auto& one : fresh_) {
      if (now - one->since_ < kPatience) break;  // They stand by age.
      if (one->shown_out_.exchange(true)) continue;
      ++counts_.silent;
      Throw(*one);
    }
  }
  const All all = Everybody();
  if (new_window) {
    for (const std::shared_ptr<Connection>& connection : all) {
      connection->finished_ = 0;
      connection->cancelled_ = 0;
    }
    for (TokenShard& tokens : tokens_) {
      const std::lock_guard lock(tokens.mutex);
      std::erase_if(tokens.by_token, [](const auto& one) {
        return one.second.connection == nullptr || one.second.connection->gone_;
      });
      for (auto& [token, beginnings] : tokens.by_token) {
        beginnings.unarrived = 0;
      }
    }
  }
  LookForFloods(all, now);
}

void Connections::LookForFloods(const All& all, Instant now) {
  struct Source {
    std::int64_t unexplained = 0;
    std::int64_t streams = 0;
    All connections;
  };
  // By certificate, or by address where nobody has called yet.
  std::unordered_map<std::string, Source> sources;
  for (const std::shared_ptr<Connection>& connection : all) {
    Connection& one = *connection;
    if (one.shown_out_ || !one.Account(now)) continue;
    const bool identified = one.identified_.load(std::memory_order_acquire);
    if (!one.known_ && one.unexplained_ > kMostUnexplainedNew) {
      ShowOut(connection, Offence::kFlood, now);
      continue;
    }
    // Serials have no dots or colons.
    Source& source = sources[identified ? one.serial_ : one.address_ + ":"];
    source.unexplained += one.unexplained_;
    source.streams += one.streams_;
    if (identified || one.unexplained_ > kHandshakeBytes) {
      source.connections.push_back(connection);
    }
  }
  for (const auto& [name, source] : sources) {
    if (source.unexplained <=
        kMostUnexplained + kMostUnexplainedPerStream * source.streams) {
      continue;
    }
    for (const std::shared_ptr<Connection>& connection : source.connections) {
      ShowOut(connection, Offence::kFlood, now);
    }
  }
}

void Connections::CallBegins(const void* token, Instant now) {
  std::shared_ptr<Connection> connection;
  {
    TokenShard& tokens = ShardOf(token);
    const std::lock_guard lock(tokens.mutex);
    Beginnings& beginnings = tokens.by_token[token];
    if (++beginnings.unarrived <= kMostUnarrived) return;
    beginnings.unarrived = 0;
    connection = beginnings.connection;
  }
  if (!connection) connection = BusiestUnidentified();
  if (connection) ShowOut(connection, Offence::kCancelledCalls, now);
}

void Connections::CallArrives(const void* token,
                              const std::shared_ptr<Connection>& connection) {
  if (connection->gone_) return;
  TokenShard& tokens = ShardOf(token);
  const std::lock_guard lock(tokens.mutex);
  Beginnings& beginnings = tokens.by_token[token];
  --beginnings.unarrived;
  if (beginnings.connection == connection) return;
  // A place in memory that another connection had before.
  beginnings.unarrived = 0;
  beginnings.connection = connection;
  connection->token_ = token;
}

// Whose calls never arrived is none of those on which one did, and has sent
// what so many calls take at least.
std::shared_ptr<Connection> Connections::BusiestUnidentified() const {
  std::shared_ptr<Connection> busiest;
  std::uint64_t most = kLeastCallBytes * kMostUnarrived;
  for (const std::shared_ptr<Connection>& connection : Everybody()) {
    if (connection->identified_ || connection->shown_out_) continue;
    const std::uint64_t received = connection->Received().value_or(0);
    if (received <= most) continue;
    most = received;
    busiest = connection;
  }
  return busiest;
}

std::shared_ptr<Connection> Connections::Find(std::string_view peer) const {
  const Shard& shard = ShardOf(peer);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_peer.find(std::string(peer));
  return found == shard.by_peer.end() ? nullptr : found->second;
}

absl::Status Connections::Introduce(
    const std::shared_ptr<Connection>& connection, const hub::Caller& caller,
    Instant now) {
  Connection& one = *connection;
  if (one.known_.load(std::memory_order_acquire)) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  if (one.known_) return absl::OkStatus();
  if (!one.identified_) {
    one.path_ = caller.path;
    one.agency_ = caller.agency;
    one.serial_ = caller.serial;
    one.identified_.store(true, std::memory_order_release);
  }
  if (const auto out = certificates_.find(caller.serial);
      out != certificates_.end() && now < out->second) {
    ++counts_.refused_stays_out;
    return TooMany(out->second - now);
  }
  // One that has given way is on no list any more.
  if (one.shown_out_) return TooMany(std::chrono::seconds(1));
  std::size_t& theirs = known_of_[OwnerOf(caller.agency, caller.path)];
  if (theirs >= bounds_.most_of_one) {
    ++counts_.refused_too_many;
    return TooMany(kPatience);
  }
  ++theirs;
  ++known_;
  Leave(one);
  one.known_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

void Connections::Explain(Connection& connection, std::size_t bytes) {
  connection.explained_.fetch_add(static_cast<std::int64_t>(bytes),
                                  std::memory_order_relaxed);
}

void Connections::CallEnds(const std::shared_ptr<Connection>& connection,
                           bool cancelled, Instant now) {
  Connection& one = *connection;
  if (!cancelled) {
    one.finished_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::uint32_t so_far = ++one.cancelled_;
  if (so_far > kMostCancelled && so_far > one.finished_) {
    ShowOut(connection, Offence::kCancelledCalls, now);
  }
}

void Connections::ShowOut(const std::shared_ptr<Connection>& connection,
                          Offence offence, Instant now) {
  Connection& one = *connection;
  if (one.shown_out_.exchange(true)) return;
  const bool identified = one.identified_.load(std::memory_order_acquire);
  {
    const std::lock_guard lock(mutex_);
    if (identified) {
      Insert(certificates_, one.serial_, now + kStaysOut);
    } else {
      Insert(addresses_, one.address_, now + kStaysOut);
    }
    ++(offence == Offence::kFlood ? counts_.floods : counts_.cancelled_calls);
  }
  Throw(one);
  if (!identified) return shown_out_("", "", offence);
  for (const std::shared_ptr<Connection>& other : Everybody()) {
    if (other->identified_.load(std::memory_order_acquire) &&
        other->serial_ == one.serial_ && !other->shown_out_.exchange(true)) {
      Throw(*other);
    }
  }
  shown_out_(one.path_, one.agency_, offence);
}

bool Connections::StaysOut(const Outcasts& outcasts, std::string_view who,
                           Instant now) {
  const auto found = outcasts.find(who);
  return found != outcasts.end() && now < found->second;
}

Connections::Counts Connections::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.fresh = fresh_.size();
  counts.known = known_;
  return counts;
}

Visit::Visit(Connections& connections, std::shared_ptr<Connection> connection)
    : connections_(connections), connection_(std::move(connection)) {
  Explain(Connections::kCallBytes);
}

absl::Status Visit::Introduce(const hub::Caller& caller) {
  if (!connection_) return absl::OkStatus();
  return connections_.Introduce(connection_, caller, Now());
}

void Visit::Explain(std::size_t bytes) {
  if (connection_) Connections::Explain(*connection_, bytes);
}

void Visit::Streams() {
  if (!connection_ || std::exchange(streams_, true)) return;
  ++connection_->streams_;
}

void Visit::Sends(std::size_t bytes) {
  if (!connection_) return;
  unsent_ += bytes;
  connection_->unsent_ += bytes;
}

bool Visit::HasUnsent() const {
  return connection_ && connection_->unsent_ > 0;
}

void Visit::End(bool cancelled) {
  const auto connection = std::exchange(connection_, nullptr);
  if (!connection) return;
  connection->unsent_ -= unsent_;
  if (streams_) --connection->streams_;
  connections_.CallEnds(connection, cancelled, Now());
}

}  // namespace waystation::service
