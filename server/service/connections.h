// SPDX-License-Identifier: Apache-2.0
// The connections that are open: how many there may be, who goes when there are
// too many, and who is shown out. A connection is new until somebody with a
// certificate that holds has called on it, and known from then on: that is the
// first thing that the transport lets us see of who is there.
//
//   too many new ones   the oldest goes of the address that has most of them
//   too many            the same while any is new; else who comes is refused
//   too many of one     who comes is refused
//   new for too long    goes
//   flood               more bytes than calls account for: shown out
//   cancelled calls     many, and more than were waited for: shown out
//   calls that never    many that begin and end within the transport: shown
//   arrive              out
//
// Who is shown out is not let in again for a while: by the certificate, or by
// the address where nobody had called yet.
#ifndef WAYSTATION_SERVER_SERVICE_CONNECTIONS_H_
#define WAYSTATION_SERVER_SERVICE_CONNECTIONS_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace waystation::hub {
struct Caller;
}

namespace waystation::service {

// No wall clock: it may jump.
using Instant = std::chrono::steady_clock::time_point;

struct ConnectionBounds {
  std::size_t most = 1024;
  std::size_t most_new = 256;
  // Of one agency with its clerks; of one holder where there is no agency.
  std::size_t most_of_one = 64;
};

// Why a peer is shown out.
enum class Offence { kFlood, kCancelledCalls };

// One connection. Calls count on it from any thread; nobody waits.
class Connection {
 public:
  // `peer` as gRPC names it (PeerName), `address` without the port. Owns `fd`,
  // a second descriptor of the socket.
  Connection(std::string peer, std::string address, int fd, Instant now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Hangs up; the transport ends its calls.
  void HangUp() const;

  const std::string& peer() const { return peer_; }
  int fd() const { return fd_; }

 private:
  friend class Connections;
  friend class Visit;

  // Bytes that have come in; nullopt where the kernel does not say.
  std::optional<std::uint64_t> Received() const;
  // Brings `unexplained_` up to date; false where that cannot be.
  bool Account(Instant now);

  const std::string peer_;
  const std::string address_;
  const int fd_;
  const Instant since_;

  // Set once, in this order; `identified_` says that they are.
  std::string path_;
  std::string agency_;
  std::string serial_;
  std::atomic<bool> identified_ = false;
  std::atomic<bool> known_ = false;
  // Set with the first call that arrives.
  std::atomic<const void*> token_ = nullptr;
  std::atomic<bool> shown_out_ = false;
  // The socket is gone; a call may linger.
  std::atomic<bool> gone_ = false;

  // Streams whose client goes on sending.
  std::atomic<std::int64_t> streams_ = 0;
  // Calls that ended since the window began.
  std::atomic<std::uint32_t> finished_ = 0;
  std::atomic<std::uint32_t> cancelled_ = 0;
  // Bytes that calls have accounted for since they were looked at.
  std::atomic<std::int64_t> explained_ = 0;
  // Bytes in answers that the client has not taken yet.
  std::atomic<std::size_t> unsent_ = 0;

  // The looking thread's own: bytes seen, how many of them nothing accounts
  // for, and when that was.
  std::uint64_t received_ = 0;
  std::int64_t unexplained_ = 0;
  Instant looked_;
};

// Thread-safe.
class Connections {
 public:
  // What a call may bring before it is seen: headers, and what TLS and HTTP/2
  // add.
  static constexpr std::int64_t kCallBytes = 16 << 10;
  // So much may be unaccounted for on all connections of a certificate (of an
  // address, while nobody has called): messages that have not come in whole,
  // and what was sent on a call that was given up. So much more for each stream
  // that goes on: its window, and a message.
  static constexpr std::int64_t kMostUnexplained = 8 << 20;
  static constexpr std::int64_t kMostUnexplainedPerStream = 1792 << 10;
  // On one connection while it is new: a handshake and one message.
  static constexpr std::int64_t kMostUnexplainedNew = 2 << 20;
  // On a new one that has no part in it when its address has brought too much.
  static constexpr std::int64_t kHandshakeBytes = 64 << 10;
  // Pings and the like are forgiven at this rate.
  static constexpr std::int64_t kForgivenPerSecond = 64 << 10;
  // So many calls cancelled within a window, and more than were waited for, is
  // what no client does: 64 streams with a deadline of a second make 640.
  static constexpr std::uint32_t kMostCancelled = 1000;
  static constexpr std::chrono::seconds kWindow{10};
  // So many calls begun on a connection within a window that never came to a
  // method. 64 may be on their way.
  static constexpr std::int64_t kMostUnarrived = 500;
  // Handshake (5 s) and a first call.
  static constexpr std::chrono::seconds kPatience{10};
  // For how long one that was shown out stays out.
  static constexpr std::chrono::seconds kStaysOut{10};

  struct Counts {
    std::size_t fresh = 0;
    std::size_t known = 0;
    std::uint64_t refused_too_many = 0;
    std::uint64_t refused_stays_out = 0;
    std::uint64_t refused_no_descriptors = 0;
    // New ones that were closed: to make room, or since nobody called.
    std::uint64_t gave_way = 0;
    std::uint64_t silent = 0;
    std::uint64_t floods = 0;
    std::uint64_t cancelled_calls = 0;
  };

  // Told of each that is shown out: whose certificate ("" if nobody had called)
  // and why. From any thread.
  using ShownOut = std::function<void(
      std::string_view path, std::string_view agency, Offence offence)>;

  Connections(ConnectionBounds bounds, ShownOut shown_out);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // --- for who accepts; one thread ---

  // Whether one more may come in from there; makes room by hanging up on
  // another if it can. A refusal is counted.
  bool MakeRoom(const std::string& peer, const std::string& address,
                Instant now);
  // Fewer than there might be: descriptors are scarce.
  void Bound(std::size_t most);
  void CountNoDescriptors();
  // One that has come in; a former holder of the name is hung up on.
  std::shared_ptr<Connection> Add(std::string peer, std::string address, int fd,
                                  Instant now);
  // It is gone.
  void Remove(const std::shared_ptr<Connection>& connection);
  // Looks at all of them: who was silent for too long, who floods.
  void Look(Instant now);

  // --- for calls ---

  // A call begins on the connection whose certificate the transport holds at
  // `token`: the earliest that can be seen, where it is not known yet which
  // connection that is. Most calls that are cancelled at once get no further.
  void CallBegins(const void* token, Instant now);
  // It has come to a method.
  void CallArrives(const void* token,
                   const std::shared_ptr<Connection>& connection);
  // nullptr for a call from within the process.
  std::shared_ptr<Connection> Find(std::string_view peer) const;
  // Who calls there. TOO_MANY_CALLS if that caller has as many connections as
  // it may, or was shown out; the connection is new still, then.
  absl::Status Introduce(const std::shared_ptr<Connection>& connection,
                         const hub::Caller& caller, Instant now);
  static void Explain(Connection& connection, std::size_t bytes);
  void CallEnds(const std::shared_ptr<Connection>& connection, bool cancelled,
                Instant now);

  // The hub's own call to itself comes from there; it is let in always.
  void Expect(const std::string& peer);

  Counts counts() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Connection>> by_peer;
  };
  // What begins and has not arrived, by token, and whose it is if anything has
  // arrived ever.
  struct Beginnings {
    std::int64_t unarrived = 0;
    std::shared_ptr<Connection> connection;
  };
  struct TokenShard {
    std::mutex mutex;
    std::unordered_map<const void*, Beginnings> by_token;
  };
  using Outcasts = std::map<std::string, Instant, std::less<>>;

  Shard& ShardOf(std::string_view peer) const;
  TokenShard& ShardOf(const void* token);
  std::shared_ptr<Connection> BusiestUnidentified() const;
  using All = std::vector<std::shared_ptr<Connection>>;
  All Everybody() const;
  void LookForFloods(const All& all, Instant now);
  // Together with all others of its certificate.
  void ShowOut(const std::shared_ptr<Connection>& connection, Offence offence,
               Instant now);

  // With mutex_ held.
  static bool StaysOut(const Outcasts& outcasts, std::string_view who,
                       Instant now);
  bool GiveWay();
  void Leave(const Connection& connection);

  const ShownOut shown_out_;
  mutable std::array<Shard, kShards> shards_;
  std::array<TokenShard, kShards> tokens_;

  mutable std::mutex mutex_;
  ConnectionBounds bounds_;
  // New ones, the oldest first; of all addresses, and how many of each.
  std::list<std::shared_ptr<Connection>> fresh_;
  std::unordered_map<std::string, std::size_t> fresh_of_;
  // Known ones of each caller, by agency or path.
  std::unordered_map<std::string, std::size_t> known_of_;
  std::size_t known_ = 0;
  Outcasts certificates_;
  Outcasts addresses_;
  std::string expected_;
  Instant window_began_{};
  Counts counts_;
};

// One call on a connection, from its beginning to its end.
class Visit {
 public:
  Visit(Connections& connections, std::shared_ptr<Connection> connection);
  ~Visit() { End(false); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // OK for a call from within the process. As Connections::Introduce.
  absl::Status Introduce(const hub::Caller& caller);
  // So many bytes came, or caused others to come.
  void Explain(std::size_t bytes);
  // The client goes on sending until the end.
  void Streams();
  // An answer of so many bytes waits for the client to take it, until the end.
  void Sends(std::size_t bytes);
  // Whether an earlier answer still waits.
  bool HasUnsent() const;
  // Once; `cancelled` when the client did not wait for the end.
  void End(bool cancelled);

 private:
  Connections& connections_;
  std::shared_ptr<Connection> connection_;
  std::size_t unsent_ = 0;
  bool streams_ = false;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_CONNECTIONS_H_
