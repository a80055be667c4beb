// SPDX-License-Identifier: Apache-2.0
#include "server/domain/pair_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace waystation::domain {
namespace {

using testing::ElementsAre;

MatchVector Person(std::string_view name, int year, std::string phone = "",
                   std::string number = "") {
  MatchVector record;
  record.name = codes::ComparableName(name);
  record.birth_date = codes::PartialDate{
      .year = static_cast<std::int16_t>(year), .month = 3, .day = 7};
  if (!phone.empty()) record.phones = {std::move(phone)};
  if (!number.empty()) record.numbers = {std::move(number)};
  return record;
}

std::uint64_t PairsOf(const PairCounts& counts, std::size_t kind) {
  return counts.sessions[kind].counts.pairs();
}

TEST(LevelCounts, AddsUpWhatIsNotAskedFor) {
  LevelCounts counts;
  LevelsOfPair same;
  same.fill(Level::kMissing);
  same[1] = Level::kNameExact;
  LevelsOfPair other = same;
  other[3] = Level::kSexSame;
  counts.Add(same, 3);
  counts.Add(other);
  counts.Add(same);
  EXPECT_EQ(counts.pairs(), 5U);
  EXPECT_THAT(
      counts.Rows(~FieldSet{0}),
      ElementsAre(LevelCounts::Row{other, 1}, LevelCounts::Row{same, 4}));
  EXPECT_THAT(counts.Rows(BitOf(Field::kName)),
              ElementsAre(LevelCounts::Row{same, 5}));
}

// A pair counts once for each kind of key and once among the candidates,
// however many keys it shares.
TEST(CountPairs, CountsEachPairOnce) {
  const std::vector<MatchVector> records = {
      Person("Ann Thompson", 1985, "14002007421", "041203199004307763"),
      Person("Anne Tomson", 1985, "14002007421", "041203199004307763"),
      Person("Ann Thompson", 1985, "14002007422"),
      Person("Peter Walker", 1970)};
  const PairCounts counts = CountPairs(records);
  EXPECT_EQ(counts.all_pairs, 6);
  EXPECT_EQ(counts.random.pairs(), 6U);  // all that there are
  EXPECT_EQ(PairsOf(counts, 0), 1U);
  EXPECT_EQ(PairsOf(counts, static_cast<size_t>(Block::kPhone)), 1U);
  // Two words each.
  EXPECT_EQ(PairsOf(counts, static_cast<size_t>(Block::kWordAndYear)), 3U);
  EXPECT_EQ(counts.candidates.pairs(), 3U);
}

TEST(CountPairs, LeavesBlocksOverTheirCapAside) {
  std::vector<MatchVector> records;
  for (int i = 0; i < 5; ++i) {
    records.push_back(Person("王伟", 1950 + i, "14002007421"));
  }
  records[1].birth_date = records[0].birth_date;
  EXPECT_EQ(PairsOf(CountPairs(records, {.block_cap = 5}),
                    static_cast<size_t>(Block::kPhone)),
            10U);
  const PairCounts counts = CountPairs(records, {.block_cap = 4});
  EXPECT_EQ(PairsOf(counts, static_cast<size_t>(Block::kPhone)), 0U);
  // What another key finds is a candidate all the same.
  EXPECT_EQ(counts.candidates.pairs(), 1U);
}

TEST(CountPairs, DrawsSoManyAndTheSameBySeed) {
  std::vector<MatchVector> records;
  for (int i = 0; i < 100; ++i) records.push_back(Person("王伟", 1900 + i));
  const auto rows = [&](std::uint64_t seed) {
    return CountPairs(records, {.random_pairs = 500, .seed = seed})
        .random.Rows(~FieldSet{0});
  };
  std::uint64_t pairs = 0;
  for (const LevelCounts::Row& row : rows(1)) pairs += row.pairs;
  EXPECT_EQ(pairs, 500U);
  EXPECT_EQ(rows(1), rows(1));
  EXPECT_NE(rows(1), rows(2));
}

TEST(CountPairs, OfNobodyCountsNothing) {
  EXPECT_EQ(CountPairs({}).random.pairs(), 0U);
  const std::vector<MatchVector> one = {Person("王伟", 1985)};
  EXPECT_EQ(CountPairs(one).random.pairs(), 0U);
  EXPECT_EQ(CountPairs(one).candidates.pairs(), 0U);
}

RC_GTEST_PROP(CountPairs, IgnoresTheOrderOfRecords, ()) {
  std::vector<MatchVector> records;
  const auto size = *rc::gen::inRange<std::size_t>(0, 20);
  for (std::size_t i = 0; i < size; ++i) {
    records.push_back(Person(
        *rc::gen::element<std::string>("王伟", "Ann Lee", "Anne Lee", "李娜"),
        *rc::gen::inRange(1980, 1983),
        *rc::gen::element<std::string>("", "14002007421", "14002007422"),
        *rc::gen::element<std::string>("", "041203199004307763")));
  }
  const CountOptions options{.block_cap = *rc::gen::inRange<size_t>(2, 20)};
  const PairCounts counts = CountPairs(records, options);
  std::ranges::reverse(records);
  const PairCounts again = CountPairs(records, options);
  RC_ASSERT(counts.candidates.Rows(~FieldSet{0}) ==
            again.candidates.Rows(~FieldSet{0}));
  // All pairs are drawn.
  RC_ASSERT(counts.random.Rows(~FieldSet{0}) ==
            again.random.Rows(~FieldSet{0}));
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < counts.sessions.size(); ++i) {
    RC_ASSERT(counts.sessions[i].counts.Rows(~FieldSet{0}) ==
              again.sessions[i].counts.Rows(~FieldSet{0}));
    found += counts.sessions[i].counts.pairs();
  }
  RC_ASSERT(counts.candidates.pairs() <= found);
}

}  // namespace
}  // namespace waystation::domain
