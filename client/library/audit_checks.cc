// SPDX-License-Identifier: Apache-2.0
#include "waystation/audit_checks.h"

#include <utility>
#include <vector>

#include "client/library/files.h"
#include "client/library/proof_fails.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::client {
namespace {

absl::Status NotALogKey() {
  return errors::Error(
      "CONFIG_INVALID",
      {.field = "log key",
       .rule = "a verifier key (<name>+<hash>+<base64>) or a file with one"});
}

absl::StatusOr<auditlog::Proof> ParsePath(
    const google::protobuf::RepeatedPtrField<std::string>& path) {
  auditlog::Proof proof;
  for (const std::string& bytes : path) {
    const auto hash = auditlog::ParseHash(bytes);
    if (!hash.ok()) return ProofFails("the proof holds no hashes");
    proof.push_back(*hash);
  }
  return proof;
}

// Whatever is wrong with a checkpoint, what rests on it is not shown.
absl::StatusOr<auditlog::Checkpoint> OpenShown(
    std::string_view note, const auditlog::NoteVerifier& log) {
  absl::StatusOr<auditlog::Checkpoint> checkpoint =
      auditlog::OpenCheckpoint(note, log);
  if (checkpoint.ok()) return checkpoint;
  return ProofFails("the checkpoint does not hold: " +
                    std::string(checkpoint.status().message()));
}

// The root over `size` entries, which the checkpoint must cover exactly.
absl::Status CheckSize(const auditlog::Checkpoint& checkpoint,
                       std::uint64_t size) {
  if (checkpoint.size == size) return absl::OkStatus();
  return ProofFails("the proof is for another size than its checkpoint");
}

}  // namespace

absl::StatusOr<auditlog::NoteVerifier> ReadLogKey(std::string_view key) {
  auto parsed = auditlog::NoteVerifier::Parse(key);
  if (parsed.ok()) return parsed;
  const absl::StatusOr<std::string> text = ReadWholeFile(std::string(key));
  if (!text.ok()) {
    return NotALogKey();
  }
  std::string_view line = *text;
  line = line.substr(0, line.find_first_of("\r\n"));
  parsed = auditlog::NoteVerifier::Parse(line);
  return parsed.ok() ? std::move(parsed) : NotALogKey();
}

absl::Status CheckDetails(const v1::AuditEvent& event,
                          std::span<const std::string_view> details) {
  std::vector<auditlog::Hash> hashes;
  hashes.reserve(details.size());
  for (const std::string_view bytes : details) {
    const auto hash = auditlog::ParseHash(bytes);
    if (!hash.ok()) return ProofFails("a detail is no hash");
    hashes.push_back(*hash);
  }
  const bool committed = !event.details_root().empty();
  if (!committed && hashes.empty()) return absl::OkStatus();
  if (committed &&
      auditlog::AsBytes(auditlog::TreeRoot(hashes)) == event.details_root()) {
    return absl::OkStatus();
  }
  return ProofFails("the details are not those of the entry");
}

absl::StatusOr<auditlog::Checkpoint> CheckInclusion(
    const v1::GetInclusionProofResponse& proof,
    const auditlog::NoteVerifier& log) {
  auto checkpoint = OpenShown(proof.checkpoint(), log);
  if (!checkpoint.ok()) return checkpoint.status();
  if (auto same = CheckSize(*checkpoint, proof.tree_size()); !same.ok()) {
    return same;
  }
  const auto path = ParsePath(proof.path());
  if (!path.ok()) return path.status();
  const absl::Status included =
      auditlog::VerifyInclusion(auditlog::LeafHash(proof.leaf()), proof.index(),
                                proof.tree_size(), *path, checkpoint->root);
  if (!included.ok()) {
    return ProofFails("the entry is not in the log");
  }
  v1::AuditEvent event;
  if (!event.ParseFromString(proof.leaf())) {
    return ProofFails("the entry cannot be read");
  }
  const std::vector<std::string_view> details(proof.details().begin(),
                                              proof.details().end());
  if (auto same = CheckDetails(event, details); !same.ok()) return same;
  return checkpoint;
}

absl::StatusOr<auditlog::Checkpoint> CheckExtension(
    const auditlog::Checkpoint& seen,
    const v1::GetConsistencyProofResponse& proof,
    const auditlog::NoteVerifier& log) {
  auto checkpoint = OpenShown(proof.checkpoint(), log);
  if (!checkpoint.ok()) return checkpoint.status();
  if (auto same = CheckSize(*checkpoint, proof.second()); !same.ok()) {
    return same;
  }
  if (proof.first() != seen.size) {
    return ProofFails("the proof begins at another size");
  }
  const auto path = ParsePath(proof.path());
  if (!path.ok()) return path.status();
  const absl::Status extends = auditlog::VerifyConsistency(
      seen.size, checkpoint->size, *path, seen.root, checkpoint->root);
  if (!extends.ok()) {
    return ProofFails("the log does not continue what was seen");
  }
  return checkpoint;
}

}  // namespace waystation::client
