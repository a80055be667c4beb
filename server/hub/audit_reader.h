// SPDX-License-Identifier: Apache-2.0
// The audit log as it is read: checkpoints, proofs from stored tiles, events
// with filters. Auditors read all; an agency reads checkpoints and what names
// it.
#ifndef WAYSTATION_SERVER_HUB_AUDIT_READER_H_
#define WAYSTATION_SERVER_HUB_AUDIT_READER_H_

#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/cosignatures.h"
#include "server/hub/notary.h"
#include "server/hub/own_records.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

// Both are borrowed. Thread-safe.
class AuditReader {
 public:
  AuditReader(Core& core, Notary& notary)
      : core_(core), notary_(notary), cosignatures_(core, notary) {}

  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(
      const Caller& caller, const v1::GetCheckpointRequest& request);
  absl::StatusOr<v1::CosignResponse> Cosign(const Caller& caller,
                                            const v1::CosignRequest& request) {
    return cosignatures_.Take(caller, request);
  }
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const v1::ListCheckpointsRequest& request);
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const Caller& caller, const v1::GetInclusionProofRequest& request);
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request);
  absl::StatusOr<v1::ListEventsResponse> ListEvents(
      const Caller& caller, const v1::ListEventsRequest& request);
  absl::StatusOr<OwnRead<v1::GetUpdateProofResponse>> GetUpdateProof(
      const Caller& caller, const v1::GetUpdateProofRequest& request);

 private:
  // A checkpoint over at least so many leaves, cosigned by so many witnesses.
  absl::StatusOr<storage::CheckpointRow> Covering(uint64_t at_least,
                                                  uint32_t witnesses);
  // The note over exactly `size` leaves; empty if none was signed.
  absl::StatusOr<std::string> CheckpointOf(uint64_t size) const;
  absl::Status Prove(const storage::LeafRow& leaf, uint64_t size,
                     v1::GetInclusionProofResponse& proof) const;

  Core& core_;
  Notary& notary_;
  Cosignatures cosignatures_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_AUDIT_READER_H_
