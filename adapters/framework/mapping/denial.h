// SPDX-License-Identifier: Apache-2.0
// Columns that must not leave their agency, whatever a mapping says. The list
// is code and not configuration, so that nobody can configure it away: a
// mapping that reads such a column is refused. Under `drop` it may stand.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_DENIAL_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_DENIAL_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace waystation::adapters {

// Column names are compared in upper case.
struct Denial {
  enum class Match : std::uint8_t { kWhole, kPrefix, kPart };
  Match match;
  std::string_view text;
  // What the column holds and which rule keeps it, in English and Chinese.
  std::string_view rule;
};

// What no sector may send: marital state, fertility, contraception, pregnancy,
// children, ethnicity, religion, party membership, health, biometrics,
// penalties, and the papers of the family planning of old, by the names under
// which systems keep them.
std::span<const Denial> DeniedEverywhere();

// The first of `sector` or of DeniedEverywhere that the column matches, or
// nullptr.
const Denial* FindDenial(std::span<const Denial> sector,
                         std::string_view column);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_DENIAL_H_
