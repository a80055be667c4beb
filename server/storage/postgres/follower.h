// SPDX-License-Identifier: Apache-2.0
// Hears of what other stores of a schema commit, and takes part in whose turn
// its upkeep is. It has a connection of its own, which the server ends when
// nothing is heard from here for a few seconds: with it goes the upkeep, also
// where this process stands still and believes that it has it.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_FOLLOWER_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"

namespace waystation::storage::postgres {

// What whoever commits group `number` runs beside it, in its transaction: a
// command. Whoever listens hears of it when that has committed.
std::string TellOf(uint64_t number);

// Thread-safe.
class Follower {
 public:
  // `look` is called by a thread of this: with the number of a group that was
  // heard of; with 0 after Wake; and with kLookAnyway once a second, and
  // whenever something may have been missed.
  static constexpr uint64_t kLookAnyway = ~uint64_t{0};
  using Look = std::function<void(uint64_t number)>;
  static absl::StatusOr<std::unique_ptr<Follower>> Start(
      const std::string& target, const std::string& schema, Look look);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void Wake();
  // False within seconds after somebody else's may be.
  bool has_upkeep() const;

 private:
  Follower(std::string target, std::string schema, Look look);
  absl::Status Open();
  void Run();
  // Until the connection breaks, or the follower ends.
  void Listen();
  absl::Status KeepUp();
  // At most so long, for the server or Wake.
  void Wait(int milliseconds);

  const std::string target_;
  const std::string schema_;
  const Look look_;
  // Of the thread, once it runs.
  std::unique_ptr<Connection> connection_;
  bool holds_upkeep_ = false;
  // By the steady clock, in nanoseconds.
  std::atomic<int64_t> upkeep_until_ = 0;
  std::atomic<bool> stops_ = false;
  // An eventfd.
  int wake_ = -1;
  std::thread thread_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_FOLLOWER_H_
