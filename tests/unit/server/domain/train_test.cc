// SPDX-License-Identifier: Apache-2.0
#include "server/domain/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "server/domain/linking.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

using testing::IsEmpty;

// How pairs of records really look, level by level; the shares of each field
// sum to 1.
struct Class {
  std::array<double, kLevels> shares{};

  void Set(std::vector<std::pair<Level, double>> given) {
    for (const auto& [level, share] : given) {
      shares[static_cast<size_t>(level)] = share;
    }
  }
};

Class OnePerson() {
  Class one;
  one.Set({{Level::kNameExact, 0.85},
           {Level::kNameOneEdit, 0.1},
           {Level::kNameDiffers, 0.05},
           {Level::kBirthDateExact, 0.9},
           {Level::kBirthDateNear, 0.06},
           {Level::kBirthDateDiffers, 0.04},
           {Level::kSexSame, 0.99},
           {Level::kSexDiffers, 0.01},
           {Level::kPhoneSame, 0.6},
           {Level::kPhoneDiffers, 0.4},
           {Level::kAddressSame, 0.5},
           {Level::kAddressSimilar, 0.2},
           {Level::kAddressDiffers, 0.3}});
  return one;
}

Class TwoPersons() {
  Class two;
  two.Set({{Level::kNameExact, 0.001},
           {Level::kNameOneEdit, 0.004},
           {Level::kNameDiffers, 0.995},
           {Level::kBirthDateExact, 0.0005},
           {Level::kBirthDateNear, 0.003},
           {Level::kBirthDateDiffers, 0.9965},
           {Level::kSexSame, 0.5},
           {Level::kSexDiffers, 0.5},
           {Level::kPhoneSame, 0.001},
           {Level::kPhoneDiffers, 0.999},
           {Level::kAddressSame, 0.002},
           {Level::kAddressSimilar, 0.003},
           {Level::kAddressDiffers, 0.995}});
  return two;
}

// Pairs as they come, one field in ten unknown.
class Population {
 public:
  explicit Population(std::uint32_t seed) : random_(seed) {}

  // Pairs that agree on `given`, of each class so many.
  void Draw(const Class& pairs_of, FieldSet given, int pairs,
            LevelCounts& counts) {
    for (int i = 0; i < pairs; ++i) {
      LevelsOfPair levels;
      levels.fill(Level::kMissing);
      for (std::size_t field = 0; field < kFields; ++field) {
        const bool is_given = (given & BitOf(static_cast<Field>(field))) != 0;
        if (!is_given && Share() < 0.1) continue;
        double rest = Share();
        for (std::size_t j = 0; j < kLevels; ++j) {
          if (Levels()[j].field != static_cast<Field>(field) ||
              pairs_of.shares[j] == 0) {
            continue;
          }
          levels[field] = static_cast<Level>(j);
          rest -= pairs_of.shares[j];
          if (is_given || rest < 0) break;
        }
      }
      counts.Add(levels);
    }
  }

  // `people` with two records each: random pairs, and those that share a phone,
  // or name and birth date.
  PairCounts Count(int people) {
    PairCounts counts;
    const double records = 2.0 * people;
    counts.all_pairs = records * (records - 1) / 2;
    Draw(TwoPersons(), 0, 20 * people, counts.random);
    const struct {
      FieldSet given;
      int matches, others;
    } kinds[] = {
        {BitOf(Field::kPhone), people / 2, people},
        {BitOf(Field::kName) | BitOf(Field::kBirthDate), people * 3 / 4,
         people / 4},
        {BitOf(Field::kAddress) | BitOf(Field::kBirthDate), people / 3,
         people / 20},
    };
    for (const auto& kind : kinds) {
      Session& session = counts.sessions.emplace_back();
      session.given = kind.given;
      Draw(OnePerson(), kind.given, kind.matches, session.counts);
      Draw(TwoPersons(), kind.given, kind.others, session.counts);
    }
    for (const auto& kind : kinds) {
      Draw(OnePerson(), kind.given, kind.matches / 2, counts.candidates);
      Draw(TwoPersons(), kind.given, kind.others, counts.candidates);
    }
    return counts;
  }

 private:
  double Share() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
  }

  std::mt19937 random_;
};

// The largest error of a weight, in bits, of the levels that there are.
double WorstError(const Trained& trained) {
  const Class one = OnePerson();
  const Class two = TwoPersons();
  double worst = 0;
  for (std::size_t i = 0; i < kLevels; ++i) {
    if (one.shares[i] == 0) continue;
    EXPECT_TRUE(trained.levels[i].learned) << i;
    const LevelEstimate& level = trained.levels[i];
    worst = std::max(worst, std::abs(std::log2(level.m / level.u) -
                                     std::log2(one.shares[i] / two.shares[i])));
  }
  return worst;
}

TEST(Train, FindsWhatThePopulationWasMadeOf) {
  const Trained trained = Train(Population(7).Count(20'000));
  const Class one = OnePerson();
  const Class two = TwoPersons();
  for (std::size_t i = 0; i < kLevels; ++i) {
    if (one.shares[i] == 0) continue;
    SCOPED_TRACE(std::string(NameOf(Levels()[i].field)) + " " +
                 std::string(Levels()[i].name));
    EXPECT_NEAR(trained.levels[i].m, one.shares[i], 0.01);
    EXPECT_NEAR(trained.levels[i].u, two.shares[i],
                0.0002 + 0.01 * two.shares[i]);
  }
  EXPECT_LT(WorstError(trained), 0.4);
  for (const SessionFit& fit : trained.sessions) {
    EXPECT_TRUE(fit.used);
    EXPECT_TRUE(fit.converged);
    EXPECT_GT(fit.certainty, 0.9);
  }
}

TEST(Train, FindsMoreInMore) {
  double few = 0;
  double many = 0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    few += WorstError(Train(Population(seed).Count(500)));
    many += WorstError(Train(Population(seed).Count(20'000)));
  }
  EXPECT_LT(many, few / 2);
}

// Levels of fields that a population does not know, and of those that it never
// has, stay what they were.
TEST(Train, KeepsTheDefaultOfWhatNeverOccurs) {
  const Trained trained = Train(Population(7).Count(2'000));
  for (const Level level :
       {Level::kNumberSame, Level::kNumberDiffers, Level::kHouseholdTown,
        Level::kBirthDateLunar, Level::kNameReordered}) {
    const LevelEstimate& estimate =
        trained.levels[static_cast<std::size_t>(level)];
    const LevelInfo& info = Levels()[static_cast<std::size_t>(level)];
    EXPECT_FALSE(estimate.learned) << info.name;
    EXPECT_EQ(estimate.m, info.m);
    EXPECT_EQ(estimate.u, info.u);
  }
}

// Without this, name and birth date would seem never to be wrong.
TEST(Train, LearnsNothingOfAFieldFromPairsThatAgreeOnItByChoice) {
  PairCounts counts = Population(7).Count(5'000);
  const Session& by_name = counts.sessions[1];
  counts.sessions = {by_name};
  const Trained trained = Train(counts);
  EXPECT_TRUE(trained.sessions[0].used);
  EXPECT_FALSE(trained.levels[static_cast<size_t>(Level::kNameExact)].learned);
  EXPECT_FALSE(
      trained.levels[static_cast<size_t>(Level::kBirthDateExact)].learned);
  EXPECT_TRUE(trained.levels[static_cast<size_t>(Level::kPhoneSame)].learned);
}

// A household shares more than a phone: its members are no random pair, and no
// one person either.
TEST(Train, IsNotMisledByHouseholds) {
  PairCounts counts = Population(7).Count(10'000);
  Class household = TwoPersons();
  household.Set({{Level::kAddressSame, 0.8},
                 {Level::kAddressSimilar, 0.1},
                 {Level::kAddressDiffers, 0.1}});
  Population(8).Draw(household, BitOf(Field::kPhone), 20'000,
                     counts.sessions[0].counts);
  const Trained trained = Train(counts);
  EXPECT_NEAR(trained.levels[static_cast<size_t>(Level::kNameExact)].m, 0.85,
              0.02);
  EXPECT_NEAR(trained.levels[static_cast<size_t>(Level::kBirthDateExact)].m,
              0.9, 0.02);
}

// In a small file many of the pairs that are drawn are one person.
TEST(Train, TakesRandomPairsOfOnePersonOut) {
  PairCounts counts = Population(7).Count(2'000);
  Population(8).Draw(OnePerson(), 0, 300, counts.random);
  const Trained trained = Train(counts);
  EXPECT_NEAR(trained.levels[static_cast<size_t>(Level::kNameExact)].u, 0.001,
              0.0004);
  EXPECT_NEAR(trained.levels[static_cast<size_t>(Level::kPhoneSame)].u, 0.001,
              0.0004);
}

TEST(Train, ProposesThresholdsForTheWantedShareOfFalseLinks) {
  const PairCounts counts = Population(7).Count(20'000);
  const Trained loose =
      Train(counts, {.false_links = 0.01, .least_probability = 0.5});
  const Trained strict =
      Train(counts, {.false_links = 1e-6, .least_probability = 0.5});
  EXPECT_LT(loose.thresholds.upper, strict.thresholds.upper);
  EXPECT_LE(loose.false_links, 0.01);
  EXPECT_LE(strict.false_links, 1e-6);
  EXPECT_EQ(loose.thresholds.lower, strict.thresholds.lower);
  EXPECT_LE(loose.thresholds.lower, loose.thresholds.upper);
  EXPECT_GT(loose.found, 0.9);
  const Trained sure = Train(counts, {.least_probability = 0.999999});
  EXPECT_GE(ProbabilityOf(sure.thresholds.upper, sure.match_share), 0.999999);
}

TEST(Train, LeavesAllAsItWasWithoutPairs) {
  const Trained trained = Train({});
  EXPECT_EQ(trained.thresholds, Thresholds());
  EXPECT_EQ(trained.MakeWeights(), Weights());
  EXPECT_EQ(trained.match_share, 0);
}

TEST(ProbabilityOf, IsTheOddsOfAnyPairTimesWhatTheScoreSays) {
  EXPECT_DOUBLE_EQ(ProbabilityOf(0, 0.25), 0.25);
  EXPECT_DOUBLE_EQ(ProbabilityOf(1, 0.5), 2.0 / 3);
  EXPECT_NEAR(ProbabilityOf(20, 1e-6), 0.5119, 1e-4);
}

// What it writes is a rules file that says what it learnt.
TEST(WriteTrained, WritesWhatRulesRead) {
  const Trained trained = Train(Population(7).Count(2'000));
  config::v1::Linking written;
  WriteTrained(trained, written);
  EXPECT_THAT(CheckLinking(written), IsEmpty());
  const Linking linking = ReadLinking(written);
  EXPECT_EQ(linking.weights, trained.MakeWeights());
  EXPECT_EQ(linking.thresholds, trained.thresholds);
}

RC_GTEST_PROP(Train, IgnoresTheOrderOfPairs, ()) {
  const PairCounts counts =
      Population(*rc::gen::arbitrary<std::uint32_t>()).Count(100);
  PairCounts turned;
  turned.all_pairs = counts.all_pairs;
  const auto turn = [](const LevelCounts& from, LevelCounts& into) {
    std::vector<LevelCounts::Row> rows = from.Rows(~FieldSet{0});
    std::ranges::reverse(rows);
    for (const LevelCounts::Row& row : rows) into.Add(row.levels, row.pairs);
  };
  turn(counts.random, turned.random);
  turn(counts.candidates, turned.candidates);
  for (const Session& session : counts.sessions) {
    turned.sessions.push_back({session.given, {}});
    turn(session.counts, turned.sessions.back().counts);
  }
  const Trained a = Train(counts);
  const Trained b = Train(turned);
  RC_ASSERT(a.MakeWeights() == b.MakeWeights());
  RC_ASSERT(a.thresholds == b.thresholds);
  RC_ASSERT(a.match_share == b.match_share);
}

}  // namespace
}  // namespace waystation::domain
