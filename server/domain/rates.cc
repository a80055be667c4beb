// SPDX-License-Identifier: Apache-2.0
#include "server/domain/rates.h"

namespace waystation::domain {

void SetRate(std::uint64_t numerator, std::uint64_t denominator,
             v1::NoticeRate* rate) {
  rate->set_numerator(numerator);
  rate->set_denominator(denominator);
  if (denominator == 0) return;
  rate->set_value(static_cast<double>(numerator) /
                  static_cast<double>(denominator));
}

std::vector<v1::NoticeConvention> Spell(
    std::span<const ConventionWords> words) {
  std::vector<v1::NoticeConvention> conventions;
  for (const ConventionWords& one : words) {
    v1::NoticeConvention& convention = conventions.emplace_back();
    convention.set_figure(one.figure);
    convention.set_chinese(one.chinese);
    convention.set_english(one.english);
  }
  return conventions;
}

}  // namespace waystation::domain
