// SPDX-License-Identifier: Apache-2.0
#include "server/hub/cosignatures.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "server/hub/registry.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

// A witness's clock may be ahead of ours by so much.
constexpr absl::Duration kAhead = absl::Minutes(5);
// Newest checkpoints that are looked through for enough cosignatures.
constexpr size_t kMostSearched = 1'000;
constexpr size_t kSizesAtOnce = 100;

absl::Status Wrong(std::string rule) {
  return errors::Error("COSIGNATURE_WRONG", {.field = "cosigned_checkpoint",
                                             .rule = std::move(rule)});
}

absl::Status Wrong(const absl::Status& why) {
  return Wrong(std::string(why.message()));
}

auditlog::NoteSignature LineOf(const storage::CosignatureRow& row) {
  return {.name = row.witness, .key_hash = row.key, .bytes = row.signature};
}

// The registered key that the line names; nullptr if there is none, or it was
// not in force when it signed.
const AgencyEntry::Witness* KeyOf(const Snapshot& registry,
                                  const storage::CosignatureRow& row) {
  const AgencyEntry* agency = registry.Find(row.witness);
  if (agency == nullptr) return nullptr;
  const auto time = auditlog::CosignatureTime(LineOf(row));
  if (!time.has_value()) return nullptr;
  return agency->FindWitness(row.key, absl::ToUnixMicros(*time));
}

}  // namespace

absl::StatusOr<v1::CosignResponse> Cosignatures::Take(
    const Caller& caller, const v1::CosignRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto note = auditlog::ParseNote(request.cosigned_checkpoint());
  if (!note.ok()) return Wrong(note.status());
  const auto checkpoint = auditlog::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Wrong(checkpoint.status());

  const auto held = Find(checkpoint->size);
  if (!held.ok()) return held.status();
  const auto shown = held->has_value()
                         ? auditlog::ParseNote((*held)->note)
                         : absl::StatusOr<auditlog::Note>(auditlog::Note());
  if (!shown.ok()) return errors::Error("STORE_DAMAGED");
  if (shown->text != note->text) {
    return errors::Error(
        "CHECKPOINT_UNKNOWN",
        {.field = "cosigned_checkpoint",
         .rule = notary_.HasSigned(*note) ? "it carries this log's signature"
                                          : "this log has not signed it"});
  }

  const int64_t now = core_.clock.Now();
  bool taken = false;
  for (const auditlog::NoteSignature& line : note->signatures) {
    const AgencyEntry::Witness* witness =
        line.name == agency->id() ? agency->FindWitness(line.key_hash, now)
                                  : nullptr;
    if (witness == nullptr) continue;
    const auto time = witness->verifier.CosignedAt(
        {.text = note->text, .signatures = {line}});
    if (!time.ok()) return Wrong(time.status());
    if (*time > absl::FromUnixMicros(now) + kAhead) {
      return Wrong("its time has not come yet");
    }
    const absl::Status put =
        core_.store.PutCosignature({.size = checkpoint->size,
                                    .witness = line.name,
                                    .key = line.key_hash,
                                    .signature = line.bytes});
    if (!put.ok()) return StoreError(put);
    WAYSTATION_FAILPOINT("cosignature/stored");
    taken = true;
  }
  if (!taken) {
    return errors::Error("WITNESS_UNKNOWN", {.field = "cosigned_checkpoint"});
  }
  auto response = Shown(**held);
  if (!response.ok()) return response.status();
  v1::CosignResponse answer;
  answer.set_checkpoint(*std::move(response));
  return answer;
}

absl::StatusOr<std::vector<std::string>> Cosignatures::Shown(
    const std::vector<storage::CheckpointRow>& rows) const {
  std::vector<std::string> notes;
  if (rows.empty()) return notes;
  const auto cosignatures =
      core_.store.ListCosignatures(rows.front().size, rows.back().size);
  if (!cosignatures.ok()) return NamedStoreError(cosignatures.status());
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  auto next = cosignatures->begin();
  for (const storage::CheckpointRow& row : rows) {
    std::vector<auditlog::NoteSignature> lines;
    for (; next != cosignatures->end() && next->size <= row.size; ++next) {
      if (next->size == row.size && KeyOf(*registry, *next) != nullptr) {
        lines.push_back(LineOf(*next));
      }
    }
    if (lines.empty()) {
      notes.push_back(row.note);
      continue;
    }
    auto note = auditlog::ParseNote(row.note);
    if (!note.ok()) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "checkpoint"},
                                         {"row", std::to_string(row.size)}}});
    }
    for (auditlog::NoteSignature& line : lines) {
      if (note->signatures.size() == auditlog::kMaxSignatures) break;
      note->signatures.push_back(std::move(line));
    }
    notes.push_back(auditlog::FormatNote(*note));
  }
  return notes;
}

absl::StatusOr<std::string> Cosignatures::Shown(
    const storage::CheckpointRow& row) const {
  auto notes = Shown(std::vector{row});
  if (!notes.ok()) return notes.status();
  return std::move(notes->front());
}

absl::StatusOr<storage::CheckpointRow> Cosignatures::Newest(
    uint32_t witnesses, uint64_t at_least) const {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  uint64_t before = ~uint64_t{0};
  for (size_t searched = 0; searched < kMostSearched;) {
    const auto sizes = core_.store.CosignedSizes(before, kSizesAtOnce);
    if (!sizes.ok()) return NamedStoreError(sizes.status());
    if (sizes->empty()) break;
    for (const uint64_t size : *sizes) {
      before = size;
      ++searched;
      if (size < at_least) return errors::Error("COSIGNATURES_MISSING");
      const auto rows = core_.store.ListCosignatures(size, size);
      if (!rows.ok()) return NamedStoreError(rows.status());
      std::set<std::string_view> agencies;
      for (const storage::CosignatureRow& row : *rows) {
        if (KeyOf(*registry, row) != nullptr) agencies.insert(row.witness);
      }
      if (agencies.size() < witnesses) continue;
      auto found = Find(size);
      if (!found.ok()) return found.status();
      if (found->has_value()) return **std::move(found);
    }
  }
  return errors::Error("COSIGNATURES_MISSING");
}

absl::StatusOr<std::string> Cosignatures::LastOf(
    std::string_view agency) const {
  const auto size = core_.store.LargestCosigned(agency);
  if (!size.ok()) return NamedStoreError(size.status());
  if (!size->has_value()) return std::string();
  const auto row = Find(**size);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::string();
  return Shown(**row);
}

absl::StatusOr<std::optional<storage::CheckpointRow>> Cosignatures::Find(
    uint64_t size) const {
  if (size == 0) return std::nullopt;
  auto rows = core_.store.ListCheckpoints(size - 1, 1);
  if (!rows.ok()) return NamedStoreError(rows.status());
  if (rows->empty() || rows->front().size != size) return std::nullopt;
  return std::move(rows->front());
}

}  // namespace waystation::hub
