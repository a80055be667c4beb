// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/education.h"

#include "proto/codes/code_list.h"

namespace waystation::codes {
namespace {

std::optional<EducationLevel> LevelOfGroup(char group) {
  switch (group) {
    case '1':
      return EducationLevel::kPostgraduate;
    case '2':
      return EducationLevel::kUndergraduate;
    case '3':
      return EducationLevel::kCollege;
    case '4':
    case '5':
      return EducationLevel::kVocationalSecondary;
    case '6':
      return EducationLevel::kSeniorSecondary;
    case '7':
      return EducationLevel::kJuniorSecondary;
    case '8':
      return EducationLevel::kPrimary;
    default:
      return std::nullopt;
  }
}

// Codes of the two lists that mean the same, so that one refines the other.
bool IsBareLevel(std::string_view code) { return code.ends_with('0'); }

}  // namespace

std::optional<EducationLevel> EducationLevelOf(std::string_view list_id,
                                               std::string_view code) {
  const bool old = list_id == kEducation1984;
  if (!old && list_id != kEducation2006) return std::nullopt;
  const CodeList* list = FindCodeList(list_id);
  if (list == nullptr || list->Find(code) == nullptr) return std::nullopt;
  if (old && code == "90") return EducationLevel::kIlliterate;
  // Vocational senior schools stood under 60 in 1984 and stand under 40 since.
  if (old && (code == "62" || code == "63")) {
    return EducationLevel::kVocationalSecondary;
  }
  return LevelOfGroup(code.front());
}

bool EducationRefines(std::string_view finer_list, std::string_view finer,
                      std::string_view coarser_list, std::string_view coarser) {
  if (finer_list == coarser_list) {
    if (finer == coarser) return true;
    const CodeList* list = FindCodeList(finer_list);
    return list != nullptr && list->Refines(finer, coarser);
  }
  const auto level = EducationLevelOf(finer_list, finer);
  return level && IsBareLevel(coarser) &&
         level == EducationLevelOf(coarser_list, coarser);
}

}  // namespace waystation::codes
