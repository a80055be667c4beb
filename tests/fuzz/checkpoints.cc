// SPDX-License-Identifier: Apache-2.0
// What the audit log shows and others check: notes, checkpoints, cosignatures,
// keys, tiles, proofs, and the two files that need no hub.
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/epoch.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"
#include "proto/auditlog/note.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "tests/fuzz/fuzz.h"
#include "waystation/audit_proof.h"
#include "waystation/report/v1/audit_report.pb.h"

namespace waystation::fuzz {
namespace {

namespace log = auditlog;

const log::NoteSigner& LogSigner() {
  static const auto* const signer =
      new log::NoteSigner(*log::NoteSigner::Create(
          "fuzz.example/log",
          *log::Ed25519PrivateKey::FromSeed(std::string(32, 'l'))));
  return *signer;
}

const log::NoteSigner& WitnessSigner() {
  static const auto* const signer =
      new log::NoteSigner(*log::NoteSigner::Create(
          "labor.320500",
          *log::Ed25519PrivateKey::FromSeed(std::string(32, 'w')),
          log::NoteAlgorithm::kCosignatureV1));
  return *signer;
}

// One written form each; a checkpoint that opens was signed by the log's key.
void CheckNote(std::string_view bytes) {
  const auto note = log::ParseNote(bytes);
  if (!note.ok()) {
    WAYSTATION_HOLDS(!log::OpenCheckpoint(bytes, LogSigner().verifier()).ok());
    return;
  }
  WAYSTATION_HOLDS(log::FormatNote(*note) == bytes);
  for (const log::NoteSignature& signature : note->signatures) {
    (void)log::CosignatureTime(signature);
  }
  const auto opened = log::OpenCheckpoint(bytes, LogSigner().verifier());
  if (opened.ok()) {
    WAYSTATION_HOLDS(log::FormatCheckpoint(*opened) == note->text);
    const auto& key = LogSigner().verifier().key();
    WAYSTATION_HOLDS(std::ranges::any_of(
        note->signatures, [&](const log::NoteSignature& signature) {
          return key.Verify(note->text, signature.bytes).ok();
        }));
  }
  (void)WitnessSigner().verifier().CosignedAt(*note);
}

// Whatever is signed verifies, by log and by witness; and not when a bit of the
// text or of a signature is another.
void CheckSigning(std::string_view bytes, std::uint8_t choice) {
  const std::string text = std::string(bytes) + "\n";
  const absl::Time now = absl::FromUnixSeconds(1'772'323'200 + choice);
  log::Note note{.text = text,
                 .signatures = {LogSigner().Sign(text, now),
                                WitnessSigner().Sign(text, now)}};
  WAYSTATION_HOLDS(LogSigner().verifier().Verify(note).ok());
  WAYSTATION_HOLDS(*WitnessSigner().verifier().CosignedAt(note) == now);
  const auto read = log::ParseNote(log::FormatNote(note));
  if (read.ok()) WAYSTATION_HOLDS(*read == note);
  log::Note changed = note;
  char& byte = changed.text[choice % changed.text.size()];
  byte = static_cast<char>(byte ^ 1);
  WAYSTATION_HOLDS(!LogSigner().verifier().Verify(changed).ok());
  WAYSTATION_HOLDS(!WitnessSigner().verifier().Verify(changed).ok());
  for (log::NoteSignature& signature : note.signatures) {
    char& last = signature.bytes[choice % signature.bytes.size()];
    last = static_cast<char>(last ^ 1);
  }
  WAYSTATION_HOLDS(!LogSigner().verifier().Verify(note).ok());
  WAYSTATION_HOLDS(!WitnessSigner().verifier().Verify(note).ok());
}

void CheckForms(std::string_view bytes) {
  if (const auto checkpoint = log::ParseCheckpoint(bytes); checkpoint.ok()) {
    WAYSTATION_HOLDS(log::FormatCheckpoint(*checkpoint) == bytes);
    const std::string_view base = log::BaseOfOrigin(checkpoint->origin);
    const std::string_view epoch = log::EpochOfOrigin(checkpoint->origin);
    WAYSTATION_HOLDS(log::OriginOfEpoch(base, epoch) == checkpoint->origin);
  }
  if (const auto key = log::NoteVerifier::Parse(bytes); key.ok()) {
    WAYSTATION_HOLDS(key->ToString() == bytes);
  }
  if (const auto tile = log::ParseTile(bytes); tile.ok()) {
    WAYSTATION_HOLDS(log::TileBytes(*tile) == bytes);
  }
  if (const auto frontier = log::Frontier::Parse(bytes); frontier.ok()) {
    WAYSTATION_HOLDS(frontier->Serialize() == bytes);
    (void)frontier->Root();
  }
  if (const auto raw = log::FromBase64(bytes); raw.ok()) {
    WAYSTATION_HOLDS(log::ToBase64(*raw) == bytes);
  }
  (void)log::Ed25519PublicKey::FromPem(bytes);
  (void)log::Ed25519PrivateKey::FromPem(bytes);
}

log::Proof TakeProof(std::string_view bytes) {
  log::Proof proof;
  for (; bytes.size() >= log::kHashSize; bytes.remove_prefix(log::kHashSize)) {
    proof.push_back(*log::ParseHash(bytes.substr(0, log::kHashSize)));
  }
  return proof;
}

// A proof that is accepted is the one that there is; sizes beside those of the
// tree, however large, are never proved.
void CheckProofs(std::string_view bytes) {
  if (bytes.size() < 3) return;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
  };
  const std::uint64_t size = 1 + byte(0) % 40;
  const std::uint64_t at = byte(1);
  std::vector<log::Hash> entries;
  for (std::uint64_t i = 0; i < size; ++i) {
    entries.push_back(log::Sha256(std::to_string(i)));
  }
  const log::Hash root = log::TreeRoot(entries);
  log::Proof proof = TakeProof(bytes.substr(3));
  const std::uint64_t huge = byte(2) < 64 ? std::uint64_t{1} << byte(2) : size;
  const log::Hash leaf = log::LeafHash(log::AsBytes(entries[at % size]));
  for (const std::uint64_t claimed : {size, huge, ~std::uint64_t{0}}) {
    if (!log::VerifyInclusion(leaf, at, claimed, proof, root).ok()) continue;
    WAYSTATION_HOLDS(at < size);
    WAYSTATION_HOLDS(proof == *log::TreeInclusionProof(entries, at));
  }
  (void)log::VerifyConsistency(at, huge, proof, root, root);
  (void)log::RootsOfConsistency(at, ~std::uint64_t{0}, proof);
  // The right one, of which a bit is made another.
  proof = *log::TreeInclusionProof(entries, at % size);
  WAYSTATION_HOLDS(
      log::VerifyInclusion(leaf, at % size, size, proof, root).ok());
  if (proof.empty()) return;
  proof[byte(2) % proof.size()][at % log::kHashSize] ^= 1;
  WAYSTATION_HOLDS(
      !log::VerifyInclusion(leaf, at % size, size, proof, root).ok());
}

// A file that others made. Findings, or a head that the log's key signed.
void CheckFiles(std::string_view bytes) {
  namespace json = google::protobuf::util;
  const json::JsonParseOptions options;
  report::v1::UpdateProof proof;
  if (json::JsonStringToMessage(std::string(bytes), &proof, options).ok()) {
    const auto report = client::CheckUpdateProof(
        proof, {.log_key = LogSigner().verifier(),
                .quorum = {.witnesses = {WitnessSigner().verifier()}}});
    if (report.ok() && report->findings().empty()) {
      WAYSTATION_HOLDS(
          log::OpenCheckpoint(proof.checkpoint(), LogSigner().verifier()).ok());
    }
    (void)client::CheckUpdateProof(proof, {});
  }
  report::v1::WitnessEvidence evidence;
  if (json::JsonStringToMessage(std::string(bytes), &evidence, options).ok()) {
    (void)client::CheckEvidence(evidence, LogSigner().verifier());
    (void)client::CheckEvidence(evidence, std::nullopt);
  }
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  const Chosen input = TakeChoice(data, size);
  CheckNote(std::string_view(reinterpret_cast<const char*>(data), size));
  CheckForms(input.bytes);
  switch (input.choice) {
    case 'p':
      CheckProofs(input.bytes);
      break;
    case 'j':
      CheckFiles(input.bytes);
      break;
    default:
      CheckSigning(input.bytes, input.choice);
  }
  return 0;
}
