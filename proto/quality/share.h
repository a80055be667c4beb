// SPDX-License-Identifier: Apache-2.0
// A share of what was counted, and how far it can be trusted: what the hub's
// report, wayctl and the benchmarks compute alike.
#ifndef WAYSTATION_PROTO_QUALITY_SHARE_H_
#define WAYSTATION_PROTO_QUALITY_SHARE_H_

#include <cstdint>

namespace waystation::quality {

// Of the normal distribution: 95 % lie within so many standard deviations.
inline constexpr double kNormal95 = 1.959964;

struct Interval {
  double low = 0;
  double high = 1;
  bool operator==(const Interval&) const = default;
};

// Wilson's score interval at 95 % (Probable Inference, JASA 22, 1927) of a
// share of `all` draws, which need not be whole: a sample that took much of
// what there is counts as a larger one. It stays within 0 and 1, and has a
// width where all or none of few were hits. 0 to 1 where nothing was drawn.
Interval Wilson(double share, double all);

struct Share {
  std::uint64_t hits = 0;
  std::uint64_t all = 0;

  void Count(bool hit) {
    hits += hit ? 1 : 0;
    ++all;
  }
  // 1 of nothing.
  double value() const;
  // Wilson's at 95 %.
  Interval interval() const;
  bool operator==(const Share&) const = default;
};

// The harmonic mean of the two; 0 where both are.
double F1(const Share& precision, const Share& recall);

}  // namespace waystation::quality

#endif  // WAYSTATION_PROTO_QUALITY_SHARE_H_
