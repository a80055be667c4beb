// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/holder_code.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "rapidcheck/gtest.h"

namespace waystation::codes {
namespace {

using Random = std::array<std::uint8_t, kHolderCodeBytes>;

TEST(HolderCode, IsThreeGroupsOfFour) {
  EXPECT_EQ(WriteHolderCode({}), "0000-0000-0000");
  // By hand: the first character's 1 comes to x^11, which is x^2 + x + 1.
  EXPECT_EQ(WriteHolderCode({0x08}), "1000-0000-0007");
  EXPECT_EQ(WriteHolderCode({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}).size(),
            14U);
  // 55 of the 56 bits are in it.
  EXPECT_EQ(WriteHolderCode({0, 0, 0, 0, 0, 0, 1}), WriteHolderCode({}));
  EXPECT_NE(WriteHolderCode({0, 0, 0, 0, 0, 0, 2}), WriteHolderCode({}));
}

TEST(HolderCode, IsReadAsPeopleTypeIt) {
  const std::string code = WriteHolderCode({0x12, 0x34, 0x56, 0x78, 0x9A});
  const auto plain = ReadHolderCode(code);
  ASSERT_TRUE(plain.has_value());
  std::string spaced;
  std::string dashed;
  std::string wide;
  for (const char c : *plain) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    spaced += std::string(1, lower) + " ";
    dashed += std::string(1, c) + "—";
    // U+FF01 to U+FF5E stand for U+0021 to U+007E.
    wide += std::string("\xEF\xBC") + static_cast<char>(0x80 + (c - 0x20));
  }
  EXPECT_EQ(ReadHolderCode(spaced), plain);
  EXPECT_EQ(ReadHolderCode(dashed), plain);
  EXPECT_EQ(ReadHolderCode(wide), plain);
  EXPECT_EQ(ReadHolderCode("OOOO-oooo-0000"), ReadHolderCode("0000-0000-0000"));
}

TEST(HolderCode, IsNothingElse) {
  for (const std::string& typed :
       {std::string(), std::string("0000-0000-000"),
        std::string("0000-0000-00000"), std::string("0000-0000-000U"),
        std::string("0000-0000-0001"), std::string("一二三四"),
        std::string("\xFF\xFE"), std::string(1 << 20, '0'),
        std::string("0000-0000-000\0", 14)}) {
    EXPECT_EQ(ReadHolderCode(typed), std::nullopt) << typed.size();
  }
}

RC_GTEST_PROP(HolderCode, IsReadAsItWasWritten, (const Random& random)) {
  const std::string code = WriteHolderCode(random);
  const auto read = ReadHolderCode(code);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->substr(0, 4) == code.substr(0, 4));
  RC_ASSERT(read->substr(8) == code.substr(10));
}

RC_GTEST_PROP(HolderCode, NoticesEachSlip, (const Random& random)) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const std::string code = *ReadHolderCode(WriteHolderCode(random));
  for (std::size_t i = 0; i < code.size(); ++i) {
    for (const char other : kAlphabet) {
      if (other == code[i]) continue;
      std::string typed = code;
      typed[i] = other;
      RC_ASSERT(ReadHolderCode(typed) == std::nullopt);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (code[i] == code[j]) continue;
      std::string typed = code;
      std::swap(typed[i], typed[j]);
      RC_ASSERT(ReadHolderCode(typed) == std::nullopt);
    }
  }
}

}  // namespace
}  // namespace waystation::codes
