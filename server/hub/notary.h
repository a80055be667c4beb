// SPDX-License-Identifier: Apache-2.0
// Signs checkpoints of the log, off the way of acknowledgements: when somebody
// asks, at least once a minute when something changed, and when the hub drains.
// Stored before they are shown.
#ifndef WAYSTATION_SERVER_HUB_NOTARY_H_
#define WAYSTATION_SERVER_HUB_NOTARY_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/note.h"
#include "server/hub/core.h"

namespace waystation::hub {

// Thread-safe.
class Notary {
 public:
  // INVALID_ARGUMENT: the origin cannot name a key.
  static absl::StatusOr<std::unique_ptr<Notary>> Create(Core& core);

  // The newest checkpoint if it covers `at_least` leaves, else one of the log
  // as it is. OUT_OF_RANGE: the log is not that long.
  absl::StatusOr<storage::CheckpointRow> Covering(uint64_t at_least);
  // Signs the log as it is, unless that has been done.
  absl::StatusOr<storage::CheckpointRow> Sign();

  // Whether this log's key has signed the note, whoever shows it.
  bool HasSigned(const auditlog::Note& note) const {
    return signer_.verifier().Verify(note).ok();
  }

  // "<name>+<hash>+<key>", as signed-note readers take it.
  std::string verifier_key() const { return signer_.verifier().ToString(); }

 private:
  Notary(Core& core, auditlog::NoteSigner signer)
      : core_(core), signer_(std::move(signer)) {}

  Core& core_;
  const auditlog::NoteSigner signer_;
  std::mutex mutex_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTARY_H_
