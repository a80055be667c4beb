// SPDX-License-Identifier: Apache-2.0
// The ceiling above every agreement (design 8), compiled in: what it does not
// name is denied, whatever an agreement says.
#ifndef WAYSTATION_SERVER_DOMAIN_CEILING_H_
#define WAYSTATION_SERVER_DOMAIN_CEILING_H_

#include <span>
#include <string>
#include <string_view>

#include "waystation/v1/agreement.pb.h"

namespace waystation::domain {

namespace v1 = ::waystation::v1;

// Stands in a row for every sector that the ceiling does not name.
inline constexpr std::string_view kOtherSector = "*";

// One attribute that `to` may know from `from`, and in which form.
struct CeilingRow {
  std::string_view from;
  std::string_view to;
  std::string_view attribute;
  v1::Form form = v1::FORM_UNSPECIFIED;
  // PARTIAL of a division: at most so many digits.
  int digits = 0;
  std::string_view predicate;
  // Part of the default set of agreements.
  bool is_default = false;
};

std::span<const CeilingRow> Ceiling();

// Whether agreements may let `to` know `from`'s claims in this form. A ceiling
// of VALUE covers PARTIAL, MATCH and every predicate of the attribute; one of
// PARTIAL covers fewer digits; MATCH and PREDICATE cover themselves only.
bool UnderCeiling(std::string_view from, std::string_view to,
                  std::string_view attribute, v1::Form form, int digits,
                  std::string_view predicate);

// The same in words, for whoever wrote an agreement that is over it: "at most
// partial with 6 digits", or "never from health to labor".
std::string AtMost(std::string_view from, std::string_view to,
                   std::string_view attribute);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_CEILING_H_
