// SPDX-License-Identifier: Apache-2.0
#include "server/hub/review_claims.h"

#include <algorithm>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/store_error.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::OpenItemKey;

// nullopt where the entry is no hash.
std::optional<OpenItemKey> KeyOf(
    const store::v1::StoredReviewClaims::Claim& claim) {
  OpenItemKey key{.kind = static_cast<OpenItem::Kind>(claim.kind()),
                  .a = claim.a(),
                  .b = claim.b(),
                  .attribute = claim.attribute()};
  if (claim.entry().size() != key.entry.size()) return std::nullopt;
  std::ranges::copy(claim.entry(), key.entry.begin());
  return key;
}

}  // namespace

absl::StatusOr<ReviewClaims> ReviewClaims::Load(const storage::Store& store,
                                                int64_t now) {
  const auto rows = store.ListObjects(kReviewClaimsObject);
  if (!rows.ok()) return StoreError(rows.status());
  ReviewClaims claims;
  for (const storage::ObjectRow& row : *rows) {
    store::v1::StoredReviewClaims stored;
    bool sound = stored.ParseFromString(row.bytes);
    for (const auto& claim : stored.claims()) {
      const std::optional<OpenItemKey> key = KeyOf(claim);
      sound = sound && key.has_value();
      if (!sound || claim.until() <= now) continue;
      claims.claims_[*key] = {.clerk = row.id, .until = claim.until()};
    }
    if (!sound) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "object"},
                                         {"row", row.kind + " " + row.id}}});
    }
  }
  return claims;
}

const ReviewClaims::Claim* ReviewClaims::Find(const OpenItemKey& key) const {
  const auto found = claims_.find(key);
  return found == claims_.end() ? nullptr : &found->second;
}

absl::Status ReviewClaims::CheckFree(const OpenItemKey& key,
                                     std::string_view clerk) const {
  const Claim* claim = Find(key);
  if (claim == nullptr || claim->clerk == clerk) return absl::OkStatus();
  return errors::Error(
      "REVIEW_CLAIMED",
      {.metadata = {{"claimed_by", claim->clerk},
                    {"claimed_until",
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                                      absl::FromUnixMicros(claim->until),
                                      absl::UTCTimeZone())}}});
}

std::vector<OpenItemKey> ReviewClaims::HeldBy(std::string_view clerk) const {
  std::vector<OpenItemKey> keys;
  for (const auto& [key, claim] : claims_) {
    if (claim.clerk == clerk) keys.push_back(key);
  }
  return keys;
}

absl::Status ReviewClaims::Put(const OpenItemKey& key, std::string_view clerk,
                               int64_t until) {
  if (Find(key) == nullptr && HeldBy(clerk).size() >= kMostReviewClaims) {
    return errors::Error("LIMIT_REACHED",
                         {.rule = "at most 50 claims of one clerk"});
  }
  claims_[key] = {.clerk = std::string(clerk), .until = until};
  return absl::OkStatus();
}

bool ReviewClaims::Remove(const OpenItemKey& key, std::string_view clerk) {
  const Claim* claim = Find(key);
  return claim != nullptr && claim->clerk == clerk && claims_.erase(key) > 0;
}

storage::ObjectRow ReviewClaims::RowOf(std::string_view clerk) const {
  store::v1::StoredReviewClaims stored;
  for (const OpenItemKey& key : HeldBy(clerk)) {
    auto& claim = *stored.add_claims();
    claim.set_kind(static_cast<uint32_t>(key.kind));
    claim.set_a(key.a);
    claim.set_b(key.b);
    claim.set_attribute(key.attribute);
    claim.set_entry(std::string(AsBytes(key.entry)));
    claim.set_until(Find(key)->until);
  }
  return {.kind = std::string(kReviewClaimsObject),
          .id = std::string(clerk),
          .bytes = stored.SerializeAsString()};
}

}  // namespace waystation::hub
