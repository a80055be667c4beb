// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/stores.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/runtime/file.h"
#include "server/hub/store_error.h"
#include "server/storage/postgres/moving.h"
#include "server/storage/postgres/postgres_store.h"
#include "server/storage/sqlite/moving.h"
#include "server/storage/sqlite/sqlite_store.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kPostgres[] = {"postgresql://", "postgres://"};
constexpr char kChecking[] = "waystation_checking";
constexpr char kRestoring[] = "waystation_restoring";

bool IsLocked(const std::string& folder) {
  const int file = ::open((folder + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = ::flock(file, LOCK_EX | LOCK_NB) != 0;
  ::close(file);
  return locked;
}

storage::postgres::Options OptionsOf(const StorePlace& place) {
  return {.target = place.at, .schema = place.schema};
}

absl::StatusOr<std::unique_ptr<storage::Store>> Open(
    const StorePlace& place, const hub::Keys& keys,
    std::function<void(const std::string& words)> tell, absl::Duration wait,
    bool share, bool despite_notes = false) {
  if (place.kind == StorePlace::Kind::kSqlite) {
    return storage::sqlite::OpenSqlite({.folder = place.at,
                                        .checksum_key = keys.checksum_key(),
                                        .tell = std::move(tell),
                                        .despite_notes = despite_notes});
  }
  storage::postgres::Options options = OptionsOf(place);
  options.checksum_key = keys.checksum_key();
  options.is_scratch = place.schema == kChecking;
  options.despite_notes = despite_notes;
  options.wait = wait;
  options.is_shared = share;
  return storage::postgres::OpenPostgres(options);
}

absl::Status MoveFolder(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::remove(to, error);
  WAYSTATION_FAILPOINT("restoring/place-free");
  fs::rename(from, to, error);
  WAYSTATION_FAILPOINT("restoring/renamed");
  if (error) {
    return errors::Error("FILE_NOT_WRITTEN",
                         {.field = to, .rule = error.message()});
  }
  return runtime::SyncFolder(to);
}

}  // namespace

std::optional<StorePlace> StorePlace::Parse(std::string_view text) {
  // Nothing that would have to be quoted wherever it is written.
  if (text.find_first_of("\"\\\n") != std::string_view::npos) {
    return std::nullopt;
  }
  if (text.starts_with(kSqlite) && text.size() > kSqlite.size()) {
    return StorePlace{.kind = Kind::kSqlite,
                      .at = std::string(text.substr(kSqlite.size()))};
  }
  for (const std::string_view scheme : kPostgres) {
    if (text.starts_with(scheme)) {
      return StorePlace{.kind = Kind::kPostgres, .at = std::string(text)};
    }
  }
  return std::nullopt;
}

std::string StorePlace::kind_name() const {
  return kind == Kind::kSqlite ? "sqlite" : "postgresql";
}

std::string StorePlace::Shown() const {
  if (kind == Kind::kSqlite) return at;
  // Behind the user and a password, if there are any.
  const size_t host = at.find("://") + 3;
  const size_t user = at.find('@', host);
  const size_t from = user == std::string::npos ? host : user + 1;
  return "postgresql://" + at.substr(from, at.find('?', from) - from);
}

absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(
    const StorePlace& place, const hub::Keys& keys,
    std::function<void(const std::string& words)> tell, absl::Duration wait,
    bool share) {
  auto store = Open(place, keys, std::move(tell), wait, share);
  if (!store.ok()) return hub::NamedStoreError(store.status());
  return store;
}

absl::Status NeedStore(const StorePlace& place) {
  if (place.kind == StorePlace::Kind::kPostgres) {
    const absl::Status none =
        storage::postgres::NeedNoPostgres(OptionsOf(place));
    if (errors::ReasonOf(none) == "FOLDER_NOT_EMPTY") return absl::OkStatus();
    if (!none.ok()) return hub::NamedStoreError(none);
  } else if (std::error_code error;
             fs::exists(place.at + "/waystation.db", error)) {
    return absl::OkStatus();
  }
  return errors::Error("FILE_MISSING", {.rule = place.Shown()});
}

absl::Status NeedNoStore(const StorePlace& place) {
  if (place.kind == StorePlace::Kind::kPostgres) {
    return storage::postgres::NeedNoPostgres(OptionsOf(place));
  }
  std::error_code error;
  if (!fs::exists(place.at, error) || fs::is_empty(place.at, error)) {
    return absl::OkStatus();
  }
  return errors::Error(IsLocked(place.at) ? "STORE_IN_USE" : "FOLDER_NOT_EMPTY",
                       {.rule = place.Shown()});
}

absl::StatusOr<std::unique_ptr<storage::Store>> RebuildStore(
    backup::ArchiveReader& archive, const StorePlace& place,
    const hub::Keys& keys) {
  if (archive.head().store() != place.kind_name() ||
      archive.head().key_fingerprint() != keys.Fingerprint()) {
    return errors::Error("STORE_FOREIGN",
                         {.rule = "the backup is of another hub"});
  }
  // A crash may have left one.
  if (place.schema == kChecking) {
    if (absl::Status removed = RemoveStore(place); !removed.ok()) {
      return hub::NamedStoreError(removed);
    }
  }
  const auto next = [&] { return archive.Next(); };
  const absl::Status made =
      place.kind == StorePlace::Kind::kSqlite
          ? storage::sqlite::RestoreSqlite(place.at, next)
          : storage::postgres::RestorePostgres(OptionsOf(place), next);
  if (!made.ok()) return hub::NamedStoreError(made);
  return OpenStore(place, keys);
}

absl::StatusOr<std::unique_ptr<storage::Store>> OpenDespiteNotes(
    const StorePlace& place, const hub::Keys& keys, absl::Duration wait) {
  auto store = Open(place, keys, {}, wait, /*share=*/false,
                    /*despite_notes=*/true);
  if (!store.ok()) return hub::NamedStoreError(store.status());
  return store;
}

absl::Status ExportStore(const StorePlace& place,
                         const storage::TakeRow& take) {
  return hub::NamedStoreError(
      place.kind == StorePlace::Kind::kSqlite
          ? storage::sqlite::ExportSqlite(place.at, take)
          : storage::postgres::ExportPostgres(OptionsOf(place), take));
}

absl::StatusOr<std::unique_ptr<storage::StoreFiller>> FillStore(
    const StorePlace& place, const std::string& source, absl::Duration wait) {
  storage::postgres::Options options = OptionsOf(place);
  options.wait = wait;
  auto filler = place.kind == StorePlace::Kind::kSqlite
                    ? storage::sqlite::FillSqlite(place.at, source)
                    : storage::postgres::FillPostgres(options, source);
  if (filler.ok()) return filler;
  // With the place, which a database does not know.
  const std::string reason = errors::ReasonOf(filler.status());
  if (reason == "FOLDER_NOT_EMPTY" || reason == "STORE_IN_USE") {
    return errors::Error(reason, {.rule = place.Shown()});
  }
  return hub::NamedStoreError(filler.status());
}

absl::StatusOr<std::optional<std::string>> ReadNote(const StorePlace& place,
                                                    storage::Note note) {
  auto text = place.kind == StorePlace::Kind::kSqlite
                  ? storage::sqlite::ReadNote(place.at, note)
                  : storage::postgres::ReadNote(OptionsOf(place), note);
  if (!text.ok()) return hub::NamedStoreError(text.status());
  return text;
}

absl::Status PutNote(const StorePlace& place, storage::Note note,
                     const std::string& text) {
  return hub::NamedStoreError(
      place.kind == StorePlace::Kind::kSqlite
          ? storage::sqlite::PutNote(place.at, note, text)
          : storage::postgres::PutNote(OptionsOf(place), note, text));
}

absl::Status RemoveNote(const StorePlace& place, storage::Note note) {
  return hub::NamedStoreError(
      place.kind == StorePlace::Kind::kSqlite
          ? storage::sqlite::RemoveNote(place.at, note)
          : storage::postgres::RemoveNote(OptionsOf(place), note));
}

StorePlace CheckingPlace(const StorePlace& place, const std::string& folder) {
  StorePlace checking = place;
  if (place.kind == StorePlace::Kind::kSqlite) {
    checking.at = folder;
  } else {
    checking.schema = kChecking;
  }
  return checking;
}

StorePlace RestoringPlace(const StorePlace& place) {
  StorePlace restoring = place;
  if (place.kind == StorePlace::Kind::kSqlite) {
    restoring.at += ".restoring";
  } else {
    restoring.schema = kRestoring;
  }
  return restoring;
}

absl::Status RemoveStore(const StorePlace& place) {
  if (place.kind == StorePlace::Kind::kPostgres) {
    return storage::postgres::RemovePostgres(OptionsOf(place));
  }
  std::error_code ignored;
  fs::remove_all(place.at, ignored);
  return absl::OkStatus();
}

absl::Status MoveStore(const StorePlace& from, const StorePlace& to) {
  return from.kind == StorePlace::Kind::kSqlite
             ? MoveFolder(from.at, to.at)
             : storage::postgres::MovePostgres(OptionsOf(from), OptionsOf(to));
}

}  // namespace waystation::waystationd
