// SPDX-License-Identifier: Apache-2.0
#include "server/hub/holder_code.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "server/hub/act_work.h"
#include "server/hub/epoch.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::HolderCodeRow;

constexpr size_t kPage = 1000;

Place PlaceOf(const HolderCodeRow& row) {
  const auto half = [&](size_t from) {
    uint64_t number = 0;
    for (size_t i = from; i < from + 8; ++i) number = number << 8 | row.hash[i];
    return number;
  };
  return {
      .table = Place::Table::kHolderCode, .first = half(0), .second = half(8)};
}

std::string IdOf(const HolderCodeRow& row) {
  return auditlog::ToHex(AsBytes(row.hash));
}

}  // namespace

storage::KeyHash HashOfCode(const Hashes& hashes, std::string_view characters,
                            const domain::VerifySubject& subject) {
  return hashes.HolderCode(characters, static_cast<uint64_t>(subject.kind),
                           static_cast<uint64_t>(subject.scheme));
}

void SealCode(Sealer& sealer, const store::v1::StoredHolderCode& code,
              const Record& record, HolderCodeRow& row) {
  row.uid = record.uid;
  row.sealed =
      sealer.Seal(record.data_key, PlaceOf(row), code.SerializeAsString());
}

absl::StatusOr<store::v1::StoredHolderCode> OpenCode(const HolderCodeRow& row,
                                                     const Record& record) {
  const auto bytes = Sealer::Open(record.data_key, PlaceOf(row), row.sealed);
  if (!bytes.ok()) return bytes.status();
  store::v1::StoredHolderCode code;
  if (!code.ParseFromString(*bytes)) {
    return errors::Error(
        "STORE_DAMAGED",
        {.metadata = {{"table", "holder_code"}, {"row", IdOf(row)}}});
  }
  return code;
}

int SpendCodes(const std::vector<HolderCodeRow>& codes, Planning& planning) {
  int spent = 0;
  for (const HolderCodeRow& code : codes) {
    if (!IsOpen(code, planning.now)) continue;
    planning.SpendCode(code);
    ++spent;
  }
  return spent;
}

std::vector<backup::Journal::Passing> SpentCodes(
    const std::vector<HolderCodeRow>& rows) {
  std::vector<backup::Journal::Passing> spent;
  for (const HolderCodeRow& row : rows) {
    if (!row.spent) continue;
    store::v1::StoredSpentCode stored;
    stored.set_expire_time(row.expire_time);
    spent.push_back({.row = {.kind = std::string(kSpentCodeObject),
                             .id = IdOf(row),
                             .bytes = stored.SerializeAsString()},
                     .until = absl::FromUnixMicros(row.expire_time)});
  }
  return spent;
}

absl::StatusOr<std::vector<backup::Journal::Passing>> ListSpentCodes(
    const storage::Store& store, int64_t now) {
  std::vector<backup::Journal::Passing> spent;
  // Behind all that have expired.
  HolderCodeRow after{.expire_time = now};
  after.hash.fill(0xFF);
  for (;;) {
    const auto rows = store.ListHolderCodes(after, kPage);
    if (!rows.ok()) return rows.status();
    std::ranges::move(SpentCodes(*rows), std::back_inserter(spent));
    if (rows->size() < kPage) return spent;
    after = rows->back();
  }
}

absl::Status SpendAgain(Core& core, const storage::ObjectRow& row,
                        Committer& committer) {
  storage::KeyHash hash;
  const std::string bytes = absl::HexStringToBytes(row.id);
  if (bytes.size() != hash.size()) {
    return errors::Error("JOURNAL_DAMAGED", {.field = row.kind + " " + row.id});
  }
  std::ranges::copy(bytes, hash.begin());
  const auto held = core.store.FindHolderCode(hash);
  if (!held.ok()) return StoreError(held.status());
  // It is younger than the backup, or was used before.
  if (!held->has_value() || (*held)->spent) return absl::OkStatus();
  return DoAct(
      committer,
      [&row, &hash](Planning& planning, v1::AuditEvent& event) -> absl::Status {
        const auto code = planning.FindCode(hash);
        if (!code.ok()) return code.status();
        if (!code->has_value()) return absl::OkStatus();
        event = TakeUpEvent(row);
        planning.SpendCode(**code);
        return absl::OkStatus();
      });
}

}  // namespace waystation::hub
