// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notary.h"

#include <memory>
#include <optional>
#include <utility>

#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/backup/journal.h"
#include "server/hub/store_error.h"

namespace waystation::hub {

absl::StatusOr<std::unique_ptr<Notary>> Notary::Create(Core& core) {
  absl::StatusOr<auditlog::NoteSigner> signer =
      auditlog::NoteSigner::Create(core.log_origin, core.log_key);
  if (!signer.ok()) {
    return errors::Error("CONFIG_INVALID",
                         {.field = "log_origin",
                          .rule = "a name without spaces and plus signs"});
  }
  return std::unique_ptr<Notary>(new Notary(core, *std::move(signer)));
}

absl::StatusOr<storage::CheckpointRow> Notary::Covering(uint64_t at_least) {
  const auto newest = core_.store.NewestCheckpoint();
  if (!newest.ok()) return NamedStoreError(newest.status());
  if (newest->has_value() && (*newest)->size >= at_least) return **newest;
  // Another hub may have written them a moment ago.
  if (auto known = core_.store.Refresh(); !known.ok()) {
    return NamedStoreError(known);
  }
  absl::StatusOr<storage::CheckpointRow> fresh = Sign();
  if (fresh.ok() && fresh->size < at_least) {
    return errors::Error("OUT_OF_RANGE", {.field = "at_least"});
  }
  return fresh;
}

absl::StatusOr<storage::CheckpointRow> Notary::Sign() {
  const std::lock_guard lock(mutex_);
  const auto frontier = core_.store.LoadFrontier();
  if (!frontier.ok()) return NamedStoreError(frontier.status());
  const auto newest = core_.store.NewestCheckpoint();
  if (!newest.ok()) return NamedStoreError(newest.status());
  if (newest->has_value() && (*newest)->size >= frontier->size()) {
    return **newest;
  }
  storage::CheckpointRow row{
      .size = frontier->size(),
      .note = auditlog::SignCheckpoint({.origin = core_.log_origin,
                                        .size = frontier->size(),
                                        .root = frontier->Root(),
                                        .extensions = {}},
                                       signer_),
      .time = core_.clock.Now()};
  WAYSTATION_FAILPOINT("checkpoint/signed");
  if (auto status = core_.store.PutCheckpoint(row); !status.ok()) {
    return NamedStoreError(status);
  }
  WAYSTATION_FAILPOINT("checkpoint/stored");
  // What the journal does not know could be signed a second time after a
  // restore, otherwise.
  if (core_.backups.journal != nullptr) {
    if (auto status = core_.backups.journal->PutCheckpoint(row.note);
        !status.ok()) {
      return errors::Error("JOURNAL_NOT_WRITTEN");
    }
  }
  WAYSTATION_FAILPOINT("checkpoint/journalled");
  return row;
}

}  // namespace waystation::hub
