// SPDX-License-Identifier: Apache-2.0
#include "server/domain/grades.h"

#include <array>
#include <cstddef>
#include <string>

namespace waystation::domain {
namespace {

namespace v1 = ::waystation::v1;

struct Names {
  std::array<v1::Grade, codes::kGradeCount> to{};
  std::array<codes::Grade, v1::Grade_ARRAYSIZE> from{};

  Names() {
    for (int i = 0; i < codes::kGradeCount; ++i) {
      const auto grade = static_cast<codes::Grade>(i);
      v1::Grade message = v1::GRADE_UNSPECIFIED;
      if (v1::Grade_Parse("GRADE_" + std::string(codes::GradeName(grade)),
                          &message)) {
        to[static_cast<std::size_t>(i)] = message;
        from[static_cast<std::size_t>(message)] = grade;
      }
    }
    from[v1::GRADE_UNSPECIFIED] = codes::Grade::kOk;
  }
};

const Names& GetNames() {
  static const Names names;
  return names;
}

}  // namespace

v1::Grade ToMessage(codes::Grade grade) {
  return GetNames().to[static_cast<std::size_t>(grade)];
}

codes::Grade FromMessage(v1::Grade grade) {
  if (!v1::Grade_IsValid(grade)) return codes::Grade::kFormat;
  return GetNames().from[static_cast<std::size_t>(grade)];
}

}  // namespace waystation::domain
