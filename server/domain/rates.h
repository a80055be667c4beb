// SPDX-License-Identifier: Apache-2.0
// What all reports of rates share: a rate as its numerator and denominator, and
// the words that say how a figure is counted (统计口径).
#ifndef WAYSTATION_SERVER_DOMAIN_RATES_H_
#define WAYSTATION_SERVER_DOMAIN_RATES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "waystation/v1/notice_rates.pb.h"

namespace waystation::domain {

namespace v1 = ::waystation::v1;

// Without a value where there is nothing to be a share of.
void SetRate(std::uint64_t numerator, std::uint64_t denominator,
             v1::NoticeRate* rate);

// How one figure is counted.
struct ConventionWords {
  const char* figure;
  const char* chinese;
  const char* english;
};

std::vector<v1::NoticeConvention> Spell(std::span<const ConventionWords> words);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RATES_H_
