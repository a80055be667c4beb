// SPDX-License-Identifier: Apache-2.0
// Checks what a hub says of its audit log with the log's public key alone, so
// that nobody has to believe it.
#ifndef WAYSTATION_AUDIT_CHECKS_H_
#define WAYSTATION_AUDIT_CHECKS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/note.h"

namespace waystation::v1 {
class AuditEvent;
class GetConsistencyProofResponse;
class GetInclusionProofResponse;
}  // namespace waystation::v1

namespace waystation::client {

// A verifier key ("<name>+<hash>+<base64>"), or the path of a file that holds
// one. INVALID_ARGUMENT when neither.
absl::StatusOr<auditlog::NoteVerifier> ReadLogKey(std::string_view key);

// That the leaf stands at its index under the checkpoint, and its details under
// the leaf; returns the checkpoint. DATA_LOSS names what does not hold.
absl::StatusOr<auditlog::Checkpoint> CheckInclusion(
    const v1::GetInclusionProofResponse& proof,
    const auditlog::NoteVerifier& log);

// That the details' hashes are those to which the event commits. DATA_LOSS when
// they are not.
absl::Status CheckDetails(const v1::AuditEvent& event,
                          std::span<const std::string_view> details);

// That the proof's checkpoint begins with all that `seen` covers; returns it.
// DATA_LOSS: the log has two histories.
absl::StatusOr<auditlog::Checkpoint> CheckExtension(
    const auditlog::Checkpoint& seen,
    const v1::GetConsistencyProofResponse& proof,
    const auditlog::NoteVerifier& log);

}  // namespace waystation::client

#endif  // WAYSTATION_AUDIT_CHECKS_H_
