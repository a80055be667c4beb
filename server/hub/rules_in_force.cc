// SPDX-License-Identifier: Apache-2.0
#include "server/hub/rules_in_force.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"

namespace waystation::hub {
namespace {

domain::RuleBook BookOf(const config::v1::Rules& rules) {
  return rules.version().empty() ? domain::RuleBook() : domain::RuleBook(rules);
}

std::string EtagOf(const store::v1::StoredRules& stored) {
  const std::string seen =
      absl::StrCat(stored.applied_time(), "\n", HashOf(stored.rules()));
  return absl::BytesToHexString(
      std::string(auditlog::AsBytes(auditlog::Sha256(seen)).substr(0, 16)));
}

store::v1::StoredRules Configured(config::v1::Rules rules) {
  store::v1::StoredRules stored;
  *stored.mutable_rules() = std::move(rules);
  return stored;
}

}  // namespace

std::string HashOf(const config::v1::Rules& rules) {
  return std::string(
      auditlog::AsBytes(auditlog::Sha256(rules.SerializeAsString())));
}

RulesVersion::RulesVersion(store::v1::StoredRules given)
    : stored(std::move(given)),
      book(BookOf(stored.rules())),
      etag(EtagOf(stored)) {}

RulesInForce::RulesInForce(config::v1::Rules configured)
    : configured_(std::move(configured)) {
  Replace(std::make_unique<const RulesVersion>(Configured(configured_)));
}

bool RulesInForce::PassesConfiguredOver() const {
  return !configured_.version().empty() &&
         configured_.SerializeAsString() !=
             Get().stored.rules().SerializeAsString();
}

absl::Status RulesInForce::Load(const storage::Store& store) {
  const auto rows = store.ListObjects(kRulesObject);
  if (!rows.ok()) return rows.status();
  for (const storage::ObjectRow& row : *rows) {
    if (row.bytes == Get().stored.SerializeAsString()) continue;
    if (absl::Status put = Put(row); !put.ok()) return put;
  }
  return absl::OkStatus();
}

absl::Status RulesInForce::Put(const storage::ObjectRow& row) {
  store::v1::StoredRules stored;
  if (!stored.ParseFromString(row.bytes)) {
    return errors::Error("STORE_DAMAGED",
                         {.metadata = {{"table", "object"}, {"row", "rules"}}});
  }
  Replace(std::make_unique<const RulesVersion>(std::move(stored)));
  return absl::OkStatus();
}

void RulesInForce::Replace(std::unique_ptr<const RulesVersion> next) {
  const std::lock_guard lock(mutex_);
  all_.push_back(std::move(next));
  current_ = all_.back().get();
}

}  // namespace waystation::hub
