// SPDX-License-Identifier: Apache-2.0
#include "server/hub/record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"

namespace waystation::hub {
namespace {

Place PlaceOf(Place::Table table, uint64_t first, uint64_t second = 0) {
  return {.table = table, .first = first, .second = second};
}

Place DetailPlace(storage::Uid uid, const auditlog::Hash& hash) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) prefix = prefix << 8 | hash[i];
  return PlaceOf(Place::Table::kDetail, uid, prefix);
}

absl::Status Unreadable(std::string_view table, uint64_t row) {
  return errors::Error("STORE_DAMAGED",
                       {.metadata = {{"table", std::string(table)},
                                     {"row", absl::StrCat(row)}}});
}

// Opens `sealed` under the key that is wrapped for (table, row).
struct Opened {
  DataKey data_key;
  std::string bytes;
};
absl::StatusOr<Opened> Open(const Sealer& sealer, Place::Table table,
                            uint64_t row, uint64_t version,
                            std::string_view wrapped, std::string_view sealed) {
  absl::StatusOr<DataKey> key = sealer.Unwrap(wrapped, PlaceOf(table, row));
  if (!key.ok()) return key.status();
  absl::StatusOr<std::string> bytes =
      Sealer::Open(*key, PlaceOf(table, row, version), sealed);
  if (!bytes.ok()) return bytes.status();
  return Opened{.data_key = *key, .bytes = *std::move(bytes)};
}

}  // namespace

absl::StatusOr<std::shared_ptr<Record>> OpenRecord(const Sealer& sealer,
                                                   storage::RecordRow row) {
  absl::StatusOr<Opened> opened =
      Open(sealer, Place::Table::kRecord, row.uid, row.version, row.wrapped_key,
           row.sealed);
  if (!opened.ok()) return opened.status();
  auto record = std::make_shared<Record>();
  record->uid = row.uid;
  record->agency = row.agency;
  record->key = row.key;
  record->version = row.version;
  record->wrapped_key = std::move(row.wrapped_key);
  record->data_key = opened->data_key;
  record->vector = std::move(row.vector);
  if (!record->stored.ParseFromString(opened->bytes)) {
    return Unreadable("record", row.uid);
  }
  return record;
}

absl::StatusOr<DataKey> UnwrapRecordKey(const Sealer& sealer, storage::Uid uid,
                                        std::string_view wrapped_key) {
  return sealer.Unwrap(wrapped_key, PlaceOf(Place::Table::kRecord, uid));
}

domain::RecordView ViewOf(const Snapshot& registry, const Record& record) {
  const AgencyEntry* agency = registry.Find(record.agency);
  return {.uid = record.uid,
          .sector = agency != nullptr ? std::string_view(agency->sector())
                                      : std::string_view(),
          .record = &record.stored,
          .unique_keys = agency != nullptr && agency->agency.unique_keys()};
}

std::shared_ptr<Record> NewRecord(Sealer& sealer, storage::Uid uid,
                                  storage::AgencyNumber agency,
                                  const storage::KeyHash& key,
                                  std::string_view agency_id,
                                  std::string_view record_key) {
  auto record = std::make_shared<Record>();
  record->uid = uid;
  record->agency = agency;
  record->key = key;
  record->data_key = sealer.NewDataKey();
  record->wrapped_key =
      sealer.Wrap(record->data_key, PlaceOf(Place::Table::kRecord, uid));
  record->stored.set_agency(std::string(agency_id));
  record->stored.set_record_key(std::string(record_key));
  return record;
}

storage::RecordRow SealRecord(Sealer& sealer, const Record& record,
                              int64_t received_time) {
  return {.uid = record.uid,
          .agency = record.agency,
          .key = record.key,
          .version = record.version - 1,
          .wrapped_key = record.wrapped_key,
          .sealed = sealer.Seal(
              record.data_key,
              PlaceOf(Place::Table::kRecord, record.uid, record.version),
              record.stored.SerializeAsString()),
          .vector = record.vector,
          .received_time = received_time,
          .retracted = !domain::HasClaims(record.stored)};
}

storage::DetailRow SealDetail(Sealer& sealer, const Record& record,
                              const auditlog::Hash& hash, std::string_view salt,
                              std::string_view content) {
  store::v1::SealedDetail detail;
  detail.set_salt(salt.data(), salt.size());
  detail.set_content(content.data(), content.size());
  return {.uid = record.uid,
          .hash = hash,
          .sealed = sealer.Seal(record.data_key, DetailPlace(record.uid, hash),
                                detail.SerializeAsString())};
}

std::string SealRest(Sealer& sealer, const Record& record,
                     const auditlog::Hash& hash,
                     const store::v1::SealedDetail& rest) {
  return sealer.Seal(record.data_key, DetailPlace(record.uid, hash),
                     rest.SerializeAsString());
}

absl::StatusOr<store::v1::SealedDetail> OpenDetail(
    const Record& record, const storage::DetailRow& row) {
  const absl::StatusOr<std::string> bytes =
      Sealer::Open(record.data_key, DetailPlace(row.uid, row.hash), row.sealed);
  if (!bytes.ok()) return bytes.status();
  store::v1::SealedDetail detail;
  if (!detail.ParseFromString(*bytes)) return Unreadable("detail", row.uid);
  return detail;
}

absl::StatusOr<std::shared_ptr<LoadedDecision>> OpenDecision(
    const Sealer& sealer, const storage::DecisionRow& row) {
  absl::StatusOr<Opened> opened =
      Open(sealer, Place::Table::kDecision, row.number, 0, row.wrapped_key,
           row.sealed);
  if (!opened.ok()) return opened.status();
  auto decision = std::make_shared<LoadedDecision>();
  decision->number = row.number;
  decision->active = row.active;
  decision->wrapped_key = row.wrapped_key;
  decision->data_key = opened->data_key;
  decision->request = row.request;
  if (!decision->stored.ParseFromString(opened->bytes)) {
    return Unreadable("decision", row.number);
  }
  return decision;
}

storage::DecisionRow SealDecision(Sealer& sealer, LoadedDecision& decision) {
  if (decision.wrapped_key.empty()) {
    decision.data_key = sealer.NewDataKey();
    decision.wrapped_key = sealer.Wrap(
        decision.data_key, PlaceOf(Place::Table::kDecision, decision.number));
  }
  return {
      .number = decision.number,
      .uids = {decision.stored.uids().begin(), decision.stored.uids().end()},
      .active = decision.active,
      .wrapped_key = decision.wrapped_key,
      .sealed = sealer.Seal(decision.data_key,
                            PlaceOf(Place::Table::kDecision, decision.number),
                            decision.stored.SerializeAsString()),
      .request = decision.request};
}

}  // namespace waystation::hub
