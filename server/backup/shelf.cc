// SPDX-License-Identifier: Apache-2.0
#include "server/backup/shelf.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"

namespace waystation::backup {
namespace {

namespace fs = std::filesystem;
using google::protobuf::util::TimeUtil;

constexpr char kArchiveEnding[] = ".backup";
constexpr char kKeyEnding[] = ".key";
constexpr char kPartEnding[] = ".part";
constexpr char kCheckingEnding[] = ".checking";
constexpr char kKeyMagic[] = "waystation-backup-key 1";

absl::Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return runtime::NotWritten(path, errno);
  }
  return absl::OkStatus();
}

// Names, without the ending, of the files in `folder` that have it; sorted.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder,
                                                 std::string_view ending) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) {
    return errors::Error("FILE_MISSING",
                         {.field = folder, .rule = error.message()});
  }
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries) {
    std::string name = entry.path().filename();
    if (!name.ends_with(ending)) continue;
    name.resize(name.size() - ending.size());
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

struct KeyFileText {
  absl::Time expires;
  ArchiveKey key{};
};

std::string Format(const KeyFileText& text) {
  return absl::StrCat(
      kKeyMagic, "\nexpires ",
      absl::FormatTime(absl::RFC3339_sec, text.expires, absl::UTCTimeZone()),
      "\nkey ",
      absl::Base64Escape(std::string(text.key.begin(), text.key.end())), "\n");
}

absl::StatusOr<KeyFileText> LoadKey(const std::string& path) {
  const absl::StatusOr<std::string> text = runtime::ReadSecretFile(path);
  if (!text.ok()) return text.status();
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  KeyFileText key;
  std::string bytes;
  std::string error;
  if (lines.size() != 4 || lines[0] != kKeyMagic ||
      !lines[1].starts_with("expires ") || !lines[2].starts_with("key ") ||
      !absl::ParseTime(absl::RFC3339_full, lines[1].substr(8), &key.expires,
                       &error) ||
      !absl::Base64Unescape(lines[2].substr(4), &bytes) ||
      bytes.size() != key.key.size()) {
    return errors::Error("KEY_FILE_INVALID",
                         {.field = path, .rule = "the key of a backup"});
  }
  std::ranges::copy(bytes, key.key.begin());
  return key;
}

// Overwrites the file before it goes, so that its bytes do not stay on a disk
// that writes in place.
absl::Status Destroy(const std::string& path) {
  const runtime::Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  struct stat state {};
  if (file.ok() && ::fstat(file.get(), &state) == 0) {
    const std::string zeros(static_cast<size_t>(state.st_size), '\0');
    // What cannot be overwritten is removed all the same.
    (void)runtime::WriteDurably(file, path, zeros);
    WAYSTATION_FAILPOINT("expiry/key-overwritten");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return runtime::NotWritten(path, errno);
  }
  return runtime::SyncFolder(path);
}

// Whether the key's time is over, or a crash came between its overwriting and
// its end. A file without a byte is a key that is just being written.
bool IsOver(const std::string& path, absl::Time now) {
  const auto key = LoadKey(path);
  if (key.ok()) return key->expires <= now;
  const auto text = runtime::ReadFile(path);
  return text.ok() && !text->empty() &&
         std::ranges::all_of(*text, [](char c) { return c == 0; });
}

absl::Status Remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return runtime::NotWritten(path, errno);
  }
  return absl::OkStatus();
}

std::string NameOf(absl::Time time) {
  return absl::FormatTime("%Y%m%dT%H%M%SZ", time, absl::UTCTimeZone());
}

bool IsName(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

std::string Shelf::ArchiveFile(const std::string& name) const {
  return absl::StrCat(options_.folder, "/", name, kArchiveEnding);
}

std::string Shelf::PartFile(const std::string& name) const {
  return absl::StrCat(options_.folder, "/", name, kPartEnding);
}

std::string Shelf::KeyFile(const std::string& name) const {
  return absl::StrCat(options_.keys, "/", name, kKeyEnding);
}

absl::StatusOr<std::unique_ptr<Shelf>> Shelf::Open(ShelfOptions options) {
  std::unique_ptr<Shelf> shelf(new Shelf(std::move(options)));
  for (const std::string& folder :
       {shelf->options_.folder, shelf->options_.keys}) {
    if (absl::Status made = MakeFolder(folder); !made.ok()) return made;
  }
  const std::string& keys = shelf->options_.keys;
  shelf->open_ = runtime::Descriptor(
      ::open(keys.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!shelf->open_.ok()) return runtime::NotWritten(keys, errno);
  const bool is_alone = ::flock(shelf->open_.get(), LOCK_EX | LOCK_NB) == 0;
  if (is_alone) {
    if (absl::Status cleared = shelf->Clear(); !cleared.ok()) return cleared;
  }
  if (::flock(shelf->open_.get(), LOCK_SH) != 0) {
    return runtime::NotWritten(keys, errno);
  }
  return shelf;
}

absl::Status Shelf::Clear() {
  const auto parts = NamesIn(options_.folder, kPartEnding);
  if (!parts.ok()) return parts.status();
  for (const std::string& part : *parts) {
    const absl::Status removed = Remove(PartFile(part));
    if (!removed.ok()) return removed;
    if (absl::Status gone = Destroy(KeyFile(part)); !gone.ok()) {
      return gone;
    }
  }
  // Nobody writes a key now, so one without a byte was never written.
  const auto keys = NamesIn(options_.keys, kKeyEnding);
  if (!keys.ok()) return keys.status();
  for (const std::string& key : *keys) {
    std::error_code error;
    if (!fs::is_empty(KeyFile(key), error) || error) continue;
    const absl::Status removed = Remove(KeyFile(key));
    if (!removed.ok()) return removed;
  }
  const auto checks = NamesIn(options_.folder, kCheckingEnding);
  if (!checks.ok()) return checks.status();
  for (const std::string& check : *checks) {
    std::error_code error;
    fs::remove_all(CheckingFolder(check), error);
  }
  return absl::OkStatus();
}

absl::StatusOr<MadeBackup> Shelf::Make(storage::Store& store,
                                       store::v1::BackupHead head,
                                       absl::Time now) {
  // A second later, where there is one of this second.
  std::string name = NameOf(now);
  for (std::error_code error; fs::exists(KeyFile(name), error) ||
                              fs::exists(ArchiveFile(name), error);) {
    now += absl::Seconds(1);
    name = NameOf(now);
  }
  const KeyFileText key{.expires = now + options_.keep, .key = NewArchiveKey()};
  head.set_name(name);
  *head.mutable_create_time() =
      TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(now));
  *head.mutable_expire_time() =
      TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(key.expires));

  // The key first: a backup without one would be of no use.
  if (absl::Status written =
          runtime::WriteNewFile(KeyFile(name), Format(key), 0600);
      !written.ok()) {
    return written;
  }
  WAYSTATION_FAILPOINT("backup/key-written");
  const std::string part = PartFile(name);
  const auto write = [&]() -> absl::StatusOr<MadeBackup> {
    auto writer = ArchiveWriter::Create(part, head, key.key);
    if (!writer.ok()) return writer.status();
    const auto copied = store.Copy([&](std::string_view piece) {
      WAYSTATION_FAILPOINT("backup/piece");
      return (*writer)->Append(piece);
    });
    if (!copied.ok()) return copied.status();
    WAYSTATION_FAILPOINT("backup/copied");
    MadeBackup made;
    made.tail.set_group(copied->group);
    made.tail.set_log_size(copied->frontier.size());
    made.tail.set_log_root(
        std::string(auditlog::AsBytes(copied->frontier.Root())));
    made.tail.set_bytes(copied->bytes);
    const auto hash = (*writer)->Finish(made.tail);
    if (!hash.ok()) return hash.status();
    WAYSTATION_FAILPOINT("backup/sealed");
    made.hash = *hash;
    std::error_code error;
    made.backup = {.head = head,
                   .file_bytes = fs::file_size(part, error),
                   .has_key = true};
    return made;
  };
  absl::StatusOr<MadeBackup> made = write();
  if (!made.ok()) {
    (void)Remove(part);
    (void)Destroy(KeyFile(name));
  }
  return made;
}

absl::Status Shelf::PutUp(const std::string& name) {
  if (::rename(PartFile(name).c_str(), ArchiveFile(name).c_str()) != 0) {
    return runtime::NotWritten(ArchiveFile(name), errno);
  }
  WAYSTATION_FAILPOINT("backup/renamed");
  return runtime::SyncFolder(ArchiveFile(name));
}

absl::StatusOr<std::vector<Backup>> Shelf::List(absl::Time now) const {
  const auto names = NamesIn(options_.folder, kArchiveEnding);
  if (!names.ok()) return names.status();
  std::vector<Backup> backups;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const auto reader = ArchiveReader::Open(ArchiveFile(*name));
    if (!reader.ok()) continue;
    const auto key = LoadKey(KeyFile(*name));
    Backup backup{.head = (*reader)->head(),
                  .file_bytes = (*reader)->file_bytes(),
                  .has_key = key.ok() && key->expires > now};
    backup.head.set_name(*name);
    backups.push_back(std::move(backup));
  }
  return backups;
}

absl::StatusOr<std::unique_ptr<ArchiveReader>> Shelf::Read(
    const std::string& name, absl::Time now) const {
  std::error_code error;
  if (!IsName(name) || !fs::exists(ArchiveFile(name), error)) {
    // A name may hold any byte, and an error holds text.
    return errors::Error("NO_SUCH_BACKUP", {.rule = absl::CHexEscape(name)});
  }
  auto reader = ArchiveReader::Open(ArchiveFile(name));
  if (!reader.ok()) return reader.status();
  if (!fs::exists(KeyFile(name), error)) {
    return errors::Error("BACKUP_LOCKED", {.field = KeyFile(name)});
  }
  const auto key = LoadKey(KeyFile(name));
  if (!key.ok()) return key.status();
  if (key->expires <= now) {
    return errors::Error("BACKUP_LOCKED", {.field = KeyFile(name)});
  }
  if (absl::Status unlocked = (*reader)->Unlock(key->key); !unlocked.ok()) {
    return unlocked;
  }
  return reader;
}

absl::Status Shelf::Discard(const std::string& name) {
  if (absl::Status gone = Destroy(KeyFile(name)); !gone.ok()) return gone;
  if (absl::Status removed = Remove(PartFile(name)); !removed.ok()) {
    return removed;
  }
  const absl::Status removed = Remove(ArchiveFile(name));
  WAYSTATION_FAILPOINT("expiry/removed");
  return removed;
}

std::string Shelf::CheckingFolder(const std::string& name) const {
  return absl::StrCat(options_.folder, "/", name, kCheckingEnding);
}

absl::StatusOr<std::vector<std::string>> Shelf::Expire(absl::Time now) {
  const auto keys = NamesIn(options_.keys, kKeyEnding);
  if (!keys.ok()) return keys.status();
  std::set<std::string> over;
  for (const std::string& name : *keys) {
    if (IsOver(KeyFile(name), now)) over.insert(name);
  }
  // Keys do not wait for the backups' folder, which may be far away.
  const auto archives = NamesIn(options_.folder, kArchiveEnding);
  if (archives.ok()) {
    for (const std::string& name : *archives) {
      if (IsLeftBehind(name, now)) over.insert(name);
    }
  }
  for (const std::string& name : over) {
    if (absl::Status gone = Destroy(KeyFile(name)); !gone.ok()) return gone;
    WAYSTATION_FAILPOINT("expiry/key-destroyed");
  }
  return std::vector<std::string>(over.begin(), over.end());
}

// A backup without a key may be one whose keys are not there today. One whose
// own time is over as well will never be read.
bool Shelf::IsLeftBehind(const std::string& name, absl::Time now) const {
  if (LoadKey(KeyFile(name)).ok()) return false;
  const auto reader = ArchiveReader::Open(ArchiveFile(name));
  return reader.ok() && absl::FromUnixSeconds(
                            (*reader)->head().expire_time().seconds()) <= now;
}

}  // namespace waystation::backup
