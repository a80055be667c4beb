// SPDX-License-Identifier: Apache-2.0
// One update in the log: where it stands, and what its agency may have of it to
// show others. Its salt opens one detail of the leaf and no other.
#ifndef WAYSTATION_SERVER_HUB_UPDATE_PROOF_H_
#define WAYSTATION_SERVER_HUB_UPDATE_PROOF_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/own_records.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::hub {

struct UpdatePlace {
  // With its details.
  storage::LeafRow leaf;
  v1::AuditEvent event;
  // Among them.
  uint32_t detail = 0;
};

// The update that is asked for. NOT_AVAILABLE for an agency to which it does
// not belong; auditors, who read all leaves, learn what is wrong.
absl::StatusOr<UpdatePlace> FindUpdate(
    Core& core, const Caller& caller, const v1::GetUpdateProofRequest& request);

// The agency's key under the id that signed the frame, whether or not it is in
// force still; nullptr if nobody signed or the key is not registered any more.
const v1::SigningKey* SigningKeyOf(const Snapshot& registry,
                                   const v1::AuditEvent& event);

// Adds salt and update as sent, if all of it is left, and the leaf that says
// so.
absl::Status TellUpdate(Core& core, const Caller& caller,
                        const UpdatePlace& place,
                        OwnRead<v1::GetUpdateProofResponse>& read);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_UPDATE_PROOF_H_
