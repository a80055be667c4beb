// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/witness/witness.h"

#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "waystation/audit_checks.h"
#include "waystation/audit_proof.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/services.h"
#include "waystation/v1/audit_service.pb.h"

namespace waystation::adapters {
namespace {

// The hub cannot be asked now; that says nothing about its log.
bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status);
}

}  // namespace

bool IsWitnessFinding(const absl::Status& status) {
  const std::string reason = errors::ReasonOf(status);
  return reason == "LOG_FORKED" || reason == "LOG_SHORTER" ||
         reason == "LOG_KEY_DIFFERS" || reason == "LOG_RESTORED";
}

absl::StatusOr<Look> Witness::Take() {
  const auto last = LastSeen();
  if (!last.ok()) return last.status();
  v1::GetCheckpointRequest request;
  if (last->has_value()) request.set_at_least((*last)->checkpoint.size);
  const auto response = audit_.GetCheckpoint(request);
  if (errors::ReasonOf(response.status()) == "OUT_OF_RANGE" &&
      last->has_value()) {
    return Shorter(**last);
  }
  if (!response.ok()) return response.status();

  const std::string& note = response->checkpoint();
  const std::string last_note = last->has_value() ? (*last)->note : "";
  const auto shown = auditlog::OpenCheckpoint(note, setup_.log);
  if (!shown.ok()) {
    return Found({.reason = "LOG_KEY_DIFFERS",
                  .seen = last_note,
                  .shown = note,
                  .path = {},
                  .answer = {}});
  }
  if (last->has_value() && (*last)->checkpoint.origin != shown->origin) {
    return Found({.reason = "LOG_RESTORED",
                  .seen = last_note,
                  .shown = note,
                  .path = {},
                  .answer = {}});
  }
  // What was signed of an epoch before is no beginning of this one.
  std::optional<Known> own = Own(response->last_cosigned());
  if (own.has_value() && own->checkpoint.origin != shown->origin) own.reset();
  for (const std::optional<Known>& known : {*last, own}) {
    if (!known.has_value()) continue;
    if (auto continues = Continues(*known, note, *shown); !continues.ok()) {
      return continues;
    }
  }

  Look look{
      .checkpoint = *shown,
      .advanced = !last->has_value() || (*last)->checkpoint.size < shown->size};
  if (look.advanced) {
    if (auto stored = memory_.Advance(last_note, note); !stored.ok()) {
      return stored;
    }
  }
  look.cosigned = own.has_value() && own->checkpoint.size == shown->size;
  if (setup_.signer.has_value() && !look.cosigned) Cosign(note, look);
  return look;
}

absl::StatusOr<std::optional<Witness::Known>> Witness::LastSeen() {
  auto note = memory_.LastSeen();
  if (!note.ok()) return note.status();
  if (note->empty()) return std::nullopt;
  auto checkpoint = auditlog::OpenCheckpoint(*note, setup_.log);
  // A log of the same origin with another key, or a state that somebody wrote.
  if (!checkpoint.ok()) {
    return errors::Error("STATE_DAMAGED",
                         {.rule = "the last checkpoint: " +
                                  std::string(checkpoint.status().message())});
  }
  return Known{.note = *std::move(note), .checkpoint = *std::move(checkpoint)};
}

std::optional<Witness::Known> Witness::Own(const std::string& note) const {
  if (note.empty() || !setup_.signer.has_value()) return std::nullopt;
  const auto parsed = auditlog::ParseNote(note);
  if (!parsed.ok() || !setup_.signer->verifier().Verify(*parsed).ok()) {
    return std::nullopt;
  }
  auto checkpoint = auditlog::OpenCheckpoint(note, setup_.log);
  if (!checkpoint.ok()) return std::nullopt;
  return Known{.note = note, .checkpoint = *std::move(checkpoint)};
}

absl::Status Witness::Continues(const Known& known, const std::string& note,
                                const auditlog::Checkpoint& shown) {
  const auditlog::Checkpoint& seen = known.checkpoint;
  Finding finding{.reason = "LOG_FORKED", .seen = known.note, .shown = note};
  if (shown.size < seen.size) {
    finding.reason = "LOG_SHORTER";
    return Found(finding);
  }
  if (shown.size == seen.size) {
    return shown.root == seen.root ? absl::OkStatus() : Found(finding);
  }
  v1::GetConsistencyProofRequest request;
  request.set_first(seen.size);
  request.set_second(shown.size);
  auto proof = audit_.GetConsistencyProof(request);
  if (IsAway(proof.status())) return proof.status();
  if (!proof.ok()) {
    finding.answer = errors::ReasonOf(proof.status());
    return Found(finding);
  }
  // Held against what was shown, whatever the proof brings.
  proof->set_checkpoint(note);
  if (client::CheckExtension(seen, *proof, setup_.log).ok()) {
    return absl::OkStatus();
  }
  finding.path.assign(proof->path().begin(), proof->path().end());
  return Found(finding);
}

absl::Status Witness::Shorter(const Known& known) {
  const auto newest = audit_.GetCheckpoint({});
  if (IsAway(newest.status())) return newest.status();
  Finding finding{.reason = "LOG_SHORTER",
                  .seen = known.note,
                  .shown = newest.ok() ? newest->checkpoint() : "",
                  .path = {},
                  .answer = "OUT_OF_RANGE"};
  const auto shown = auditlog::OpenCheckpoint(finding.shown, setup_.log);
  if (shown.ok() && shown->origin != known.checkpoint.origin) {
    finding.reason = "LOG_RESTORED";
  }
  return Found(finding);
}

void Witness::Cosign(const std::string& note, Look& look) {
  auditlog::Note cosigned = *auditlog::ParseNote(note);
  cosigned.signatures = {setup_.signer->Sign(cosigned.text, clock_())};
  v1::CosignRequest request;
  request.set_cosigned_checkpoint(auditlog::FormatNote(cosigned));
  const auto response = audit_.Cosign(request);
  look.not_cosigned = response.status();
  look.cosigned_now = response.ok();
  look.cosigned = response.ok();
}

absl::Status Witness::Found(const Finding& finding) {
  report::v1::WitnessEvidence evidence;
  evidence.set_format(std::string(client::kEvidenceFormat));
  evidence.set_reason(finding.reason);
  evidence.set_witness(setup_.agency);
  evidence.mutable_time()->set_seconds(absl::ToUnixSeconds(clock_()));
  evidence.set_verifier_key(setup_.log.ToString());
  evidence.set_seen(finding.seen);
  evidence.set_shown(finding.shown);
  for (const std::string& hash : finding.path) evidence.add_path(hash);
  evidence.set_answer(finding.answer);
  const auto path = memory_.Keep(evidence);
  if (!path.ok()) return path.status();
  return errors::Error(finding.reason, {.rule = *path});
}

}  // namespace waystation::adapters
