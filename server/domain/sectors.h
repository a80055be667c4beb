// SPDX-License-Identifier: Apache-2.0
// Sectors: an open list, of which the ceiling names four.
#ifndef WAYSTATION_SERVER_DOMAIN_SECTORS_H_
#define WAYSTATION_SERVER_DOMAIN_SECTORS_H_

#include <string_view>

namespace waystation::domain {

inline constexpr std::string_view kPublicSecurity = "public_security";
inline constexpr std::string_view kHealth = "health";
inline constexpr std::string_view kLabor = "labor";
inline constexpr std::string_view kCommerce = "commerce";

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

// Whether the ceiling names the sector; all others are treated alike.
constexpr bool IsNamedSector(std::string_view name) {
  return name == kPublicSecurity || name == kHealth || name == kLabor ||
         name == kCommerce;
}

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_SECTORS_H_
