// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linkage_estimate.h"

#include <algorithm>
#include <cmath>

namespace waystation::domain {
namespace {

using quality::Interval;
using quality::kNormal95;

double Square(double value) { return value * value; }

bool IsEmpty(const Stratum& stratum) {
  return stratum.drawn == 0 && stratum.size.pairs <= 0;
}

// A sum of what several strata say, with how far it may lie to either side.
struct Sum {
  double value = 0;
  // Squares of the distances.
  double below = 0;
  double above = 0;

  Interval interval() const {
    return {.low = std::max(0.0, value - std::sqrt(below)),
            .high = value + std::sqrt(above)};
  }
  void Add(const Stratum& stratum, const Estimate& share) {
    const double pairs = stratum.size.pairs;
    const double error = kNormal95 * stratum.size.error;
    value += pairs * share.value;
    below += Square(pairs * (share.value - share.interval.low)) +
             Square(error * share.value);
    above += Square(pairs * (share.interval.high - share.value)) +
             Square(error * share.interval.high);
  }
};

// Of what stands over what, both of them not negative.
Interval RatioOf(const Sum& over, const Sum& under) {
  const Interval a = over.interval();
  const Interval b = under.interval();
  const double product = over.value * under.value;
  const auto root = [](double value) {
    return std::sqrt(std::max(0.0, value));
  };
  Interval ratio{.low = 0, .high = HUGE_VAL};
  // Where the divisor may be twice what it is, the formula has no bound to
  // give: the worst of both then.
  const double beyond = b.high * (2 * under.value - b.high);
  if (beyond > 0) {
    ratio.low = (product - root(Square(product) -
                                a.low * beyond * (2 * over.value - a.low))) /
                beyond;
  } else if (b.high > 0) {
    ratio.low = a.low / b.high;
  }
  const double within = b.low * (2 * under.value - b.low);
  if (within > 0) {
    ratio.high = (product + root(Square(product) -
                                 a.high * within * (2 * over.value - a.high))) /
                 within;
  }
  ratio.low = std::max(0.0, ratio.low);
  return ratio;
}

}  // namespace

std::optional<Estimate> ShareOfSame(const Stratum& stratum) {
  const std::uint64_t answers = stratum.same + stratum.different;
  if (answers == 0 || answers < std::min(kLeastAnswers, stratum.drawn)) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(answers);
  Estimate share{.value = static_cast<double>(stratum.same) / n};
  // Who asked about most of what there is knows more than who asked as many of
  // ever so many (finite population correction).
  const double left = stratum.size.pairs - n;
  if (left < 0.5 && stratum.size.error == 0) {
    share.interval = {.low = share.value, .high = share.value};
    return share;
  }
  const double effective =
      left <= 0 ? n : n * std::max(1.0, (stratum.size.pairs - 1) / left);
  share.interval = quality::Wilson(share.value, effective);
  return share;
}

std::optional<Estimate> EstimatePrecision(std::span<const Stratum> strata) {
  double pairs = 0;
  Sum same;
  for (const Stratum& stratum : strata) {
    if (!IsLinked(stratum.band) || IsEmpty(stratum)) continue;
    const auto share = ShareOfSame(stratum);
    if (!share.has_value()) return std::nullopt;
    pairs += stratum.size.pairs;
    same.value += stratum.size.pairs * share->value;
    same.below +=
        Square(stratum.size.pairs * (share->value - share->interval.low));
    same.above +=
        Square(stratum.size.pairs * (share->interval.high - share->value));
  }
  if (pairs <= 0) return std::nullopt;
  Estimate precision{.value = same.value / pairs};
  // Were a band larger than it seems, its own share would count for more.
  double shift = 0;
  for (const Stratum& stratum : strata) {
    if (!IsLinked(stratum.band) || IsEmpty(stratum)) continue;
    const double from = ShareOfSame(stratum)->value - precision.value;
    shift += Square(kNormal95 * stratum.size.error * from);
  }
  precision.interval = {
      .low = std::max(0.0,
                      precision.value - std::sqrt(same.below + shift) / pairs),
      .high = std::min(
          1.0, precision.value + std::sqrt(same.above + shift) / pairs)};
  return precision;
}

std::optional<Estimate> EstimateRecall(std::span<const Stratum> strata) {
  Sum seen;
  Sum missed;
  for (const Stratum& stratum : strata) {
    if (IsEmpty(stratum)) continue;
    const auto share = ShareOfSame(stratum);
    if (!share.has_value()) return std::nullopt;
    (IsSeen(stratum.band) ? seen : missed).Add(stratum, *share);
  }
  const double all = seen.value + missed.value;
  if (all <= 0) return std::nullopt;
  // Of what is missed for each that is seen, since the two are independent.
  const Interval ratio = RatioOf(missed, seen);
  return Estimate{
      .value = seen.value / all,
      .interval = {.low = 1 / (1 + ratio.high), .high = 1 / (1 + ratio.low)}};
}

}  // namespace waystation::domain
