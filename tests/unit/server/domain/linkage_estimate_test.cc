// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linkage_estimate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace waystation::domain {
namespace {

Stratum Of(Band band, double pairs, std::uint64_t same, std::uint64_t different,
           double error = 0, std::uint64_t unsure = 0) {
  return {.band = band,
          .size = {.pairs = pairs, .error = error},
          .drawn = same + different + unsure,
          .same = same,
          .different = different};
}

TEST(ShareOfSame, OfABand) {
  const struct {
    std::string_view name;
    Stratum stratum;
    std::optional<Estimate> want;
  } cases[] = {
      // 81 of 263 (Newcombe 1998) of ever so many.
      {"Wilson's where there are many", Of(Band::kNumber, 1e12, 81, 182),
       Estimate{0.30798, {.low = 0.2553, .high = 0.3662}}},
      {"all of them were answered: nothing is in doubt",
       Of(Band::kNumber, 20, 19, 1),
       Estimate{0.95, {.low = 0.95, .high = 0.95}}},
      // n' = 10 * 19 / 10 = 19 of 20; Wilson of 10 of 10 as of 19.
      {"half of them were", Of(Band::kNumber, 20, 10, 0),
       Estimate{1, {.low = 0.8318, .high = 1}}},
      {"too few answers", Of(Band::kNumber, 1000, 4, 0, 0, 10), std::nullopt},
      {"no answer", Of(Band::kNumber, 1000, 0, 0, 0, 10), std::nullopt},
      {"few answers, and there are no more", Of(Band::kNumber, 3, 2, 1),
       Estimate{2.0 / 3, {.low = 2.0 / 3, .high = 2.0 / 3}}},
  };
  for (const auto& [name, stratum, want] : cases) {
    SCOPED_TRACE(name);
    const auto share = ShareOfSame(stratum);
    ASSERT_EQ(share.has_value(), want.has_value());
    if (!want.has_value()) continue;
    EXPECT_NEAR(share->value, want->value, 1e-4);
    EXPECT_NEAR(share->interval.low, want->interval.low, 1e-4);
    EXPECT_NEAR(share->interval.high, want->interval.high, 1e-4);
  }
}

TEST(Estimates, OfSeveralBands) {
  const struct {
    std::string_view name;
    std::vector<Stratum> strata;
    std::optional<double> precision;
    std::optional<double> recall;
  } cases[] = {
      {"nothing was drawn", {}, std::nullopt, std::nullopt},
      {"bands count by their pairs, not by their answers",
       {Of(Band::kNumber, 900, 50, 0), Of(Band::kNearAbove, 100, 25, 25)},
       0.95,
       1.0},
      {"what is seen, and what is missed",
       {Of(Band::kNumber, 900, 50, 0), Of(Band::kCandidate, 50, 40, 10),
        Of(Band::kJustBelow, 600, 1, 59)},
       1.0,
       940.0 / 950},
      {"only what is missed: nothing is joined",
       {Of(Band::kJustBelow, 100, 10, 40)},
       std::nullopt,
       0.0},
      {"nobody is one human being",
       {Of(Band::kJustBelow, 100, 0, 50)},
       std::nullopt,
       std::nullopt},
      {"a band of the joined has too few answers",
       {Of(Band::kNumber, 900, 50, 0), Of(Band::kThrough, 100, 2, 0, 0, 9)},
       std::nullopt,
       std::nullopt},
      {"one of the others has",
       {Of(Band::kNumber, 900, 50, 0), Of(Band::kJustBelow, 99, 0, 2, 0, 9)},
       1.0,
       std::nullopt},
      {"a band that has no pairs asks for no answers",
       {Of(Band::kNumber, 900, 50, 0), Of(Band::kThrough, 0, 0, 0)},
       1.0,
       1.0},
  };
  for (const auto& [name, strata, precision, recall] : cases) {
    SCOPED_TRACE(name);
    const auto got_precision = EstimatePrecision(strata);
    const auto got_recall = EstimateRecall(strata);
    ASSERT_EQ(got_precision.has_value(), precision.has_value());
    ASSERT_EQ(got_recall.has_value(), recall.has_value());
    for (const auto& [got, want] :
         {std::pair(got_precision, precision), std::pair(got_recall, recall)}) {
      if (!want.has_value()) continue;
      EXPECT_NEAR(got->value, *want, 1e-9);
      EXPECT_LE(got->interval.low, got->value + 1e-9);
      EXPECT_GE(got->interval.high, got->value - 1e-9);
      EXPECT_GE(got->interval.low, 0);
      EXPECT_LE(got->interval.high, 1);
    }
  }
}

// Where all answers of a band agree, the doubt is that of so many answers.
TEST(Estimates, KeepTheirDoubtWhereAllAnswersAgree) {
  const Stratum few[] = {Of(Band::kNumber, 1e6, 10, 0)};
  const Stratum many[] = {Of(Band::kNumber, 1e6, 1000, 0)};
  EXPECT_NEAR(EstimatePrecision(few)->interval.low, 0.7225, 1e-3);
  EXPECT_NEAR(EstimatePrecision(many)->interval.low, 0.9962, 1e-3);
  // A large band below, of which fifty were looked at and none was missed, may
  // still hide many.
  const Stratum hidden[] = {Of(Band::kNumber, 1000, 50, 0),
                            Of(Band::kJustBelow, 10'000, 0, 50)};
  const auto recall = EstimateRecall(hidden);
  EXPECT_EQ(recall->value, 1);
  EXPECT_LT(recall->interval.low, 0.65);
}

TEST(Estimates, ADoubtfulSizeWidensThem) {
  const auto width = [](double error) {
    const Stratum strata[] = {Of(Band::kNumber, 900, 60, 0, error),
                              Of(Band::kNearAbove, 100, 30, 30, error),
                              Of(Band::kJustBelow, 200, 6, 54, error)};
    const auto precision = EstimatePrecision(strata)->interval;
    const auto recall = EstimateRecall(strata)->interval;
    return std::pair(precision.high - precision.low, recall.high - recall.low);
  };
  EXPECT_GT(width(60).first, width(0).first);
  EXPECT_GT(width(60).second, width(0).second);
}

// Drawn again and again from bands whose truth is known, the intervals hold it
// about as often as they say.
TEST(Estimates, IntervalsHoldTheTruth) {
  struct Known {
    Band band;
    std::uint64_t pairs;
    double same;
  };
  const Known known[] = {
      {Band::kNumber, 20'000, 0.999}, {Band::kFarAbove, 3'000, 0.99},
      {Band::kNearAbove, 800, 0.9},   {Band::kCandidate, 500, 0.6},
      {Band::kLeftAside, 200, 0.2},   {Band::kJustBelow, 5'000, 0.02}};
  double joined = 0;
  double joined_same = 0;
  double seen_same = 0;
  double all_same = 0;
  for (const Known& one : known) {
    const double same = static_cast<double>(one.pairs) * one.same;
    all_same += same;
    if (IsSeen(one.band)) seen_same += same;
    if (!IsLinked(one.band)) continue;
    joined += static_cast<double>(one.pairs);
    joined_same += same;
  }
  const double precision = joined_same / joined;
  const double recall = seen_same / all_same;
  constexpr int kRounds = 1'000;
  int precision_held = 0;
  int recall_held = 0;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    SeededNumbers numbers(seed);
    std::vector<Stratum> strata;
    for (const Known& one : known) {
      std::uint64_t same = 0;
      constexpr std::uint64_t kAsked = 60;
      for (std::uint64_t i = 0; i < kAsked; ++i) {
        same +=
            static_cast<double>(numbers.Below(1'000'000)) < one.same * 1'000'000
                ? 1
                : 0;
      }
      strata.push_back(
          Of(one.band, static_cast<double>(one.pairs), same, kAsked - same));
    }
    const auto held = [](const Estimate& estimate, double truth) {
      return estimate.interval.low <= truth && truth <= estimate.interval.high;
    };
    precision_held += held(*EstimatePrecision(strata), precision) ? 1 : 0;
    recall_held += held(*EstimateRecall(strata), recall) ? 1 : 0;
  }
  EXPECT_GE(precision_held, kRounds * 93 / 100);
  EXPECT_GE(recall_held, kRounds * 93 / 100);
}

}  // namespace
}  // namespace waystation::domain
