// SPDX-License-Identifier: Apache-2.0
// Education by GB/T 4658 in its versions of 1984 and 2006, and what the two
// have in common.

#ifndef WAYSTATION_PROTO_CODES_EDUCATION_H_
#define WAYSTATION_PROTO_CODES_EDUCATION_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace waystation::codes {

// The levels on which both versions can be compared, lowest first.
enum class EducationLevel : std::uint8_t {
  kIlliterate,           // 1984 only: 90
  kPrimary,              // 80
  kJuniorSecondary,      // 70
  kSeniorSecondary,      // 60
  kVocationalSecondary,  // 40; 1984 also 50 and the vocational 62, 63
  kCollege,              // 30 专科
  kUndergraduate,        // 20 本科
  kPostgraduate,         // 10
};

// The level of a code of the list "GB4658:1984" or "GB4658:2006". nullopt for
// 90 (other) of 2006, for an unknown code and for any other list.
std::optional<EducationLevel> EducationLevelOf(std::string_view list_id,
                                               std::string_view code);

// Whether `finer` under its list says all that `coarser` under its own says.
// Within one list 21 refines 20; across the two, only a graduate code and the
// bare level of the other list are compared.
bool EducationRefines(std::string_view finer_list, std::string_view finer,
                      std::string_view coarser_list, std::string_view coarser);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_EDUCATION_H_
