// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/sex.h"

#include <string>

#include "proto/codes/ascii.h"
#include "proto/codes/text.h"

namespace waystation::codes {

ReadSex ParseSex(std::string_view given) {
  const std::string_view trimmed = Trim(given);
  if (trimmed.empty()) return {};
  if (!IsUtf8(trimmed) || HasControl(trimmed)) {
    return {.sex = std::nullopt, .grade = Grade::kUnreadable};
  }
  const std::string text = ToLower(FoldWidth(trimmed));
  const auto is = [&](auto... words) { return ((text == words) || ...); };
  const auto ok = [](Sex sex) {
    return ReadSex{.sex = sex, .grade = Grade::kOk};
  };
  if (is("1", "01", "男", "男性", "m", "male")) return ok(Sex::kMale);
  if (is("2", "02", "女", "女性", "f", "female")) return ok(Sex::kFemale);
  if (is("0", "00", "未知", "未知的性别", "unknown")) return ok(Sex::kUnknown);
  if (is("9", "09", "未说明", "未说明的性别")) return ok(Sex::kNotStated);
  return {.sex = std::nullopt, .grade = Grade::kCodeUnknown};
}

std::string_view SexCode(Sex sex) {
  switch (sex) {
    case Sex::kMale:
      return "1";
    case Sex::kFemale:
      return "2";
    case Sex::kNotStated:
      return "9";
    case Sex::kUnknown:
      break;
  }
  return "0";
}

bool Contradicts(Sex a, Sex b) {
  const auto known = [](Sex sex) {
    return sex == Sex::kMale || sex == Sex::kFemale;
  };
  return known(a) && known(b) && a != b;
}

}  // namespace waystation::codes
