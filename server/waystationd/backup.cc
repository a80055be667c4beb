// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/backup.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/language/language.h"
#include "server/backup/shelf.h"
#include "server/hub/random_pool.h"
#include "server/hub/seal.h"
#include "server/hub/store_check.h"
#include "server/waystationd/check.h"
#include "server/waystationd/config.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {
namespace {

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
  const StorePlace checking =
      CheckingPlace(parts.config.store, parts.shelf->CheckingFolder(name));
  const absl::Cleanup clear = [&] { (void)RemoveStore(checking); };
  const auto store = RebuildStore(**archive, checking, *parts.keys);
  if (!store.ok()) return store.status();
  return Check(*parts.keys, **store, **archive);
}

absl::Status RestoreBackup(const std::string& config_file,
                           const std::string& name) {
  Parts parts;
  if (absl::Status loaded = LoadWithBackups(config_file, parts); !loaded.ok()) {
    return loaded;
  }
  const StorePlace& place = parts.config.store;
  if (absl::Status empty = NeedNoStore(place); !empty.ok()) return empty;
  auto archive = parts.shelf->Read(name, absl::Now());
  if (!archive.ok()) return archive.status();

  // It comes to its place when it is whole.
  const StorePlace restoring = RestoringPlace(place);
  if (absl::Status removed = RemoveStore(restoring); !removed.ok()) {
    return removed;
  }
  Progress(Say("reading $0", name));
  WAYSTATION_FAILPOINT("restoring/begun");
  auto store = RebuildStore(**archive, restoring, *parts.keys);
  if (!store.ok()) {
    (void)RemoveStore(restoring);
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
    (void)RemoveStore(restoring);
    return done;
  }
  if (absl::Status moved = MoveStore(restoring, place); !moved.ok()) {
    return moved;
  }
  Print(
      Say("Restored into $0. What agencies sent after $1 is not in it: their\n"
          "adapters send it again when they meet the new log.\n",
          place.Shown(), name));
  return absl::OkStatus();
}

}  // namespace waystation::waystationd
