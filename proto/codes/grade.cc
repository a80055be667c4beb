// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/grade.h"

#include <array>
#include <cstddef>

namespace waystation::codes {
namespace {

constexpr std::array<std::string_view, kGradeCount> kNames = {
    "OK",
    "OK_15_UPGRADED",
    "DIVISION_OUT_OF_TIME",
    "BIRTH_CONFLICT",
    "SEX_CONFLICT",
    "AMBIGUOUS",
    "UNMAPPED_CHARACTER",
    "DIVISION_UNKNOWN",
    "CODE_UNKNOWN",
    "CHECKSUM_FAIL",
    "DATE_FUTURE",
    "DATE_IMPOSSIBLE",
    "TRUNCATED",
    "PLACEHOLDER",
    "FORMAT",
    "MISSING",
    "UNREADABLE",
};

}  // namespace

std::string_view GradeName(Grade grade) {
  return kNames.at(static_cast<std::size_t>(grade));
}

std::optional<Grade> GradeFromName(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Grade>(i);
  }
  return std::nullopt;
}

}  // namespace waystation::codes
