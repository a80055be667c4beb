// SPDX-License-Identifier: Apache-2.0
#include "proto/quality/share.h"

#include <gtest/gtest.h>

namespace waystation::quality {
namespace {

TEST(Share, WilsonAsItIsPublished) {
  // Newcombe, Two-sided confidence intervals for the single proportion
  // (Statistics in Medicine 17, 1998), table I, method 3.
  const struct {
    Share share;
    double low;
    double high;
  } cases[] = {{{81, 263}, 0.2553, 0.3662},
               {{15, 148}, 0.0624, 0.1605},
               {{0, 20}, 0.0000, 0.1611},
               {{1, 29}, 0.0061, 0.1718}};
  for (const auto& [share, low, high] : cases) {
    const Interval interval = share.interval();
    EXPECT_NEAR(interval.low, low, 5e-5) << share.hits << "/" << share.all;
    EXPECT_NEAR(interval.high, high, 5e-5) << share.hits << "/" << share.all;
  }
}

TEST(Share, OfNothingNothingIsKnown) {
  EXPECT_EQ(Share().value(), 1);
  EXPECT_EQ(Share().interval(), (Interval{.low = 0, .high = 1}));
}

TEST(Share, F1IsTheHarmonicMean) {
  EXPECT_DOUBLE_EQ(F1({1, 2}, {1, 2}), 0.5);
  EXPECT_NEAR(F1({9, 10}, {3, 10}), 0.45, 1e-9);
  EXPECT_EQ(F1({0, 2}, {0, 2}), 0);
}

}  // namespace
}  // namespace waystation::quality
