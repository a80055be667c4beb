// SPDX-License-Identifier: Apache-2.0
// Witnesses' signatures of checkpoints (C2SP tlog-cosignature): taken when a
// registered key made them over a checkpoint that was shown, and shown beside
// it. They change nothing in the log, or each would ask for another checkpoint.
#ifndef WAYSTATION_SERVER_HUB_COSIGNATURES_H_
#define WAYSTATION_SERVER_HUB_COSIGNATURES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/notary.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// Both are borrowed. Thread-safe.
class Cosignatures {
 public:
  Cosignatures(Core& core, const Notary& notary)
      : core_(core), notary_(notary) {}

  // See AuditService.Cosign; callers are agencies.
  absl::StatusOr<v1::CosignResponse> Take(const Caller& caller,
                                          const v1::CosignRequest& request);

  // The notes as they are shown: with the cosignatures of keys that are
  // registered. Rows stand by rising size.
  absl::StatusOr<std::vector<std::string>> Shown(
      const std::vector<storage::CheckpointRow>& rows) const;
  absl::StatusOr<std::string> Shown(const storage::CheckpointRow& row) const;

  // The newest checkpoint over at least so many leaves that so many agencies
  // have cosigned. COSIGNATURES_MISSING: there is none.
  absl::StatusOr<storage::CheckpointRow> Newest(uint32_t witnesses,
                                                uint64_t at_least) const;

  // The largest checkpoint that the agency has cosigned, as it is shown; empty
  // if none.
  absl::StatusOr<std::string> LastOf(std::string_view agency) const;

 private:
  // The checkpoint over exactly `size` leaves.
  absl::StatusOr<std::optional<storage::CheckpointRow>> Find(
      uint64_t size) const;

  Core& core_;
  const Notary& notary_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_COSIGNATURES_H_
