// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/follower.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace waystation::storage::postgres {
namespace {

// Schemas whose names have one hash hear of each other, and look in vain.
#define WAYSTATION_CHANNEL "'waystation_' || hashtext(current_schema())"

constexpr char kTryUpkeep[] =
    "SELECT pg_try_advisory_lock(2002874491, hashtext(current_schema()))";

// How often something is said to the server; how long it waits for that; and
// for how long this side goes by it, which is over before the server's is.
constexpr int kBeat = 1000;
constexpr char kServerWaits[] = "SET idle_session_timeout = '6s'";
constexpr std::chrono::seconds kGoesBy(4);
constexpr int kReconnect = 200;

int64_t Steady(std::chrono::steady_clock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

}  // namespace

std::string TellOf(uint64_t number) {
  return absl::StrCat("SELECT pg_notify(" WAYSTATION_CHANNEL ", '", number,
                      "')");
}

Follower::Follower(std::string target, std::string schema, Look look)
    : target_(std::move(target)),
      schema_(std::move(schema)),
      look_(std::move(look)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Start(
    const std::string& target, const std::string& schema, Look look) {
  std::unique_ptr<Follower> follower(
      new Follower(target, schema, std::move(look)));
  if (follower->wake_ < 0) return absl::InternalError("eventfd");
  if (absl::Status status = follower->Open(); !status.ok()) return status;
  follower->thread_ = std::thread([raw = follower.get()] { raw->Run(); });
  return follower;
}

Follower::~Follower() {
  stops_ = true;
  if (wake_ >= 0) Wake();
  if (thread_.joinable()) thread_.join();
  if (wake_ >= 0) ::close(wake_);
}

void Follower::Wake() {
  const uint64_t one = 1;
  // Full only while it is awake.
  (void)!::write(wake_, &one, sizeof(one));
}

bool Follower::has_upkeep() const {
  return Steady(std::chrono::steady_clock::now()) < upkeep_until_.load();
}

absl::Status Follower::Open() {
  holds_upkeep_ = false;
  auto connection = Connection::Open(target_, schema_);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  const auto channel = connection_->Ask("SELECT " WAYSTATION_CHANNEL);
  if (!channel.ok()) return channel.status();
  for (const std::string& command :
       {std::string(kServerWaits), absl::StrCat("LISTEN \"", *channel, "\"")}) {
    if (absl::Status status = connection_->Run(command); !status.ok()) {
      return status;
    }
  }
  return KeepUp();
}

absl::Status Follower::KeepUp() {
  const auto now = std::chrono::steady_clock::now();
  const auto holds =
      connection_->Ask(holds_upkeep_ ? "SELECT true" : kTryUpkeep);
  if (!holds.ok()) {
    holds_upkeep_ = false;
    return holds.status();
  }
  holds_upkeep_ = *holds == "t";
  // From before it was asked: the server has waited since then at most.
  if (holds_upkeep_) upkeep_until_ = Steady(now + kGoesBy);
  return absl::OkStatus();
}

void Follower::Wait(int milliseconds) {
  pollfd ready[] = {
      {.fd = wake_, .events = POLLIN, .revents = 0},
      {.fd = connection_ == nullptr ? -1 : connection_->descriptor(),
       .events = POLLIN,
       .revents = 0}};
  (void)::poll(ready, std::size(ready), milliseconds);
  uint64_t times = 0;
  (void)!::read(wake_, &times, sizeof(times));
}

void Follower::Listen() {
  auto next_beat = std::chrono::steady_clock::now();
  look_(kLookAnyway);
  while (!stops_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_beat) {
      if (!KeepUp().ok()) return;
      next_beat = now + std::chrono::milliseconds(kBeat);
      look_(kLookAnyway);
      continue;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_beat - now);
    Wait(static_cast<int>(left.count()) + 1);
    // What came with the answer to a beat is there though nothing is to be
    // read.
    const auto heard = connection_->TakeNotifications();
    if (!heard.ok()) return;
    uint64_t newest = 0;
    for (const std::string& payload : *heard) {
      uint64_t number = 0;
      if (absl::SimpleAtoi(payload, &number)) newest = std::max(newest, number);
    }
    look_(newest);
  }
}

void Follower::Run() {
  while (!stops_) {
    if (connection_ != nullptr) Listen();
    connection_.reset();
    upkeep_until_ = 0;
    if (stops_) return;
    Wait(kReconnect);
    if (!Open().ok()) connection_.reset();
  }
}

}  // namespace waystation::storage::postgres
