// SPDX-License-Identifier: Apache-2.0
#include "server/domain/suppression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace waystation::domain {
namespace {

using Counts = std::vector<std::uint64_t>;

// What a reader sees: each row's count or nothing, and the total or nothing.
std::vector<std::int64_t> Shown(const Counts& counts, std::uint64_t least) {
  const Suppression left_out = Suppress(counts, least);
  std::vector<std::int64_t> shown;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    shown.push_back(left_out.rows[i] ? -1
                                     : static_cast<std::int64_t>(counts[i]));
  }
  shown.push_back(left_out.total ? -1
                                 : std::accumulate(counts.begin(), counts.end(),
                                                   std::int64_t{0}));
  return shown;
}

TEST(Suppression, Table) {
  const struct {
    std::string_view name;
    Counts counts;
    std::vector<bool> rows;
    bool total = false;
  } cases[] = {
      {"no rows", {}, {}},
      {"all are many", {10, 11, 500}, {false, false, false}},
      {"a single few is the total", {9}, {true}, true},
      {"a single many", {10}, {false}},
      {"the smallest other goes with it",
       {40, 3, 30, 50},
       {false, true, true, false}},
      {"two few that are many together", {4, 40, 7}, {true, false, true}},
      {"two few that are few together",
       {4, 40, 5, 60},
       {true, true, true, false}},
      {"two alike would both be known",
       {9, 40, 9, 60},
       {true, true, true, false}},
      {"others of one count go together",
       {3, 12, 12, 40},
       {true, true, true, false}},
      {"nobody is left to go with it", {3, 3}, {true, true}, true},
      {"all are few and many together", {3, 4, 5}, {true, true, true}},
  };
  for (const auto& [name, counts, rows, total] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Suppress(counts, 10),
              (Suppression{.rows = rows, .total = total}));
  }
}

// Whoever knows how rows are left out, and counts what tables would give what
// is shown, finds no count that is left out: there are two for each of them.
TEST(Suppression, NoReaderFindsWhatIsLeftOut) {
  constexpr std::uint64_t kLeast = 3;
  constexpr std::uint64_t kMost = 7;
  for (std::size_t size = 1; size <= 5; ++size) {
    // What is shown, and the counts of each row under it.
    std::map<std::vector<std::int64_t>, std::vector<std::set<std::uint64_t>>>
        worlds;
    Counts counts(size, 1);
    for (bool more = true; more;) {
      auto& seen = worlds[Shown(counts, kLeast)];
      seen.resize(size);
      for (std::size_t i = 0; i < size; ++i) seen[i].insert(counts[i]);
      std::size_t i = 0;
      while (i < size && counts[i] == kMost) counts[i++] = 1;
      more = i < size;
      if (more) ++counts[i];
    }
    for (const auto& [shown, seen] : worlds) {
      for (std::size_t i = 0; i < size; ++i) {
        if (shown[i] >= 0) continue;
        EXPECT_GE(seen[i].size(), 2U)
            << testing::PrintToString(shown) << " row " << i;
      }
    }
  }
}

RC_GTEST_PROP(Suppression, ShowsNoFewAndNoDifferenceThatIsFew, ()) {
  const auto counts =
      *rc::gen::container<Counts>(rc::gen::inRange<std::uint64_t>(1, 60));
  const auto least = *rc::gen::inRange<std::uint64_t>(1, 30);
  const Suppression left_out = Suppress(counts, least);
  std::uint64_t rest = 0;
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (left_out.rows[i]) {
      rest += counts[i];
      ++hidden;
    } else {
      RC_ASSERT(counts[i] >= least);
    }
  }
  if (!left_out.total && hidden > 0) {
    RC_ASSERT(hidden >= 2U);
    RC_ASSERT(rest >= least);
  }
}

}  // namespace
}  // namespace waystation::domain
