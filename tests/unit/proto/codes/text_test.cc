// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace waystation::codes {
namespace {

TEST(Text, KnowsUtf8) {
  for (const std::string_view good :
       {"", "abc", "é", "张三", "𬭎", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80",
        "\xe5\xbc", "\xe5", "\xff", "张\xe5\xbc", "\xf0\xac\xad"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(Text, FindsControlCharacters) {
  for (const std::string_view bad :
       {std::string_view("a\0b", 3), std::string_view("\x1b[2J"),
        std::string_view("a\tb"), std::string_view("\x7f"),
        std::string_view("\u0085"), std::string_view("\u2028")}) {
    EXPECT_TRUE(HasControl(bad));
  }
  EXPECT_FALSE(HasControl("张三 abc é ▀"));
}

TEST(Text, Trims) {
  EXPECT_EQ(Trim("  a b  "), "a b");
  EXPECT_EQ(Trim("\u3000张三\u3000"), "张三");
  EXPECT_EQ(Trim("\u00a0\t张\r\n"), "张");
  EXPECT_EQ(Trim("\ufeff张三\u200b"), "张三");
  EXPECT_EQ(Trim(" \u3000 "), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("张"), "张");
}

TEST(Text, FoldsWidth) {
  EXPECT_EQ(FoldWidth("ＡＢＣ１２３ｘ！（）"), "ABC123x!()");
  EXPECT_EQ(FoldWidth("张\u3000三"), "张 三");
  EXPECT_EQ(FoldWidth("\u202d张\u200b三\u202c"), "张三");
  EXPECT_EQ(FoldWidth("￥张"), "￥张");
}

TEST(Text, ComposesAsIcuDoes) {
  for (const std::string_view text :
       {"e\u0301", "é", "\uf900", "\u1112\u1161\u11ab", "Å", "\u0958", "张三",
        "abc", "\u0344", "か\u3099", "\U0002f800"}) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::UnicodeString composed =
        icu::Normalizer2::getNFCInstance(error)->normalize(
            icu::UnicodeString::fromUTF8(
                icu::StringPiece(text.data(), static_cast<int>(text.size()))),
            error);
    std::string want;
    composed.toUTF8String(want);
    EXPECT_EQ(ToNfc(text), want);
  }
}

TEST(Text, ReadsFreeText) {
  const struct {
    std::string_view given;
    std::string_view text;
    Grade grade;
  } cases[] = {
      {"苏州市吴中区", "苏州市吴中区", Grade::kOk},
      {"  苏州市　吴中区 ", "苏州市 吴中区", Grade::kOk},
      {"a \t\n b", "a b", Grade::kOk},
      {"e\u0301", "é", Grade::kOk},
      {"\u202d苏州\u202c", "苏州", Grade::kOk},
      {"\u202e\nx", "x", Grade::kOk},
      {"同上", "同上", Grade::kPlaceholder},
      {"不详", "不详", Grade::kPlaceholder},
      {"NULL", "NULL", Grade::kPlaceholder},
      {"----", "----", Grade::kPlaceholder},
      {"", "", Grade::kMissing},
      {" \u3000", "", Grade::kMissing},
      {"a\x01"
       "b",
       "", Grade::kUnreadable},
      {"a\xff", "", Grade::kUnreadable},
  };
  for (const auto& [given, text, grade] : cases) {
    const Text read = ReadText(given);
    EXPECT_EQ(read.text, text) << given;
    EXPECT_EQ(GradeName(read.grade), GradeName(grade)) << given;
  }
}

TEST(Text, ShowsNothingThatMovesTheCursor) {
  EXPECT_EQ(DisplaySafe("张三"), "张三");
  EXPECT_EQ(DisplaySafe("a\x1b[31mb"), "a\uFFFD[31mb");
  EXPECT_EQ(DisplaySafe("a\r\nb\tc"), "a b c");
  EXPECT_EQ(DisplaySafe("\u202e321\u202c"),
            "\uFFFD"
            "321\uFFFD");
  EXPECT_EQ(DisplaySafe("a\xff"
                        "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(DisplaySafe("\ue000"), "\uFFFD");
  EXPECT_EQ(DisplaySafe("\u009b"
                        "31m"),
            "\uFFFD"
            "31m");
  EXPECT_EQ(DisplaySafe("a\u200d"
                        "b"),
            "a\uFFFD"
            "b");
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(Length(""), 0u);
  EXPECT_EQ(Length("张三a"), 3u);
  EXPECT_EQ(Length("𬭎"), 1u);
}

RC_GTEST_PROP(Text, DisplayIsIdempotentAndSafe, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const std::string shown = DisplaySafe(text);
  RC_ASSERT(IsUtf8(shown));
  RC_ASSERT(!HasControl(shown));
  RC_ASSERT(DisplaySafe(shown) == shown);
}

RC_GTEST_PROP(Text, ReadingIsIdempotent, ()) {
  const Text once = ReadText(*rc::gen::arbitrary<std::string>());
  if (!once.text.empty()) RC_ASSERT(ReadText(once.text) == once);
}

}  // namespace
}  // namespace waystation::codes
