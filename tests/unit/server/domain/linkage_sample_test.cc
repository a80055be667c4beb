// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linkage_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

namespace waystation::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(BandOf, Standings) {
  const Thresholds thresholds{.upper = 24, .lower = 12};
  const double width = 6;
  const struct {
    std::string_view name;
    PairStanding pair;
    std::optional<Band> want;
  } cases[] = {
      {"one number",
       {.joined = true, .shares_number = true, .score = 9},
       Band::kNumber},
      {"far above", {.joined = true, .score = 30}, Band::kFarAbove},
      {"just above", {.joined = true, .score = 29.9}, Band::kNearAbove},
      {"joined, and under the upper one",
       {.joined = true, .score = 12},
       Band::kNearAbove},
      {"joined by others", {.joined = true, .score = 11.9}, Band::kThrough},
      {"asked about",
       {.candidate = true, .shares_number = true},
       Band::kCandidate},
      {"asked about by another pair",
       {.candidate = true, .score = 8},
       Band::kCandidate},
      {"scores enough, and nobody asks", {.score = 12}, Band::kLeftAside},
      {"one number, and nobody asks",
       {.shares_number = true},
       Band::kLeftAside},
      {"just below", {.score = 6}, Band::kJustBelow},
      {"far below", {.score = 5.9}, std::nullopt},
  };
  for (const auto& [name, pair, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(BandOf(pair, thresholds, width), want);
  }
  // Rules that leave all to clerks have no upper threshold.
  const Thresholds none{.upper = std::numeric_limits<double>::infinity(),
                        .lower = 12};
  EXPECT_EQ(BandOf({.joined = true, .score = 90}, none, width),
            Band::kNearAbove);
}

// The reference values of splitmix64 (Vigna's splitmix64.c), seed 1234567.
TEST(SeededNumbers, AreTheSameEverywhere) {
  SeededNumbers numbers(1234567);
  EXPECT_EQ(numbers.Next(), 6457827717110365317ULL);
  EXPECT_EQ(numbers.Next(), 3203168211198807973ULL);
  EXPECT_EQ(numbers.Next(), 9817491932198370423ULL);
}

RC_GTEST_PROP(SeededNumbers, StayBelow, ()) {
  SeededNumbers numbers(*rc::gen::arbitrary<std::uint64_t>());
  const auto size = *rc::gen::positive<std::uint64_t>();
  for (int i = 0; i < 20; ++i) RC_ASSERT(numbers.Below(size) < size);
}

RC_GTEST_PROP(Lottery, DrawsEachOnce, ()) {
  const auto size = *rc::gen::inRange<std::uint64_t>(0, 60);
  Lottery lottery(*rc::gen::arbitrary<std::uint64_t>(), size);
  std::set<std::uint64_t> drawn;
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto number = lottery.Draw();
    RC_ASSERT(number.has_value());
    RC_ASSERT(*number >= 1 && *number <= size);
    RC_ASSERT(drawn.insert(*number).second);
  }
  RC_ASSERT(!lottery.Draw().has_value());
}

// Each number comes first about as often as any other.
TEST(Lottery, FavoursNobody) {
  constexpr int kRounds = 12'000;
  std::map<std::uint64_t, int> first;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    Lottery lottery(seed, 6);
    ++first[*lottery.Draw()];
  }
  for (const auto& [number, times] : first) {
    EXPECT_NEAR(times, kRounds / 6, 200) << number;
  }
}

TEST(Allot, AsManyOfEachAsThereAre) {
  EXPECT_THAT(Allot(10, std::vector<std::size_t>{100, 2, 0, 100}),
              ElementsAre(4, 2, 0, 4));
  EXPECT_THAT(Allot(10, std::vector<std::size_t>{1, 2}), ElementsAre(1, 2));
  EXPECT_THAT(Allot(2, std::vector<std::size_t>{9, 9, 9}),
              ElementsAre(1, 1, 0));
  EXPECT_THAT(Allot(10, std::vector<std::size_t>{}), IsEmpty());
}

using Found = std::vector<std::pair<Pair, Band>>;

// Who is near whom, as it is found from either end.
std::map<Uid, Found> Neighbours(const Found& all) {
  std::map<Uid, Found> of;
  for (const auto& one : all) {
    of[one.first.a].push_back(one);
    of[one.first.b].push_back(one);
  }
  return of;
}

RC_GTEST_PROP(PairSample, OfAllRecordsCountsThePairs, ()) {
  const auto ends = *rc::gen::container<std::set<std::pair<Uid, Uid>>>(
      rc::gen::pair(rc::gen::inRange<Uid>(1, 8), rc::gen::inRange<Uid>(8, 15)));
  Found all;
  std::array<std::size_t, kBands> counts{};
  for (const auto& [a, b] : ends) {
    const Band band = static_cast<Band>(1 + (a + b) % kBands);
    all.push_back({Pair{a, b}, band});
    ++counts[static_cast<std::size_t>(band) - 1];
  }
  auto neighbours = Neighbours(all);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto most = *rc::gen::inRange<std::size_t>(1, 30);
  PairSample sample(seed, most);
  PairSample backwards(seed, most);
  for (Uid uid = 1; uid <= 14; ++uid) {
    sample.Look(neighbours[uid]);
    backwards.Look(neighbours[15 - uid]);
  }
  for (std::size_t i = 0; i < kBands; ++i) {
    const BandSize size = sample.SizeOf(static_cast<Band>(i + 1), 14);
    RC_ASSERT(size.pairs == static_cast<double>(counts[i]));
    RC_ASSERT(size.error == 0);
  }
  const auto drawn = sample.Draw();
  RC_ASSERT(drawn == backwards.Draw());
  std::size_t total = 0;
  for (const auto& pairs : drawn) total += pairs.size();
  RC_ASSERT(total == std::min(most, all.size()));
  for (std::size_t i = 0; i < kBands; ++i) {
    for (const Pair& pair : drawn[i]) {
      RC_ASSERT(
          std::ranges::find(all, std::pair{pair, static_cast<Band>(i + 1)}) !=
          all.end());
    }
  }
}

// Of a part of the records: right on average, and as far off as it says.
TEST(PairSample, EstimatesHowManyPairsThereAre) {
  constexpr std::uint64_t kRecords = 400;
  Found all;
  for (Uid uid = 1; uid < kRecords; uid += 2) {
    all.push_back({{uid, uid + 1}, Band::kNumber});
    // Some have many.
    if (uid % 20 == 1) {
      for (Uid other = uid + 2; other < uid + 8 && other <= kRecords; ++other) {
        all.push_back({{uid, other}, Band::kNumber});
      }
    }
  }
  const auto neighbours = Neighbours(all);
  constexpr int kRounds = 400;
  double sum = 0;
  int within = 0;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    PairSample sample(seed, 10);
    Lottery lottery(seed, kRecords);
    for (int i = 0; i < 100; ++i) {
      const auto found = neighbours.find(*lottery.Draw());
      sample.Look(found == neighbours.end() ? Found() : found->second);
    }
    const BandSize size = sample.SizeOf(Band::kNumber, kRecords);
    sum += size.pairs;
    const double off = std::abs(size.pairs - static_cast<double>(all.size()));
    within += off <= 1.96 * size.error ? 1 : 0;
  }
  EXPECT_NEAR(sum / kRounds, static_cast<double>(all.size()), 5);
  EXPECT_GT(within, kRounds * 90 / 100);
}

// Each pair of a band is drawn as often as any other, whoever has many.
TEST(PairSample, DrawsEachPairAlikeOften) {
  Found all = {{{1, 2}, Band::kNumber},
               {{1, 3}, Band::kNumber},
               {{1, 4}, Band::kNumber},
               {{5, 6}, Band::kNumber},
               {{7, 8}, Band::kNumber}};
  const auto neighbours = Neighbours(all);
  std::map<Pair, int> times;
  constexpr int kRounds = 5'000;
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    PairSample sample(seed, 2);
    for (const auto& [uid, found] : neighbours) sample.Look(found);
    const auto drawn = sample.Draw();
    for (const Pair& pair : drawn[0]) ++times[pair];
  }
  for (const auto& [pair, count] : times) {
    EXPECT_NEAR(count, kRounds * 2 / 5, 160) << pair.a << " " << pair.b;
  }
}

}  // namespace
}  // namespace waystation::domain
