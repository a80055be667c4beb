// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/note.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "proto/auditlog/epoch.h"

namespace waystation::auditlog {
namespace {

constexpr std::size_t kMaxNoteSize = 1'000'000;
constexpr std::size_t kKeyHashSize = 4;
constexpr std::size_t kTimeSize = 8;
constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // EM DASH
constexpr std::string_view kCosignatureDomain = "cosignature/v1\n";

absl::Status Malformed(const char* what) {
  return absl::InvalidArgumentError(what);
}

template <typename... Parts>
std::string Concat(const Parts&... parts) {
  std::string text;
  (text.append(parts), ...);
  return text;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != text.npos;
       end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(text);
  return lines;
}

// Takes one code point off the front; nullopt where the text is not UTF-8.
std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
  };
  const std::uint8_t lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  if (size == 0 || size > text.size()) return std::nullopt;
  char32_t point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong =
      (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  if (overlong || surrogate || point > 0x10FFFF) return std::nullopt;
  text.remove_prefix(size);
  return point;
}

// White_Space of Unicode.
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// True when every code point of the UTF-8 text passes.
template <typename Passes>
bool EveryCodePoint(std::string_view text, Passes passes) {
  while (!text.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(text);
    if (!point || !passes(*point)) return false;
  }
  return true;
}

bool IsName(std::string_view name) {
  return !name.empty() && EveryCodePoint(name, [](char32_t c) {
    return !IsSpace(c) && c != '+' && c >= 0x20;
  });
}

std::string BigEndian(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 0; value >>= 8) {
    bytes[i] = static_cast<char>(value);
  }
  return bytes;
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<std::uint8_t>(byte);
  }
  return value;
}

std::string AlgorithmAndKey(NoteAlgorithm algorithm,
                            const Ed25519PublicKey& key) {
  return static_cast<char>(algorithm) + key.raw();
}

std::uint32_t KeyHash(std::string_view name, NoteAlgorithm algorithm,
                      const Ed25519PublicKey& key) {
  const Hash hash = Sha256(Concat(name, "\n", AlgorithmAndKey(algorithm, key)));
  return static_cast<std::uint32_t>(
      ReadBigEndian(AsBytes(hash).substr(0, kKeyHashSize)));
}

std::string KeyHashHex(std::uint32_t key_hash) {
  return ToHex(BigEndian(key_hash, kKeyHashSize));
}

// What a witness signs in place of the text.
std::string CosignedMessage(std::uint64_t unix_seconds, std::string_view text) {
  return Concat(kCosignatureDomain, "time ", std::to_string(unix_seconds), "\n",
                text);
}

absl::StatusOr<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) {
    return Malformed("a signature line begins with an em dash and a space");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos || !IsName(line.substr(0, space))) {
    return Malformed("a signature line holds a name and base64");
  }
  const absl::StatusOr<std::string> bytes = FromBase64(line.substr(space + 1));
  if (!bytes.ok() || bytes->size() <= kKeyHashSize) {
    return Malformed("a signature is base64 of a key hash and more");
  }
  return NoteSignature{.name = std::string(line.substr(0, space)),
                       .key_hash = static_cast<std::uint32_t>(ReadBigEndian(
                           std::string_view(*bytes).substr(0, kKeyHashSize))),
                       .bytes = bytes->substr(kKeyHashSize)};
}

// Decimal without sign or leading zeros.
std::optional<std::uint64_t> ParseDecimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || std::to_string(value) != text) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

absl::StatusOr<Note> ParseNote(std::string_view bytes) {
  if (bytes.size() > kMaxNoteSize) return Malformed("the note is too long");
  if (!EveryCodePoint(bytes,
                      [](char32_t c) { return c >= 0x20 || c == '\n'; })) {
    return Malformed("a note is UTF-8 without control characters");
  }
  // The text may hold empty lines, so the last one divides.
  const std::size_t divide = bytes.rfind("\n\n");
  if (divide == bytes.npos) {
    return Malformed("an empty line divides a note's text from its signatures");
  }
  Note note{.text = std::string(bytes.substr(0, divide + 1)), .signatures = {}};
  std::string_view lines = bytes.substr(divide + 2);
  if (!lines.ends_with('\n')) {
    return Malformed("a note ends in signature lines");
  }
  lines.remove_suffix(1);
  for (const std::string_view line : SplitLines(lines)) {
    if (note.signatures.size() == kMaxSignatures) {
      return Malformed("the note has too many signatures");
    }
    absl::StatusOr<NoteSignature> signature = ParseSignatureLine(line);
    if (!signature.ok()) return signature.status();
    note.signatures.push_back(*std::move(signature));
  }
  return note;
}

std::string FormatNote(const Note& note) {
  std::string bytes = Concat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) {
    bytes += Concat(
        kSignaturePrefix, signature.name, " ",
        ToBase64(BigEndian(signature.key_hash, kKeyHashSize) + signature.bytes),
        "\n");
  }
  return bytes;
}

std::optional<absl::Time> CosignatureTime(const NoteSignature& signature) {
  if (signature.bytes.size() != kTimeSize + kEd25519SignatureSize) {
    return std::nullopt;
  }
  const std::uint64_t seconds =
      ReadBigEndian(std::string_view(signature.bytes).substr(0, kTimeSize));
  // tlog-cosignature: it must not exceed 2^63 - 1.
  if (seconds > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<std::int64_t>(seconds));
}

absl::StatusOr<NoteVerifier> NoteVerifier::Create(std::string_view name,
                                                  Ed25519PublicKey key,
                                                  NoteAlgorithm algorithm) {
  if (!IsName(name)) {
    return Malformed("a key name is UTF-8 without spaces and plus signs");
  }
  const std::uint32_t key_hash = KeyHash(name, algorithm, key);
  return NoteVerifier(std::string(name), std::move(key), algorithm, key_hash);
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(std::string_view text) {
  // Base64 has plus signs too, so only the first two divide.
  const std::size_t first = text.find('+');
  const std::size_t second =
      first == text.npos ? first : text.find('+', first + 1);
  if (second == text.npos) {
    return Malformed("a verifier key is name+hash+base64");
  }
  const std::string_view name = text.substr(0, first);
  const std::string_view hash = text.substr(first + 1, second - first - 1);
  const absl::StatusOr<std::string> bytes = FromBase64(text.substr(second + 1));
  if (!bytes.ok() || bytes->size() != 1 + kEd25519KeySize) {
    return Malformed("a verifier key holds an algorithm and 32 bytes");
  }
  const auto algorithm = static_cast<NoteAlgorithm>((*bytes)[0]);
  if (algorithm != NoteAlgorithm::kEd25519 &&
      algorithm != NoteAlgorithm::kCosignatureV1) {
    return Malformed("the verifier key is of an unknown algorithm");
  }
  absl::StatusOr<Ed25519PublicKey> key =
      Ed25519PublicKey::FromRaw(std::string_view(*bytes).substr(1));
  if (!key.ok()) return key.status();
  absl::StatusOr<NoteVerifier> verifier =
      Create(name, *std::move(key), algorithm);
  if (verifier.ok() && KeyHashHex(verifier->key_hash()) != hash) {
    return Malformed("the verifier key's hash does not fit its name and key");
  }
  return verifier;
}

std::string NoteVerifier::ToString() const {
  return Concat(name_, "+", KeyHashHex(key_hash_), "+",
                ToBase64(AlgorithmAndKey(algorithm_, key_)));
}

absl::Status NoteVerifier::Verify(const Note& note) const {
  const auto signature = std::find_if(
      note.signatures.begin(), note.signatures.end(),
      [&](const NoteSignature& candidate) {
        return candidate.name == name_ && candidate.key_hash == key_hash_;
      });
  if (signature == note.signatures.end()) {
    return absl::NotFoundError(Concat("the note is not signed by ", name_));
  }
  std::string_view bytes = signature->bytes;
  if (algorithm_ == NoteAlgorithm::kEd25519) {
    return key_.Verify(note.text, bytes);
  }
  if (!CosignatureTime(*signature).has_value()) {
    return absl::UnauthenticatedError("a cosignature is a time and 64 bytes");
  }
  return key_.Verify(
      CosignedMessage(ReadBigEndian(bytes.substr(0, kTimeSize)), note.text),
      bytes.substr(kTimeSize));
}

absl::StatusOr<absl::Time> NoteVerifier::CosignedAt(const Note& note) const {
  if (algorithm_ != NoteAlgorithm::kCosignatureV1) {
    return absl::FailedPreconditionError(
        Concat(name_, " is not the key of a witness"));
  }
  if (absl::Status status = Verify(note); !status.ok()) return status;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name != name_ || signature.key_hash != key_hash_) continue;
    return *CosignatureTime(signature);
  }
  return absl::NotFoundError("no cosignature");
}

absl::StatusOr<NoteSigner> NoteSigner::Create(std::string_view name,
                                              Ed25519PrivateKey key,
                                              NoteAlgorithm algorithm) {
  absl::StatusOr<NoteVerifier> verifier =
      NoteVerifier::Create(name, key.public_key(), algorithm);
  if (!verifier.ok()) return verifier.status();
  return NoteSigner(*std::move(verifier), std::move(key));
}

NoteSignature NoteSigner::Sign(std::string_view text, absl::Time now) const {
  NoteSignature signature{
      .name = verifier_.name(), .key_hash = verifier_.key_hash(), .bytes = {}};
  if (verifier_.algorithm() == NoteAlgorithm::kEd25519) {
    signature.bytes = key_.Sign(text);
  } else {
    const auto seconds = static_cast<std::uint64_t>(absl::ToUnixSeconds(now));
    signature.bytes = BigEndian(seconds, kTimeSize) +
                      key_.Sign(CosignedMessage(seconds, text));
  }
  return signature;
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  std::string text =
      Concat(checkpoint.origin, "\n", std::to_string(checkpoint.size), "\n",
             ToBase64(checkpoint.root), "\n");
  for (const std::string& extension : checkpoint.extensions) {
    text += Concat(extension, "\n");
  }
  return text;
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  if (!text.ends_with('\n')) {
    return Malformed("a checkpoint ends in a newline");
  }
  text.remove_suffix(1);
  const std::vector<std::string_view> lines = SplitLines(text);
  if (lines.size() < 3) {
    return Malformed("a checkpoint holds origin, size and root");
  }
  if (std::find(lines.begin(), lines.end(), "") != lines.end()) {
    return Malformed("a checkpoint has no empty line");
  }
  const std::optional<std::uint64_t> size = ParseDecimal(lines[1]);
  if (!size) return Malformed("line 2 of a checkpoint is its size in decimal");
  const absl::StatusOr<std::string> root = FromBase64(lines[2]);
  if (!root.ok() || root->size() != kHashSize) {
    return Malformed("line 3 of a checkpoint is a root of 32 bytes in base64");
  }
  return Checkpoint{.origin = std::string(lines[0]),
                    .size = *size,
                    .root = *ParseHash(*root),
                    .extensions = {lines.begin() + 3, lines.end()}};
}

std::string SignCheckpoint(const Checkpoint& checkpoint,
                           const NoteSigner& signer) {
  std::string text = FormatCheckpoint(checkpoint);
  NoteSignature signature = signer.Sign(text, absl::UnixEpoch());
  return FormatNote({.text = std::move(text), .signatures = {signature}});
}

absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note,
                                          const NoteVerifier& log) {
  const absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.status();
  if (BaseOfOrigin(checkpoint->origin) != BaseOfOrigin(log.name())) {
    return absl::FailedPreconditionError(
        Concat("the checkpoint is not of the log ", log.name()));
  }
  const absl::StatusOr<NoteVerifier> verifier =
      NoteVerifier::Create(checkpoint->origin, log.key(), log.algorithm());
  if (!verifier.ok()) return verifier.status();
  if (absl::Status status = verifier->Verify(*parsed); !status.ok()) {
    return status;
  }
  return checkpoint;
}

}  // namespace waystation::auditlog
