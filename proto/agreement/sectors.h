// SPDX-License-Identifier: Apache-2.0
// Sectors: an open list. What the ceiling says of four of them is compiled in;
// a file says it of the others, under what is compiled in for all of these.
#ifndef WAYSTATION_PROTO_AGREEMENT_SECTORS_H_
#define WAYSTATION_PROTO_AGREEMENT_SECTORS_H_

#include <string_view>

namespace waystation::agreement {

inline constexpr std::string_view kPublicSecurity = "public_security";
inline constexpr std::string_view kHealth = "health";
inline constexpr std::string_view kLabor = "labor";
inline constexpr std::string_view kCommerce = "commerce";
// Plans budgets by counts of services, and is told of no person (domain facts
// 1.2).
inline constexpr std::string_view kFinance = "finance";

inline constexpr std::string_view kSectorNameRule =
    "1 to 32 lower-case letters and underscores, a letter first";

// Whether `name` can name a sector, such as "labor".
constexpr bool IsSectorName(std::string_view name) {
  if (name.empty() || name.size() > 32) return false;
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && c != '_') return false;
  }
  return name.front() != '_';
}

// Whether the compiled ceiling names the sector.
constexpr bool IsNamedSector(std::string_view name) {
  return name == kPublicSecurity || name == kHealth || name == kLabor ||
         name == kCommerce;
}

}  // namespace waystation::agreement

#endif  // WAYSTATION_PROTO_AGREEMENT_SECTORS_H_
