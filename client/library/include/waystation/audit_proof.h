// SPDX-License-Identifier: Apache-2.0
// What others can check without a hub: one update in the log, and two signed
// heads that a witness could not connect. docs/audit-proof.md describes both
// files.
#ifndef WAYSTATION_AUDIT_PROOF_H_
#define WAYSTATION_AUDIT_PROOF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/note.h"

namespace google::protobuf {
template <typename Element>
class RepeatedPtrField;
}  // namespace google::protobuf
namespace waystation::report::v1 {
class Cosigner;
class EvidenceReport;
class UpdateProof;
class UpdateProofReport;
class WitnessEvidence;
}  // namespace waystation::report::v1
namespace waystation::v1 {
class GetUpdateProofResponse;
}  // namespace waystation::v1

namespace waystation::client {

inline constexpr std::string_view kUpdateProofFormat =
    "waystation update proof 1";
inline constexpr std::string_view kEvidenceFormat =
    "waystation witness evidence 1";

// Witnesses that a reader trusts, and how many agencies among them must have
// signed before a checkpoint counts as witnessed.
struct Quorum {
  std::vector<auditlog::NoteVerifier> witnesses = {};
  std::uint32_t least = 1;

  bool asked_for() const { return !witnesses.empty(); }
};

// A verifier key of a witness, or the path of a file that holds one.
// INVALID_ARGUMENT when neither, or of a log.
absl::StatusOr<auditlog::NoteVerifier> ReadWitnessKey(std::string_view key);

// Who of them has cosigned the note, each agency once, and when. A line that
// claims to be one of theirs and is wrong is named in `wrong` by its witness.
struct Cosigned {
  struct By {
    std::string witness;
    absl::Time time;
  };
  std::vector<By> by;
  std::vector<std::string> wrong;
};
Cosigned WhoCosigned(const auditlog::Note& note, const Quorum& quorum);
void AddCosigners(
    const Cosigned& cosigned, std::uint64_t size,
    google::protobuf::RepeatedPtrField<report::v1::Cosigner>& cosigners);

// --- one update ---

// As a file of its own, from what a hub answered.
report::v1::UpdateProof ToUpdateProof(const v1::GetUpdateProofResponse& answer,
                                      const std::string& verifier_key);

struct UpdateProofOptions {
  // Of the log and of the agency, as learnt from elsewhere; the proof's own
  // word if absent.
  std::optional<auditlog::NoteVerifier> log_key = {};
  std::optional<auditlog::Ed25519PublicKey> agency_key = {};
  Quorum quorum = {};
};

// Checks all of it and says what it shows. INVALID_ARGUMENT: it is no such
// proof.
absl::StatusOr<report::v1::UpdateProofReport> CheckUpdateProof(
    const report::v1::UpdateProof& proof, const UpdateProofOptions& options);

// --- two histories ---

// What the evidence shows to whoever has the log's key alone.
absl::StatusOr<report::v1::EvidenceReport> CheckEvidence(
    const report::v1::WitnessEvidence& evidence,
    const std::optional<auditlog::NoteVerifier>& log_key);

}  // namespace waystation::client

#endif  // WAYSTATION_AUDIT_PROOF_H_
