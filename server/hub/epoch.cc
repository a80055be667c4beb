// SPDX-License-Identifier: Apache-2.0
#include "server/hub/epoch.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "proto/auditlog/epoch.h"
#include "proto/auditlog/note.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/backup/journal.h"
#include "server/hub/act_work.h"
#include "server/hub/erasure.h"
#include "server/hub/holder_code.h"
#include "server/hub/registry.h"
#include "server/hub/rules_in_force.h"
#include "server/hub/stored_tiles.h"

namespace waystation::hub {
namespace {

absl::Status RolledBack(const std::string& rule) {
  return errors::Error("STORE_ROLLED_BACK", {.rule = rule});
}

absl::Status PutBack(Core& core, const storage::ObjectRow& row,
                     Committer& committer) {
  if (row.kind == kErasureObject) return EraseAgain(row, committer);
  if (row.kind == kSpentCodeObject) return SpendAgain(core, row, committer);
  return DoAct(
      committer,
      [&row](Planning& planning, v1::AuditEvent& event) -> absl::Status {
        event = TakeUpEvent(row);
        planning.batch.objects.push_back(row);
        return absl::OkStatus();
      });
}

// Those of the store's objects that the journal keeps.
absl::StatusOr<std::vector<storage::ObjectRow>> ListJournalled(
    const storage::Store& store) {
  auto all = ListAdministered(store);
  if (!all.ok()) return all;
  auto erasures = store.ListObjects(kErasureObject);
  if (!erasures.ok()) return erasures;
  std::ranges::move(*erasures, std::back_inserter(*all));
  for (const std::string_view kind : {kRulesObject, kRulesVersionObject}) {
    auto rules = store.ListObjects(kind);
    if (!rules.ok()) return rules;
    std::ranges::move(*rules, std::back_inserter(*all));
  }
  return all;
}

}  // namespace

bool IsJournalled(std::string_view kind) {
  return IsAdministered(kind) || kind == kErasureObject ||
         kind == kRulesObject || kind == kRulesVersionObject;
}

v1::AuditEvent TakeUpEvent(const storage::ObjectRow& row) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor("hub");
  event.set_act("journal.take-up");
  event.set_object(row.kind + " " + row.id);
  event.set_object_hash(
      std::string(auditlog::AsBytes(auditlog::Sha256(row.bytes))));
  event.set_count(1);
  return event;
}

absl::StatusOr<std::optional<auditlog::Checkpoint>> JournalledCheckpoint(
    const Core& core) {
  if (core.backups.journal == nullptr) return std::nullopt;
  const std::string bytes = core.backups.journal->checkpoint();
  if (bytes.empty()) return std::nullopt;
  const auto note = auditlog::ParseNote(bytes);
  const auto checkpoint =
      note.ok() ? auditlog::ParseCheckpoint(note->text)
                : absl::StatusOr<auditlog::Checkpoint>(note.status());
  if (!checkpoint.ok()) {
    return errors::Error("JOURNAL_DAMAGED", {.field = "checkpoint"});
  }
  // That of another log is not damaged, and its key is not known here.
  if (auditlog::BaseOfOrigin(checkpoint->origin) == core.options.log_origin) {
    const auto log = auditlog::NoteVerifier::Create(checkpoint->origin,
                                                    core.log_key.public_key());
    if (!log.ok() || !log->Verify(*note).ok()) {
      return errors::Error("JOURNAL_DAMAGED", {.field = "checkpoint"});
    }
  }
  return *checkpoint;
}

absl::Status CheckNotRolledBack(const Core& core) {
  const auto journalled = JournalledCheckpoint(core);
  if (!journalled.ok()) return journalled.status();
  if (!journalled->has_value()) return absl::OkStatus();
  const std::optional<auditlog::Checkpoint>& checkpoint = *journalled;
  if (auditlog::BaseOfOrigin(checkpoint->origin) != core.options.log_origin) {
    return errors::Error("STORE_FOREIGN",
                         {.rule = "the journal is of another log"});
  }
  if (checkpoint->origin != core.log_origin) {
    return RolledBack("it was signed under " + checkpoint->origin);
  }
  const auto frontier = core.store.LoadFrontier();
  if (!frontier.ok()) return frontier.status();
  if (checkpoint->size > frontier->size()) {
    return RolledBack("the log has " + std::to_string(frontier->size()) +
                      " entries, and " + std::to_string(checkpoint->size) +
                      " were signed");
  }
  const auto root = auditlog::RootAt(checkpoint->size, StoredTiles(core.store));
  if (!root.ok()) return root.status();
  if (*root != checkpoint->root) {
    return RolledBack("entries before " + std::to_string(checkpoint->size) +
                      " are not those that were signed");
  }
  return absl::OkStatus();
}

std::string NewEpoch(Core& core) {
  std::string last = core.log_epoch;
  if (const auto journalled = JournalledCheckpoint(core);
      journalled.ok() && journalled->has_value()) {
    last = std::max(
        last, std::string(auditlog::EpochOfOrigin((*journalled)->origin)));
  }
  constexpr char kForm[] = "%E4Y%m%dT%H%M%SZ";
  absl::Time begin = absl::FromUnixMicros(core.clock.Now());
  absl::Time last_begin;
  if (absl::ParseTime(kForm, last, &last_begin, nullptr)) {
    begin = std::max(begin, last_begin + absl::Seconds(1));
  }
  return absl::FormatTime(kForm, begin, absl::UTCTimeZone());
}

absl::Status BringJournalUp(Core& core) {
  if (core.backups.journal == nullptr) return absl::OkStatus();
  const auto rows = ListJournalled(core.store);
  if (!rows.ok()) return rows.status();
  const absl::Time now = absl::FromUnixMicros(core.clock.Now());
  if (auto put = core.backups.journal->Put(*rows, now); !put.ok()) return put;
  const auto codes = ListSpentCodes(core.store, absl::ToUnixMicros(now));
  if (!codes.ok()) return codes.status();
  return core.backups.journal->Put(*codes, now);
}

absl::Status TakeUpJournal(Core& core, Committer& committer) {
  if (core.backups.journal == nullptr) return absl::OkStatus();
  const auto rows = ListJournalled(core.store);
  if (!rows.ok()) return rows.status();
  std::map<std::pair<std::string, std::string>, std::string> held;
  for (const storage::ObjectRow& row : *rows) {
    held[{row.kind, row.id}] = row.bytes;
  }
  for (const storage::ObjectRow& row : core.backups.journal->Objects()) {
    const auto found = held.find({row.kind, row.id});
    if (found != held.end() && found->second == row.bytes) continue;
    if (absl::Status put = PutBack(core, row, committer); !put.ok()) return put;
    WAYSTATION_FAILPOINT("restore/put-back");
  }
  return absl::OkStatus();
}

}  // namespace waystation::hub
