// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/phonetic.h"

#include <gtest/gtest.h>

#include <string>

namespace waystation::codes {
namespace {

TEST(PhoneticKey, CodesAsTaftSays) {
  const struct {
    std::string word, key;
  } kTable[] = {
      {"macintosh", "mcant"},
      {"knuth", "nat"},
      {"koehn", "can"},
      {"phillipson", "falapsan"},
      {"pfeister", "fastar"},
      {"schoenhoeft", "sanaft"},
      {"mckee", "mcy"},
      {"bowman", "banan"},
      {"mcdonald", "mcdanald"},
      {"brown", "bran"},
      {"stephen", "stafan"},
      {"steven", "stafan"},
      {"", ""},
      {"a", "a"},
      {"s", "s"},
      {"o'brien", "obran"},
  };
  for (const auto& [word, key] : kTable)
    EXPECT_EQ(PhoneticKey(word), key) << word;
}

TEST(PhoneticKey, IsOneForWhatSoundsTheSame) {
  const struct {
    std::string a, b;
  } kTable[] = {
      {"smith", "smyth"},         {"philip", "filip"},
      {"catherine", "katherine"}, {"ferguson", "fergusen"},
      {"johnson", "jonson"},      {"kayla", "cayla"},
  };
  for (const auto& [a, b] : kTable)
    EXPECT_EQ(PhoneticKey(a), PhoneticKey(b)) << a;
  EXPECT_NE(PhoneticKey("smith"), PhoneticKey("walker"));
}

}  // namespace
}  // namespace waystation::codes
