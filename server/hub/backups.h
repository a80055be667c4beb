// SPDX-License-Identifier: Apache-2.0
// Backups of the running hub: each is an act of administration with the hash of
// its file as a leaf, and so is the destruction of its key.
#ifndef WAYSTATION_SERVER_HUB_BACKUPS_H_
#define WAYSTATION_SERVER_HUB_BACKUPS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"

namespace waystation::hub {

// Thread-safe.
class Backups {
 public:
  // Returns when the leaf is durable.
  using WriteLeaf = std::function<absl::Status(v1::AuditEvent)>;

  // `upkeep` is held by what reads the store for long. Both are borrowed.
  Backups(Core& core, std::mutex& upkeep, WriteLeaf write_leaf)
      : core_(core), upkeep_(upkeep), write_leaf_(std::move(write_leaf)) {}

  absl::StatusOr<v1::CreateBackupResponse> Create(const Caller& caller);
  absl::StatusOr<v1::ListBackupsResponse> List(
      const v1::ListBackupsRequest& request);
  absl::StatusOr<v1::VerifyBackupResponse> Verify(
      const v1::VerifyBackupRequest& request);
  // When the newest was made, in seconds since 1970; 0 if there is none.
  int64_t newest() const { return newest_; }
  // Looks what there is; before the hub serves.
  void Load();
  // Destroys the keys whose time is over, and removes what they opened when
  // that stands in the log. Called now and then, by one thread; what fails, or
  // a crash cuts short, is taken up again.
  void Expire();

 private:
  absl::Time Now();

  Core& core_;
  std::mutex& upkeep_;
  const WriteLeaf write_leaf_;
  std::atomic<bool> busy_ = false;
  std::atomic<int64_t> newest_ = 0;
  // Expired, logged and not removed yet.
  std::set<std::string> on_record_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_BACKUPS_H_
