// SPDX-License-Identifier: Apache-2.0
// Values that identify nobody (design 6): a factory's phone, a dormitory, a
// number that a screen fills in. Whether one of them is meant depends on the
// record alone, on the day on which its agency entered the claim, and never on
// today: the same records under the same rules give the same persons.
#ifndef WAYSTATION_SERVER_DOMAIN_BLOCK_LIST_H_
#define WAYSTATION_SERVER_DOMAIN_BLOCK_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/domain/dates.h"

namespace waystation::domain {

// What a value is of.
enum class ValueKind : std::uint8_t { kPhone, kName, kAddress, kNumber };

// Immutable once it is made; thread-safe.
class BlockList {
 public:
  // The one spelling in which values of a kind are compared; empty for what
  // cannot be one.
  static std::string Normalise(ValueKind kind, std::string_view value);

  // `value` as Normalise gives it; the day on which the claim was entered lies
  // in `days`.
  void Add(ValueKind kind, std::string value, Days days);

  bool empty() const { return days_.empty(); }

  // Whether the value, in any spelling, identifies nobody in a claim that its
  // agency entered at `recorded_time` (microseconds since 1970 UTC). A time
  // that is not known, 0, may be any: then each of the value's rows holds.
  bool Blocks(ValueKind kind, std::string_view value,
              std::int64_t recorded_time) const;

  bool operator==(const BlockList&) const = default;

 private:
  // In the order in which they were added.
  absl::flat_hash_map<std::pair<ValueKind, std::string>, std::vector<Days>>
      days_;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_BLOCK_LIST_H_
