// SPDX-License-Identifier: Apache-2.0
// Signed notes and checkpoints as C2SP defines them (signed-note,
// tlog-checkpoint, tlog-cosignature), the formats of Go's sumdb/note, so that
// public tools can check what a hub signs.
//
//     note       := text "\n" signature+       text ends in a newline
//     signature  := "— " name " " base64(key_hash signature_bytes) "\n"
//     checkpoint := origin "\n" size "\n" base64(root) "\n" (extension "\n")*
//     verifier   := name "+" hex(key_hash) "+" base64(algorithm public_key)
//     key_hash   := SHA-256(name "\n" algorithm public_key)[0:4]
//
// A log signs with algorithm 1 (Ed25519 over the text), a witness with
// algorithm 4 (Ed25519 over "cosignature/v1\ntime <unix seconds>\n" text; its
// signature bytes are the time, 8 bytes most significant first, and the
// signature).
#ifndef PROTO_AUDITLOG_NOTE_H_
#define PROTO_AUDITLOG_NOTE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/hash.h"

namespace waystation::auditlog {

struct NoteSignature {
  std::string name;
  std::uint32_t key_hash = 0;
  std::string bytes;  // Without the key hash in front.

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// More than this and a note is not read, by us and by Go's sumdb/note.
inline constexpr std::size_t kMaxSignatures = 100;

// A text and who signed it. Signatures by unknown keys are kept as they are.
struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;

  friend bool operator==(const Note&, const Note&) = default;
};

// Reads a note without checking any signature. INVALID_ARGUMENT names the
// rule: no text, control characters, not UTF-8, no signature, over 1 MiB or
// over 100 signatures.
absl::StatusOr<Note> ParseNote(std::string_view bytes);

// The note's one written form; ParseNote reads it back.
std::string FormatNote(const Note& note);

enum class NoteAlgorithm : std::uint8_t {
  kEd25519 = 0x01,       // A log.
  kCosignatureV1 = 0x04  // A witness.
};

// When a witness says that it signed; nullopt for a line that is no
// cosignature. Nobody has checked it: see NoteVerifier::CosignedAt.
std::optional<absl::Time> CosignatureTime(const NoteSignature& signature);

// Names a key and checks what it signed. What an auditor is given out of band.
class NoteVerifier {
 public:
  // INVALID_ARGUMENT for an empty name, or one with a space or a plus.
  static absl::StatusOr<NoteVerifier> Create(
      std::string_view name, Ed25519PublicKey key,
      NoteAlgorithm algorithm = NoteAlgorithm::kEd25519);

  // From "<name>+<hash>+<base64>". INVALID_ARGUMENT when malformed, of another
  // algorithm, or when the hash does not fit name and key.
  static absl::StatusOr<NoteVerifier> Parse(std::string_view text);

  // The text that Parse reads.
  std::string ToString() const;

  const std::string& name() const { return name_; }
  std::uint32_t key_hash() const { return key_hash_; }
  NoteAlgorithm algorithm() const { return algorithm_; }
  const Ed25519PublicKey& key() const { return key_; }

  // OK when one signature of the note is this key's and right. NOT_FOUND when
  // none claims to be this key's; UNAUTHENTICATED when one does and is wrong.
  absl::Status Verify(const Note& note) const;

  // The time at which this witness signed. As Verify; FAILED_PRECONDITION when
  // the key is not a witness's.
  absl::StatusOr<absl::Time> CosignedAt(const Note& note) const;

 private:
  NoteVerifier(std::string name, Ed25519PublicKey key, NoteAlgorithm algorithm,
               std::uint32_t key_hash)
      : name_(std::move(name)),
        key_(std::move(key)),
        algorithm_(algorithm),
        key_hash_(key_hash) {}

  std::string name_;
  Ed25519PublicKey key_;
  NoteAlgorithm algorithm_;
  std::uint32_t key_hash_;
};

// Signs notes under a name. Thread-safe.
class NoteSigner {
 public:
  // As NoteVerifier::Create.
  static absl::StatusOr<NoteSigner> Create(
      std::string_view name, Ed25519PrivateKey key,
      NoteAlgorithm algorithm = NoteAlgorithm::kEd25519);

  // A signature over `text`, which ends in a newline. `now` enters cosignatures
  // only, in whole seconds.
  NoteSignature Sign(std::string_view text, absl::Time now) const;

  const NoteVerifier& verifier() const { return verifier_; }

 private:
  NoteSigner(NoteVerifier verifier, Ed25519PrivateKey key)
      : verifier_(std::move(verifier)), key_(std::move(key)) {}

  NoteVerifier verifier_;
  Ed25519PrivateKey key_;
};

// The head of a log. `origin` names the log and its epoch and is also the name
// of its key.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root = {};
  std::vector<std::string> extensions;  // Whole lines, none empty.

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The text to sign.
std::string FormatCheckpoint(const Checkpoint& checkpoint);

// INVALID_ARGUMENT names the line that is wrong. A size with leading zeros or
// a root that is not 32 bytes is wrong.
absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// Formats and signs: the checkpoint note that a log publishes.
std::string SignCheckpoint(const Checkpoint& checkpoint,
                           const NoteSigner& signer);

// Parses a checkpoint note and checks that `log` signed it and is its origin,
// in whatever epoch (epoch.h): the key stays. That the epochs of a log fit
// together is for consistency proofs to say. INVALID_ARGUMENT when it cannot be
// read, FAILED_PRECONDITION for another log's, NOT_FOUND or UNAUTHENTICATED as
// NoteVerifier::Verify.
absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note,
                                          const NoteVerifier& log);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_NOTE_H_
