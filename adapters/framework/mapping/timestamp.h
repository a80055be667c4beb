// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_TIMESTAMP_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_TIMESTAMP_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace waystation::adapters {

// A moment as systems write it: 20260301123305, 2026-03-01 12:33:05,
// 2026/3/1 12:33, 2026-03-01T12:33:05.123, or a day alone, which is its first
// moment. Counted in a zone `offset` east of Greenwich, unless it names its own
// (2026-03-01T12:33:05+08:00, ...Z). nullopt for anything else.
std::optional<absl::Time> ParseTimestamp(std::string_view text,
                                         absl::Duration offset);

// "+08:00", "-03:30"; nullopt for anything else. Empty is China's.
std::optional<absl::Duration> ParseUtcOffset(std::string_view text);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_TIMESTAMP_H_
