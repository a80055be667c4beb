// SPDX-License-Identifier: Apache-2.0
#include "server/hub/registry.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/dates.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

constexpr std::string_view kAdministered[] = {kAgencyObject, kAgreementObject,
                                              kCertificateObject};

using google::protobuf::util::TimeUtil;

absl::Status Damaged(const storage::ObjectRow& row) {
  return errors::Error(
      "STORE_DAMAGED",
      {.metadata = {{"table", "object"}, {"row", row.kind + " " + row.id}}});
}

int64_t ValidFrom(const v1::SigningKey& key) {
  return TimeUtil::TimestampToMicroseconds(key.valid_from());
}

int64_t ValidUntil(const v1::SigningKey& key) {
  return key.has_valid_until()
             ? TimeUtil::TimestampToMicroseconds(key.valid_until())
             : std::numeric_limits<int64_t>::max();
}

bool Receives(const v1::Agreement& agreement, const AgencyEntry& agency) {
  return agreement.recipient_agency() == agency.id() ||
         (!agreement.recipient_sector().empty() &&
          agreement.recipient_sector() == agency.sector());
}

// Of each bound the widest, where all agreements have one.
Budget WidestOf(const std::vector<v1::Agreement>& agreements) {
  const auto widest = [&](auto bound_of) {
    int most = 0;
    for (const v1::Agreement& agreement : agreements) {
      const int bound = bound_of(agreement.budget());
      if (bound == 0) return 0;
      most = std::max(most, bound);
    }
    return most;
  };
  return {
      .page_size = widest([](const v1::Budget& b) { return b.page_size(); }),
      .calls_per_minute =
          widest([](const v1::Budget& b) { return b.calls_per_minute(); }),
      .persons_per_day =
          widest([](const v1::Budget& b) { return b.persons_per_day(); })};
}

}  // namespace

const auditlog::Ed25519PublicKey* AgencyEntry::FindKey(
    std::string_view key_id, int64_t microseconds) const {
  const auto found = keys.find(key_id);
  if (found == keys.end() || microseconds < found->second.valid_from ||
      microseconds >= found->second.valid_until) {
    return nullptr;
  }
  return &found->second.key;
}

const AgencyEntry::Witness* AgencyEntry::FindWitness(
    uint32_t key_hash, int64_t microseconds) const {
  for (const Witness& witness : witnesses) {
    if (witness.verifier.key_hash() == key_hash &&
        microseconds >= witness.valid_from &&
        microseconds < witness.valid_until) {
      return &witness;
    }
  }
  return nullptr;
}

const AgencyEntry* Snapshot::Find(std::string_view id) const {
  const auto found = agencies_.find(id);
  return found == agencies_.end() ? nullptr : &found->second;
}

const AgencyEntry* Snapshot::Find(storage::AgencyNumber number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

std::shared_ptr<const Access> Snapshot::AccessOf(
    const AgencyEntry& agency, codes::Date day,
    std::optional<v1::Purpose> purpose, v1::Scope scope) const {
  const std::lock_guard lock(mutex_);
  if (day != cached_day_) {
    cache_.clear();
    cached_day_ = day;
  }
  std::shared_ptr<const Access>& cached =
      cache_[{agency.number, purpose.has_value() ? *purpose : -1, scope}];
  if (cached != nullptr) return cached;
  std::vector<v1::Agreement> agreements;
  std::vector<std::string> names;
  for (const auto& [id, status] : agreements_) {
    const v1::Agreement& agreement = status.agreement();
    if (status.state() == v1::AgreementStatus::STATE_REVOKED ||
        agreement.scope() != scope || !Receives(agreement, agency) ||
        !domain::InForce(agreement, day) ||
        (purpose.has_value() && agreement.purpose() != *purpose)) {
      continue;
    }
    agreements.push_back(agreement);
    names.push_back(absl::StrCat(id, "@", agreement.version()));
  }
  cached = std::make_shared<const Access>(
      Access{.permissions = domain::Permissions(agreements, agency.recipient,
                                                day, purpose, scope, *ceiling_),
             .agreements = absl::StrJoin(names, ","),
             .budget = WidestOf(agreements)});
  return cached;
}

bool Snapshot::HasPersonBudget() const {
  return std::ranges::any_of(agreements_, [](const auto& entry) {
    return entry.second.agreement().budget().persons_per_day() != 0;
  });
}

absl::Status Snapshot::Take(const storage::ObjectRow& row,
                            const SecretKey& handle_key) {
  if (row.kind == kAgencyObject) {
    store::v1::StoredAgency stored;
    if (!stored.ParseFromString(row.bytes)) return Damaged(row);
    AgencyEntry entry{.number = stored.number(),
                      .agency = stored.agency(),
                      .recipient = {.agency = stored.agency().id(),
                                    .sector = stored.agency().sector()},
                      .handles = HandleCodec(handle_key, stored.agency().id()),
                      .keys = {},
                      .witnesses = {}};
    for (const v1::SigningKey& key : stored.agency().signing_keys()) {
      absl::StatusOr<auditlog::Ed25519PublicKey> parsed =
          auditlog::Ed25519PublicKey::FromRaw(key.public_key());
      if (!parsed.ok()) return Damaged(row);
      entry.keys.emplace(key.key_id(),
                         AgencyEntry::Key{.key = *std::move(parsed),
                                          .valid_from = ValidFrom(key),
                                          .valid_until = ValidUntil(key)});
    }
    for (const v1::SigningKey& key : stored.agency().witness_keys()) {
      absl::StatusOr<auditlog::Ed25519PublicKey> parsed =
          auditlog::Ed25519PublicKey::FromRaw(key.public_key());
      if (!parsed.ok()) return Damaged(row);
      absl::StatusOr<auditlog::NoteVerifier> verifier =
          auditlog::NoteVerifier::Create(
              entry.id(), *std::move(parsed),
              auditlog::NoteAlgorithm::kCosignatureV1);
      if (!verifier.ok()) return Damaged(row);
      entry.witnesses.push_back({.verifier = *std::move(verifier),
                                 .valid_from = ValidFrom(key),
                                 .valid_until = ValidUntil(key)});
    }
    const auto [place, added] = agencies_.emplace(row.id, std::move(entry));
    by_number_[place->second.number] = &place->second;
  } else if (row.kind == kAgreementObject) {
    if (!agreements_[row.id].ParseFromString(row.bytes)) return Damaged(row);
  } else if (row.kind == kCertificateObject) {
    v1::CertificateStatus& status = certificates_[row.id];
    if (!status.ParseFromString(row.bytes)) return Damaged(row);
    if (status.revoked()) revoked_.insert(row.id);
  }
  return absl::OkStatus();
}

bool IsAdministered(std::string_view kind) {
  return std::ranges::find(kAdministered, kind) != std::end(kAdministered);
}

absl::StatusOr<std::vector<storage::ObjectRow>> ListAdministered(
    const storage::Store& store) {
  std::vector<storage::ObjectRow> all;
  for (const std::string_view kind : kAdministered) {
    absl::StatusOr<std::vector<storage::ObjectRow>> rows =
        store.ListObjects(kind);
    if (!rows.ok()) return rows.status();
    all.insert(all.end(), std::make_move_iterator(rows->begin()),
               std::make_move_iterator(rows->end()));
  }
  return all;
}

absl::Status Registry::Load(const storage::Store& store) {
  const auto all = ListAdministered(store);
  if (!all.ok()) return all.status();
  return Replace(*all);
}

absl::Status Registry::Put(std::span<const storage::ObjectRow> rows) {
  return Replace(rows);
}

absl::Status Registry::Replace(std::span<const storage::ObjectRow> rows) {
  const std::lock_guard lock(mutex_);
  bool is_other = false;
  for (const storage::ObjectRow& row : rows) {
    storage::ObjectRow& held = rows_[{row.kind, row.id}];
    if (held == row) continue;
    held = row;
    is_other = true;
    if (row.kind != kCertificateObject) ++agreed_;
  }
  if (!is_other) return absl::OkStatus();
  auto next = std::make_shared<Snapshot>(ceiling_);
  next->agreed_ = agreed_;
  for (const auto& [key, row] : rows_) {
    if (absl::Status taken = next->Take(row, handle_key_); !taken.ok()) {
      return taken;
    }
  }
  snapshot_ = std::move(next);
  return absl::OkStatus();
}

std::shared_ptr<const Snapshot> Registry::Get() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

v1::AgreementStatus AsOf(v1::AgreementStatus status, codes::Date day) {
  if (status.state() == v1::AgreementStatus::STATE_REVOKED ||
      domain::InForce(status.agreement(), day)) {
    return status;
  }
  const auto first =
      domain::DaysOf(domain::ToPartial(status.agreement().valid_from()));
  const bool pending =
      first.has_value() && std::chrono::sys_days(day) < first->first;
  status.set_state(pending ? v1::AgreementStatus::STATE_PENDING
                           : v1::AgreementStatus::STATE_EXPIRED);
  return status;
}

}  // namespace waystation::hub
