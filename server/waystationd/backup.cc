// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/language/language.h"
#include "proto/runtime/file.h"
#include "server/backup/shelf.h"
#include "server/hub/random_pool.h"
#include "server/hub/seal.h"
#include "server/hub/store_check.h"
#include "server/waystationd/check.h"
#include "server/waystationd/config.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;
using language::Say;

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Progress(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

absl::Status LoadWithBackups(const std::string& config_file, Parts& parts) {
  auto config = LoadConfig(config_file);
  if (!config.ok()) return config.status();
  parts.config = *std::move(config);
  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  if (parts.shelf == nullptr) return errors::Error("NO_BACKUPS");
  return absl::OkStatus();
}

bool IsLocked(const std::string& folder) {
  const int file = ::open((folder + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = ::flock(file, LOCK_EX | LOCK_NB) != 0;
  ::close(file);
  return locked;
}

absl::Status NeedNoStore(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || fs::is_empty(folder, error)) {
    return absl::OkStatus();
  }
  return errors::Error(IsLocked(folder) ? "STORE_IN_USE" : "FOLDER_NOT_EMPTY",
                       {.rule = folder});
}

// What is wrong with the store, printed line by line.
absl::Status Check(const hub::Keys& keys, const storage::Store& store,
                   const backup::ArchiveReader& archive) {
  hub::RandomPool random(FillRandom);
  const hub::Sealer sealer(keys, random);
  const auto checked = hub::CheckBackup(sealer, store, archive);
  if (!checked.ok()) return checked.status();
  return PrintChecked(*checked);
}

absl::Status Serve(Parts& parts, backup::ArchiveReader& archive,
                   const std::string& name) {
  const absl::Status started = StartHub(
      parts,
      hub::Restored{.backup = name,
                    .hash = std::string(auditlog::AsBytes(archive.hash()))});
  if (!started.ok()) return started;
  const auto status = parts.hub->GetHubStatus();
  if (!status.ok()) return status.status();
  const auto verifier = auditlog::NoteVerifier::Create(
      status->log_origin(), parts.log_key->public_key());
  if (!verifier.ok()) return verifier.status();
  Print(
      Say("records: $0\n"
          "The log goes on as $1. Hand out its key anew:\n"
          "  $2\n",
          status->records(), status->log_origin(), verifier->ToString()));
  parts.hub->Drain();
  return absl::OkStatus();
}

}  // namespace

absl::Status ListBackups(const std::string& config_file) {
  Parts parts;
  if (absl::Status loaded = LoadWithBackups(config_file, parts); !loaded.ok()) {
    return loaded;
  }
  const auto backups = parts.shelf->List(absl::Now());
  if (!backups.ok()) return backups.status();
  if (backups->empty()) {
    std::fputs((Say("There is nothing to list.") + "\n").c_str(), stderr);
  }
  for (const backup::Backup& backup : *backups) {
    Print(Say(
        "$0  $1 bytes  until $2  $3\n", backup.head.name(), backup.file_bytes,
        google::protobuf::util::TimeUtil::ToString(backup.head.expire_time()),
        backup.has_key ? Say("readable") : Say("its key is not there")));
  }
  return absl::OkStatus();
}

absl::Status VerifyBackup(const std::string& config_file,
                          const std::string& name) {
  Parts parts;
  if (absl::Status loaded = LoadWithBackups(config_file, parts); !loaded.ok()) {
    return loaded;
  }
  auto archive = parts.shelf->Read(name, absl::Now());
  if (!archive.ok()) return archive.status();
  const std::string folder = parts.shelf->CheckingFolder(name);
  const absl::Cleanup clear = [&] {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  };
  const auto store = RebuildStore(**archive, folder, *parts.keys);
  if (!store.ok()) return store.status();
  return Check(*parts.keys, **store, **archive);
}

absl::Status RestoreBackup(const std::string& config_file,
                           const std::string& name) {
  Parts parts;
  if (absl::Status loaded = LoadWithBackups(config_file, parts); !loaded.ok()) {
    return loaded;
  }
  const std::string& place = parts.config.store_folder;
  if (absl::Status empty = NeedNoStore(place); !empty.ok()) return empty;
  auto archive = parts.shelf->Read(name, absl::Now());
  if (!archive.ok()) return archive.status();

  // It comes to its place when it is whole.
  const std::string folder = place + ".restoring";
  std::error_code error;
  fs::remove_all(folder, error);
  Progress(Say("reading $0", name));
  WAYSTATION_FAILPOINT("restoring/begun");
  auto store = RebuildStore(**archive, folder, *parts.keys);
  if (!store.ok()) {
    fs::remove_all(folder, error);
    return store.status();
  }
  parts.store = *std::move(store);
  WAYSTATION_FAILPOINT("restoring/read");
  Progress(Say("checking what was read"));
  absl::Status done = Check(*parts.keys, *parts.store, **archive);
  if (done.ok()) done = Serve(parts, **archive, name);
  WAYSTATION_FAILPOINT("restoring/served");
  parts.hub.reset();
  parts.store.reset();
  if (!done.ok()) {
    fs::remove_all(folder, error);
    return done;
  }
  fs::remove(place, error);
  WAYSTATION_FAILPOINT("restoring/place-free");
  fs::rename(folder, place, error);
  WAYSTATION_FAILPOINT("restoring/renamed");
  if (error) {
    return errors::Error("FILE_NOT_WRITTEN",
                         {.field = place, .rule = error.message()});
  }
  if (absl::Status synced = runtime::SyncFolder(place); !synced.ok()) {
    return synced;
  }
  Print(
      Say("Restored into $0. What agencies sent after $1 is not in it: their\n"
          "adapters send it again when they meet the new log.\n",
          place, name));
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
