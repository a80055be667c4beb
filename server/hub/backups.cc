// SPDX-License-Identifier: Apache-2.0
#include "server/hub/backups.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/backup/shelf.h"
#include "server/hub/page_size.h"
#include "server/hub/store_check.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

namespace fs = std::filesystem;

v1::AuditEvent EventOf(std::string actor, std::string_view act,
                       std::string backup) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(std::move(actor));
  event.set_act(std::string(act));
  event.set_object(std::move(backup));
  event.set_count(1);
  return event;
}

v1::Backup Shown(const backup::Backup& backup) {
  v1::Backup shown;
  shown.set_name(backup.head.name());
  *shown.mutable_create_time() = backup.head.create_time();
  *shown.mutable_expire_time() = backup.head.expire_time();
  shown.set_bytes(backup.file_bytes);
  shown.set_readable(backup.has_key);
  shown.set_log_origin(backup.head.log_origin());
  shown.set_version(backup.head.version());
  return shown;
}

}  // namespace

absl::Time Backups::Now() { return absl::FromUnixMicros(core_.clock.Now()); }

absl::StatusOr<v1::CreateBackupResponse> Backups::Create(const Caller& caller) {
  backup::Shelf* const shelf = core_.backups.shelf;
  if (shelf == nullptr) return errors::Error("NO_BACKUPS");
  if (busy_.exchange(true)) {
    return errors::Error("LIMIT_REACHED", {.rule = "one backup at a time"});
  }
  const absl::Cleanup rest = [this] { busy_ = false; };
  store::v1::BackupHead head;
  head.set_log_origin(core_.log_origin);
  head.set_key_fingerprint(core_.keys.Fingerprint());
  head.set_store(core_.options.store);
  head.set_version(core_.options.version);
  absl::StatusOr<backup::MadeBackup> made = [&] {
    const std::lock_guard upkeep(upkeep_);
    return shelf->Make(core_.store, std::move(head), Now());
  }();
  if (!made.ok()) return StoreError(made.status());
  const std::string& name = made->backup.head.name();
  WAYSTATION_FAILPOINT("backup/made");
  v1::AuditEvent event = EventOf(caller.path, "backup.create", name);
  event.set_object_hash(std::string(auditlog::AsBytes(made->hash)));
  absl::Status up = write_leaf_(std::move(event));
  WAYSTATION_FAILPOINT("backup/logged");
  if (up.ok()) up = shelf->PutUp(name);
  if (!up.ok()) {
    (void)shelf->Discard(name);
    return up;
  }
  newest_ = made->backup.head.create_time().seconds();
  v1::CreateBackupResponse response;
  *response.mutable_backup() = Shown(made->backup);
  response.set_hash(std::string(auditlog::AsBytes(made->hash)));
  response.set_log_size(made->tail.log_size());
  return response;
}

absl::StatusOr<v1::ListBackupsResponse> Backups::List(
    const v1::ListBackupsRequest& request) {
  if (core_.backups.shelf == nullptr) return errors::Error("NO_BACKUPS");
  const auto size = PageSize(request.page_size(), {.usual = 100, .most = 1000});
  if (!size.ok()) return size.status();
  std::string before;
  if (!request.page_token().empty()) {
    auto position = core_.tokens.Decode("backups", request.page_token());
    if (!position.ok()) return position.status();
    before = *std::move(position);
  }
  const auto backups = core_.backups.shelf->List(Now());
  if (!backups.ok()) return backups.status();
  v1::ListBackupsResponse response;
  for (const backup::Backup& backup : *backups) {
    if (!before.empty() && backup.head.name() >= before) continue;
    if (static_cast<size_t>(response.backups_size()) == *size) {
      response.set_next_page_token(core_.tokens.Encode(
          "backups", response.backups(response.backups_size() - 1).name()));
      break;
    }
    *response.add_backups() = Shown(backup);
  }
  return response;
}

absl::StatusOr<v1::VerifyBackupResponse> Backups::Verify(
    const v1::VerifyBackupRequest& request) {
  backup::Shelf* const shelf = core_.backups.shelf;
  if (shelf == nullptr) return errors::Error("NO_BACKUPS");
  if (busy_.exchange(true)) {
    return errors::Error("LIMIT_REACHED", {.rule = "one backup at a time"});
  }
  const absl::Cleanup rest = [this] { busy_ = false; };
  auto archive = shelf->Read(request.name(), Now());
  if (!archive.ok()) return archive.status();
  const std::string folder = shelf->CheckingFolder(request.name());
  const absl::Cleanup clear = [&] {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  };
  auto store = core_.backups.rebuild(**archive, folder);
  if (!store.ok()) return NamedStoreError(store.status());
  const auto checked = CheckBackup(core_.sealer, **store, **archive);
  if (!checked.ok()) return checked.status();

  v1::VerifyBackupResponse response;
  *response.mutable_backup() = Shown({.head = (*archive)->head(),
                                      .file_bytes = (*archive)->file_bytes(),
                                      .has_key = true});
  response.set_hash(std::string(auditlog::AsBytes((*archive)->hash())));
  response.set_log_size((*archive)->tail().log_size());
  response.mutable_findings()->Add(checked->findings.begin(),
                                   checked->findings.end());
  response.set_rows_checked(checked->rows);
  return response;
}

void Backups::Load() {
  if (core_.backups.shelf == nullptr) return;
  const auto backups = core_.backups.shelf->List(Now());
  if (!backups.ok() || backups->empty()) return;
  newest_ = backups->front().head.create_time().seconds();
}

void Backups::Expire() {
  if (core_.backups.shelf == nullptr) return;
  const auto expired = core_.backups.shelf->Expire(Now());
  if (!expired.ok()) return;
  for (const std::string& name : *expired) {
    WAYSTATION_FAILPOINT("expiry/found");
    if (!on_record_.contains(name)) {
      if (!write_leaf_(EventOf("hub", "backup.expire", name)).ok()) continue;
      on_record_.insert(name);
    }
    WAYSTATION_FAILPOINT("expiry/logged");
    if (core_.backups.shelf->Discard(name).ok()) on_record_.erase(name);
  }
}

}  // namespace waystation::hub
