// SPDX-License-Identifier: Apache-2.0
#include "proto/quality/share.h"

#include <algorithm>
#include <cmath>

namespace waystation::quality {

Interval Wilson(double share, double all) {
  if (all <= 0) return {};
  const double z2 = kNormal95 * kNormal95;
  const double middle = share + z2 / (2 * all);
  const double half =
      kNormal95 * std::sqrt(share * (1 - share) / all + z2 / (4 * all * all));
  const double scale = 1 + z2 / all;
  // Where none or all were hits the bound is exact, and rounding is not.
  return {.low = share <= 0 ? 0 : std::max(0.0, (middle - half) / scale),
          .high = share >= 1 ? 1 : std::min(1.0, (middle + half) / scale)};
}

double Share::value() const {
  return all == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(all);
}

Interval Share::interval() const {
  return Wilson(value(), static_cast<double>(all));
}

double F1(const Share& precision, const Share& recall) {
  const double sum = precision.value() + recall.value();
  return sum == 0 ? 0 : 2 * precision.value() * recall.value() / sum;
}

}  // namespace waystation::quality
