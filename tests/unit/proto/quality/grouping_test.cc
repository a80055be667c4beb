// SPDX-License-Identifier: Apache-2.0
#include "proto/quality/grouping.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace waystation::quality {
namespace {

using Pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(Judge, Groupings) {
  const struct {
    std::string_view name;
    std::vector<std::uint64_t> truly;
    std::vector<std::uint64_t> persons;
    Pairs candidates;
    Grouped want;
  } cases[] = {
      {"nothing", {}, {}, {}, {}},
      {"as it is",
       {1, 1, 2},
       {7, 7, 8},
       {},
       {{1, 1}, {1, 1}, {1, 1}, {2, 2}, {2, 2}}},
      {"one human being in two persons, between which somebody is asked",
       {1, 1, 1},
       {7, 7, 8},
       {{8, 7}, {7, 8}},
       {{1, 1}, {1, 3}, {3, 3}, {0, 2}, {0, 1}}},
      {"two human beings in one person",
       {1, 1, 2},
       {7, 7, 7},
       {},
       {{1, 3}, {1, 1}, {1, 1}, {0, 1}, {0, 2}}},
      {"a candidate between others says nothing of these",
       {1, 1, 2},
       {7, 8, 9},
       {{7, 9}, {9, 12}},
       {{0, 0}, {0, 1}, {0, 1}, {1, 3}, {1, 2}}},
  };
  for (const auto& [name, truly, persons, candidates, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Judge(truly, persons, candidates), want);
  }
}

// Pair by pair, and person by person, as the words have it.
Grouped JudgeSlowly(const std::vector<std::uint64_t>& truly,
                    const std::vector<std::uint64_t>& persons,
                    const Pairs& candidates) {
  Grouped grouped;
  std::set<std::pair<std::uint64_t, std::uint64_t>> asked;
  for (const auto& [a, b] : candidates) asked.insert(std::minmax(a, b));
  for (std::size_t i = 0; i < truly.size(); ++i) {
    for (std::size_t j = i + 1; j < truly.size(); ++j) {
      const bool is_joined = persons[i] == persons[j];
      const bool is_one = truly[i] == truly[j];
      if (is_joined) grouped.precision.Count(is_one);
      if (!is_one) continue;
      grouped.recall.Count(is_joined);
      grouped.seen.Count(is_joined ||
                         asked.contains(std::minmax(persons[i], persons[j])));
    }
  }
  const auto sets = [](const std::vector<std::uint64_t>& labels) {
    std::set<std::set<std::size_t>> found;
    for (const std::uint64_t label : labels) {
      std::set<std::size_t> members;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == label) members.insert(i);
      }
      found.insert(members);
    }
    return found;
  };
  const auto of_one = sets(truly);
  const auto joined = sets(persons);
  for (const auto& members : joined) {
    grouped.cluster_precision.Count(of_one.contains(members));
  }
  for (const auto& members : of_one) {
    grouped.cluster_recall.Count(joined.contains(members));
  }
  return grouped;
}

RC_GTEST_PROP(Judge, CountsAsPairByPair, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 12);
  const auto labels = rc::gen::container<std::vector<std::uint64_t>>(
      size, rc::gen::inRange<std::uint64_t>(1, 6));
  const auto truly = *labels;
  const auto persons = *labels;
  const auto candidates = *rc::gen::arbitrary<Pairs>();
  Pairs near;
  for (const auto& [a, b] : candidates) near.emplace_back(a % 7, b % 7);
  RC_ASSERT(Judge(truly, persons, near) == JudgeSlowly(truly, persons, near));
}

}  // namespace
}  // namespace waystation::quality
