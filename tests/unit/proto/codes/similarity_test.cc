// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/similarity.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace waystation::codes {
namespace {

// The figures are Winkler's own (Overview of Record Linkage and Current
// Research Directions, 2006, table 6), to three places.
TEST(JaroWinkler, GivesThePublishedFigures) {
  const struct {
    std::u32string a, b;
    double value;
  } kTable[] = {
      {U"SHACKLEFORD", U"SHACKELFORD", 0.982},
      {U"DUNNINGHAM", U"CUNNIGHAM", 0.896},
      {U"NICHLESON", U"NICHULSON", 0.956},
      {U"MASSEY", U"MASSIE", 0.933},
      {U"JERALDINE", U"GERALDINE", 0.926},
      {U"MARTHA", U"MARHTA", 0.961},
      {U"MICHELLE", U"MICHAEL", 0.921},
      {U"JULIES", U"JULIUS", 0.933},
      {U"DWAYNE", U"DUANE", 0.840},
      {U"ABC", U"XYZ", 0},
      {U"", U"", 1},
      {U"", U"A", 0},
      {U"A", U"A", 1},
  };
  for (const auto& row : kTable) {
    EXPECT_NEAR(JaroWinkler(row.a, row.b), row.value, 0.0015)
        << std::string(row.a.begin(), row.a.end());
  }
}

TEST(EditDistance, CountsSlips) {
  const struct {
    std::u32string a, b;
    size_t distance;
  } kTable[] = {
      {U"", U"", 0},        {U"abc", U"abc", 0},        {U"abc", U"acb", 1},
      {U"abc", U"abcd", 1}, {U"abc", U"bc", 1},         {U"abc", U"axc", 1},
      {U"ca", U"abc", 3},   {U"kitten", U"sitting", 3}, {U"曾国藩", U"曾藩", 1},
      {U"abcdef", U"", 4},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(EditDistance(row.a, row.b, 3), row.distance);
  }
}

std::u32string Word() {
  const auto letters = *rc::gen::resize(
      8, rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c')));
  return {letters.begin(), letters.end()};
}

RC_GTEST_PROP(Similarity, IsSymmetricAndKnowsEquals, ()) {
  const std::u32string a = Word();
  const std::u32string b = Word();
  RC_ASSERT(JaroWinkler(a, b) == JaroWinkler(b, a));
  RC_ASSERT((JaroWinkler(a, b) == 1) == (a == b));
  RC_ASSERT(JaroWinkler(a, b) >= 0);
  RC_ASSERT(JaroWinkler(a, b) <= 1);
  RC_ASSERT(EditDistance(a, b, 8) == EditDistance(b, a, 8));
  RC_ASSERT((EditDistance(a, b, 8) == 0) == (a == b));
}

}  // namespace
}  // namespace waystation::codes
