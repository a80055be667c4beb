// SPDX-License-Identifier: Apache-2.0
// What the hub gave out and gets back, and what it reads of its own folders:
// handles, names of conflicts and candidates, page tokens, the key file, a
// backup, its journal.
#include "server/hub/names.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "server/backup/archive.h"
#include "server/backup/journal.h"
#include "server/backup/shelf.h"
#include "server/hub/keys.h"
#include "server/hub/page_token.h"
#include "tests/fuzz/fuzz.h"

namespace waystation::fuzz {
namespace {

constexpr std::string_view kAgency = "labor.320500";
constexpr backup::ArchiveKey kArchiveKey = {3, 1, 4};
constexpr std::string_view kList = "mailbox labor.320500";

hub::SecretKey KeyOf(std::uint8_t byte) {
  hub::SecretKey key;
  key.fill(byte);
  return key;
}

// What is taken is what would be given out, to the letter; and only by whom it
// was given to.
void CheckHandles(std::string_view text) {
  static const hub::HandleCodec ours(KeyOf(1), kAgency);
  static const hub::HandleCodec others(KeyOf(1), "health.320500");
  static const hub::SubjectCodec subjects(KeyOf(1));
  if (const auto uid = ours.Decode(text)) {
    WAYSTATION_HOLDS(ours.Encode(*uid) == text);
    WAYSTATION_HOLDS(!others.Decode(text));
  }
  if (const auto conflict = subjects.DecodeConflict(text)) {
    WAYSTATION_HOLDS(subjects.Encode(*conflict) == text);
  }
  if (const auto candidate = subjects.DecodeCandidate(text)) {
    WAYSTATION_HOLDS(subjects.Encode(*candidate) == text);
  }
  if (const auto block = hub::FromBase32(text)) {
    WAYSTATION_HOLDS(hub::ToBase32(*block) == text);
  }
}

void CheckTokens(std::string_view text) {
  static const hub::PageTokens tokens(KeyOf(2));
  // A text may be a token, and any text may be a position.
  if (const auto position = tokens.Decode(kList, text); position.ok()) {
    WAYSTATION_HOLDS(tokens.Encode(kList, *position) == text);
  } else {
    WAYSTATION_HOLDS(errors::ReasonOf(position.status()) ==
                     "PAGE_TOKEN_INVALID");
  }
  (void)tokens.DecodeNumber(kList, text);
  std::string token = tokens.Encode(kList, text);
  WAYSTATION_HOLDS(*tokens.Decode(kList, token) == text);
  WAYSTATION_HOLDS(!tokens.Decode("mailbox health.320500", token).ok());
  char& byte = token[text.size() % token.size()];
  byte = byte == 'A' ? 'B' : 'A';
  WAYSTATION_HOLDS(!tokens.Decode(kList, token).ok());
}

void CheckKeyFile(std::string_view text) {
  const auto keys = hub::Keys::Parse(text, "fuzz.keys");
  if (!keys.ok()) {
    WAYSTATION_HOLDS(errors::ReasonOf(keys.status()) == "KEY_FILE_INVALID");
    return;
  }
  WAYSTATION_HOLDS(!keys->key_encryption_keys().empty());
}

// What a backup of these bytes holds, read to its end; nullopt where it is
// refused.
std::optional<std::string> ReadArchive(std::string_view bytes) {
  const MemoryFile file(bytes);
  const auto refused = [](const absl::Status& status) {
    WAYSTATION_HOLDS(errors::ReasonOf(status) == "BACKUP_DAMAGED");
    return std::nullopt;
  };
  const auto reader = backup::ArchiveReader::Open(file.path());
  if (!reader.ok()) return refused(reader.status());
  if (auto open = (*reader)->Unlock(kArchiveKey); !open.ok()) {
    return refused(open);
  }
  std::string content;
  for (;;) {
    const auto piece = (*reader)->Next();
    if (!piece.ok()) return refused(piece.status());
    if (piece->empty()) break;
    content.append(*piece);
  }
  WAYSTATION_HOLDS((*reader)->hash() == auditlog::Sha256(bytes));
  return content;
}

// A backup gives back what was put in, and none of it once a bit of it is
// another, or its end is missing.
void CheckSealed(std::string_view content) {
  static ScratchFolder folder;
  const std::string path = folder.path() + "/fuzz.backup";
  store::v1::BackupHead head;
  head.set_name(absl::BytesToHexString(std::string(content.substr(0, 16))));
  auto writer = backup::ArchiveWriter::Create(path, head, kArchiveKey);
  WAYSTATION_HOLDS(writer.ok());
  if (!content.empty()) WAYSTATION_HOLDS((*writer)->Append(content).ok());
  WAYSTATION_HOLDS((*writer)->Finish({}).ok());
  std::ifstream stream(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(stream), {});
  folder.Clear();
  WAYSTATION_HOLDS(ReadArchive(bytes) == content);
  const std::size_t at =
      content.empty() ? 0 : static_cast<std::uint8_t>(content[0]) * 97U;
  WAYSTATION_HOLDS(!ReadArchive(bytes.substr(0, at % bytes.size())));
  char& byte = bytes[at % bytes.size()];
  byte = static_cast<char>(byte ^ 4);
  WAYSTATION_HOLDS(!ReadArchive(bytes));
}

// No name leads out of the folders.
void CheckShelf(std::string_view name) {
  static ScratchFolder folder;
  static auto* const shelf =
      backup::Shelf::Open({.folder = folder.path() + "/backups",
                           .keys = folder.path() + "/keys"})
          ->release();
  const auto read =
      shelf->Read(std::string(name), absl::FromUnixSeconds(1'772'323'200));
  WAYSTATION_HOLDS(errors::ReasonOf(read.status()) == "NO_SUCH_BACKUP");
}

// A journal that opens holds what it held, opened again.
void CheckJournal(std::string_view bytes) {
  static ScratchFolder folder;
  std::ofstream(folder.path() + "/administration.jsonl", std::ios::binary)
      << bytes;
  const auto journal = backup::Journal::Open(folder.path());
  if (journal.ok()) {
    const auto again = backup::Journal::Open(folder.path());
    WAYSTATION_HOLDS(again.ok());
    WAYSTATION_HOLDS((*again)->Objects() == (*journal)->Objects());
  } else {
    WAYSTATION_HOLDS(errors::ReasonOf(journal.status()) == "JOURNAL_DAMAGED");
  }
  folder.Clear();
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  const Chosen input = TakeChoice(data, size);
  switch (input.choice) {
    case 'k':
      CheckKeyFile(input.bytes);
      break;
    case 'b':
      (void)ReadArchive(input.bytes);
      break;
    case 'w':
      CheckSealed(input.bytes);
      break;
    case 's':
      CheckShelf(input.bytes);
      break;
    case 'j':
      CheckJournal(input.bytes);
      break;
    default:
      CheckHandles(input.bytes);
      CheckTokens(input.bytes);
  }
  return 0;
}
