// SPDX-License-Identifier: Apache-2.0
#include "waystation/audit_proof.h"

#include <algorithm>
#include <set>
#include <utility>

#include "client/library/files.h"
#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"
#include "proto/errors/error.h"
#include "waystation/audit_checks.h"
#include "waystation/report/v1/audit_report.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::client {
namespace {

using report::v1::EvidenceReport;
using report::v1::UpdateProof;
using report::v1::UpdateProofReport;
using report::v1::WitnessEvidence;

absl::Status NoProof(std::string_view format, std::string rule) {
  return errors::Error("CONFIG_INVALID",
                       {.field = std::string(format), .rule = std::move(rule)});
}

template <typename Report>
void Find(Report& report, std::string_view reason, std::string place,
          std::uint64_t index) {
  report::v1::AuditFinding& finding = *report.add_findings();
  finding.set_reason(std::string(reason));
  finding.set_place(std::move(place));
  finding.set_index(index);
}

// nullopt if one is no hash.
std::optional<std::vector<auditlog::Hash>> ReadHashes(
    const google::protobuf::RepeatedPtrField<std::string>& bytes) {
  std::vector<auditlog::Hash> hashes;
  for (const std::string& one : bytes) {
    const auto hash = auditlog::ParseHash(one);
    if (!hash.ok()) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

// The key that was given, or the one that came with what it is to prove.
absl::StatusOr<auditlog::NoteVerifier> KeyOr(
    const std::optional<auditlog::NoteVerifier>& given,
    const std::string& brought, std::string_view format) {
  if (given) return *given;
  auto parsed = auditlog::NoteVerifier::Parse(brought);
  if (!parsed.ok()) return NoProof(format, "verifierKey: not the key of a log");
  return parsed;
}

// One update's proof, step by step. What does not hold is a finding; what rests
// on it is not looked at.
class UpdateCheck {
 public:
  UpdateCheck(const UpdateProof& proof, const UpdateProofOptions& options)
      : proof_(proof), options_(options) {}

  absl::StatusOr<UpdateProofReport> Run() {
    if (proof_.format() != kUpdateProofFormat) {
      return NoProof(kUpdateProofFormat, "format: not this one");
    }
    const auto log_key =
        KeyOr(options_.log_key, proof_.verifier_key(), kUpdateProofFormat);
    if (!log_key.ok()) return log_key.status();
    report_.set_key_from_proof(!options_.log_key);
    report_.set_origin(log_key->name());
    report_.set_index(proof_.index());
    if (CheckHead(*log_key) && CheckEntry()) CheckUpdate();
    return std::move(report_);
  }

 private:
  bool CheckHead(const auditlog::NoteVerifier& log_key) {
    const auto checkpoint =
        auditlog::OpenCheckpoint(proof_.checkpoint(), log_key);
    if (!checkpoint.ok()) {
      Find(report_, "CHECKPOINT_NOT_SIGNED", "checkpoint", 0);
      return false;
    }
    checkpoint_ = *checkpoint;
    report_.set_tree_size(checkpoint_.size);
    const auto note = auditlog::ParseNote(proof_.checkpoint());
    const Cosigned cosigned = WhoCosigned(*note, options_.quorum);
    AddCosigners(cosigned, checkpoint_.size, *report_.mutable_cosigners());
    if (!cosigned.wrong.empty()) {
      Find(report_, "COSIGNATURE_WRONG", cosigned.wrong.front(),
           checkpoint_.size);
    }
    if (options_.quorum.asked_for() &&
        cosigned.by.size() < options_.quorum.least) {
      Find(report_, "WITNESS_QUORUM", "checkpoint", checkpoint_.size);
    }
    return true;
  }

  bool CheckEntry() {
    const auto path = ReadHashes(proof_.path());
    const bool included =
        path && auditlog::VerifyInclusion(auditlog::LeafHash(proof_.leaf()),
                                          proof_.index(), checkpoint_.size,
                                          *path, checkpoint_.root)
                    .ok();
    if (!included || !event_.ParseFromString(proof_.leaf())) {
      Find(report_, "PROOF_FAILS", "leaf", proof_.index());
      return false;
    }
    report_.set_agency(event_.agency());
    *report_.mutable_time() = event_.time();
    report_.set_updates(static_cast<std::uint32_t>(proof_.details_size()));
    details_ = ReadHashes(proof_.details());
    const bool committed = details_ && proof_.detail() < details_->size() &&
                           auditlog::AsBytes(auditlog::TreeRoot(*details_)) ==
                               event_.details_root();
    if (!committed) {
      Find(report_, "DETAILS_CHANGED", "details", proof_.index());
      return false;
    }
    CheckSignature();
    return true;
  }

  void CheckSignature() {
    if (!event_.has_signature()) return;
    absl::StatusOr<auditlog::Ed25519PublicKey> key =
        auditlog::Ed25519PublicKey::FromRaw(proof_.signing_key().public_key());
    if (options_.agency_key) {
      key = *options_.agency_key;
    } else {
      report_.set_key_from_proof(true);
    }
    const std::string& key_id = event_.signature().key_id();
    if (key.ok() && auditlog::VerifyFrame(event_.agency(), key_id, *details_,
                                          event_.signature().signature(), *key)
                        .ok()) {
      report_.set_key_id(key_id);
      return;
    }
    Find(report_, "FRAME_SIGNATURE_WRONG", event_.agency() + " " + key_id,
         proof_.index());
  }

  void CheckUpdate() {
    if (proof_.salt().empty() && proof_.update().empty()) return;
    v1::Update update;
    const bool opened = proof_.salt().size() == auditlog::kSaltSize &&
                        auditlog::SaltedHash(proof_.salt(), proof_.update()) ==
                            (*details_)[proof_.detail()] &&
                        update.ParseFromString(proof_.update());
    if (!opened) {
      Find(report_, "DETAILS_CHANGED", "update", proof_.index());
      return;
    }
    report_.set_record_key(update.record_key());
    report_.set_revision(update.revision());
    for (const std::string& path : update.mask().paths()) {
      report_.add_attributes(path);
    }
  }

  const UpdateProof& proof_;
  const UpdateProofOptions& options_;
  UpdateProofReport report_;
  auditlog::Checkpoint checkpoint_;
  v1::AuditEvent event_;
  std::optional<std::vector<auditlog::Hash>> details_;
};

// Whether two heads, the smaller first, contradict each other or go together.
enum class Relation { kContradict, kUnconnected, kContinue };

Relation Relate(const auditlog::Checkpoint& smaller,
                const auditlog::Checkpoint& larger,
                const std::vector<auditlog::Hash>& path) {
  if (smaller.size == larger.size) {
    return smaller.root == larger.root ? Relation::kContinue
                                       : Relation::kContradict;
  }
  if (auditlog::VerifyConsistency(smaller.size, larger.size, path, smaller.root,
                                  larger.root)
          .ok()) {
    return Relation::kContinue;
  }
  // A path that leads to the later root, as signed, says what the earlier one
  // must be: another is signed.
  const auto roots =
      auditlog::RootsOfConsistency(smaller.size, larger.size, path);
  return roots && roots->new_root == larger.root &&
                 roots->old_root != smaller.root
             ? Relation::kContradict
             : Relation::kUnconnected;
}

}  // namespace

absl::StatusOr<auditlog::NoteVerifier> ReadWitnessKey(std::string_view key) {
  auto parsed = auditlog::NoteVerifier::Parse(key);
  if (!parsed.ok()) {
    if (const auto text = ReadWholeFile(std::string(key)); text.ok()) {
      const std::string_view line = *text;
      parsed = auditlog::NoteVerifier::Parse(
          line.substr(0, line.find_first_of("\r\n")));
    }
  }
  if (parsed.ok() &&
      parsed->algorithm() == auditlog::NoteAlgorithm::kCosignatureV1) {
    return parsed;
  }
  return errors::Error("CONFIG_INVALID",
                       {.field = "witness key",
                        .rule = "a verifier key of a witness "
                                "(<agency>+<hash>+<base64>) or a file with "
                                "one"});
}

Cosigned WhoCosigned(const auditlog::Note& note, const Quorum& quorum) {
  Cosigned cosigned;
  std::set<std::string_view> seen;
  for (const auditlog::NoteVerifier& witness : quorum.witnesses) {
    const auto time = witness.CosignedAt(note);
    if (time.ok()) {
      // One agency counts once, however many keys it has.
      if (seen.insert(witness.name()).second) {
        cosigned.by.push_back({.witness = witness.name(), .time = *time});
      }
    } else if (!absl::IsNotFound(time.status())) {
      cosigned.wrong.push_back(witness.name());
    }
  }
  return cosigned;
}

void AddCosigners(
    const Cosigned& cosigned, std::uint64_t size,
    google::protobuf::RepeatedPtrField<report::v1::Cosigner>& cosigners) {
  for (const Cosigned::By& by : cosigned.by) {
    report::v1::Cosigner& cosigner = *cosigners.Add();
    cosigner.set_witness(by.witness);
    cosigner.mutable_time()->set_seconds(absl::ToUnixSeconds(by.time));
    cosigner.set_size(size);
  }
}

UpdateProof ToUpdateProof(const v1::GetUpdateProofResponse& answer,
                          const std::string& verifier_key) {
  UpdateProof proof;
  proof.set_format(std::string(kUpdateProofFormat));
  proof.set_checkpoint(answer.inclusion().checkpoint());
  proof.set_index(answer.inclusion().index());
  proof.set_leaf(answer.inclusion().leaf());
  *proof.mutable_path() = answer.inclusion().path();
  *proof.mutable_details() = answer.inclusion().details();
  proof.set_detail(answer.detail());
  proof.set_salt(answer.salt());
  proof.set_update(answer.update());
  if (answer.has_signing_key()) {
    *proof.mutable_signing_key() = answer.signing_key();
  }
  proof.set_verifier_key(verifier_key);
  return proof;
}

absl::StatusOr<UpdateProofReport> CheckUpdateProof(
    const UpdateProof& proof, const UpdateProofOptions& options) {
  return UpdateCheck(proof, options).Run();
}

absl::StatusOr<EvidenceReport> CheckEvidence(
    const WitnessEvidence& evidence,
    const std::optional<auditlog::NoteVerifier>& log_key) {
  if (evidence.format() != kEvidenceFormat) {
    return NoProof(kEvidenceFormat, "format: not this one");
  }
  const auto key = KeyOr(log_key, evidence.verifier_key(), kEvidenceFormat);
  if (!key.ok()) return key.status();
  EvidenceReport report;
  report.set_key_from_evidence(!log_key);
  report.set_origin(key->name());
  report.set_witness(evidence.witness());
  *report.mutable_time() = evidence.time();
  const auto seen = auditlog::OpenCheckpoint(evidence.seen(), *key);
  const auto shown = auditlog::OpenCheckpoint(evidence.shown(), *key);
  if (seen.ok()) {
    report.set_seen_size(seen->size);
    report.set_seen_root(auditlog::ToHex(seen->root));
  }
  if (shown.ok()) {
    report.set_shown_size(shown->size);
    report.set_shown_root(auditlog::ToHex(shown->root));
  }
  if (!seen.ok() || !shown.ok()) {
    Find(report, "CHECKPOINT_NOT_SIGNED", seen.ok() ? "shown" : "seen", 0);
    return report;
  }
  if (seen->origin != shown->origin) {
    Find(report, "LOG_RESTORED", shown->origin, shown->size);
    return report;
  }
  const auto path = ReadHashes(evidence.path());
  const bool in_order = seen->size <= shown->size;
  const auditlog::Checkpoint& smaller = in_order ? *seen : *shown;
  const auditlog::Checkpoint& larger = in_order ? *shown : *seen;
  switch (
      Relate(smaller, larger, path.value_or(std::vector<auditlog::Hash>()))) {
    case Relation::kContradict:
      Find(report, "EVIDENCE_HOLDS",
           "checkpoints of sizes " + std::to_string(smaller.size) + " and " +
               std::to_string(larger.size),
           smaller.size);
      break;
    case Relation::kUnconnected:
      Find(report, "EVIDENCE_OPEN",
           "checkpoints of sizes " + std::to_string(smaller.size) + " and " +
               std::to_string(larger.size),
           smaller.size);
      break;
    case Relation::kContinue:
      break;
  }
  return report;
}

}  // namespace waystation::client
