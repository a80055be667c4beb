// SPDX-License-Identifier: Apache-2.0
// Open items that are a pair of records: a candidate of the office's or of an
// agency's own clerks, and a pair of a sample. One pair may be open as several;
// a ruling on either is one on the pair.
#ifndef WAYSTATION_SERVER_HUB_PAIR_ITEM_H_
#define WAYSTATION_SERVER_HUB_PAIR_ITEM_H_

#include <algorithm>
#include <optional>
#include <vector>

#include "server/storage/store.h"

namespace waystation::hub {

constexpr bool IsCandidate(storage::OpenItem::Kind kind) {
  return kind == storage::OpenItem::Kind::kCandidate ||
         kind == storage::OpenItem::Kind::kOwnCandidate;
}

constexpr bool IsPair(storage::OpenItem::Kind kind) {
  return IsCandidate(kind) || kind == storage::OpenItem::Kind::kSample;
}

// What only the clerks of one agency are asked about.
constexpr bool IsAgencysOwn(storage::OpenItem::Kind kind) {
  return kind == storage::OpenItem::Kind::kOwnCandidate ||
         kind == storage::OpenItem::Kind::kOwnConflict;
}

// Those that take part in a pair of their records, as an item has them.
inline std::vector<storage::AgencyNumber> AgenciesOfPair(
    storage::AgencyNumber a, storage::AgencyNumber b) {
  if (a == b) return {a};
  return {std::min(a, b), std::max(a, b)};
}

// The other item that the office may be asked about the same pair by; nullopt
// of what is none of these. An agency's own clerks never learn what the office
// is at work on.
inline std::optional<storage::OpenItemKey> TwinOf(storage::OpenItemKey key) {
  using enum storage::OpenItem::Kind;
  if (key.kind != kSample && key.kind != kCandidate) return std::nullopt;
  key.kind = key.kind == kSample ? kCandidate : kSample;
  return key;
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PAIR_ITEM_H_
