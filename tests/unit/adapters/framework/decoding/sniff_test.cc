// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/sniff.h"

#include <gtest/gtest.h>

#include <string>

namespace waystation::adapters {
namespace {

std::string In(Charset charset, std::string_view text) {
  std::string bytes;
  EXPECT_EQ(Encode(charset, text, bytes), std::nullopt);
  return bytes;
}

constexpr std::string_view kTable =
    "RYBH,XM,XJZDZZ\n1,张三丰,江苏省苏州市吴中区越溪街道\n2,李四,"
    "河南省信阳市\n";

TEST(SurelyAnother, TellsCharsetsApart) {
  const struct {
    std::string_view name;
    Charset declared;
    std::string head;
    std::optional<Charset> want;
  } cases[] = {
      {"as declared", Charset::kGb18030, In(Charset::kGb18030, kTable), {}},
      {"utf-8 said to be gb18030", Charset::kGb18030, std::string(kTable),
       Charset::kUtf8},
      {"utf-8 said to be GBK", Charset::kGbk, std::string(kTable),
       Charset::kUtf8},
      {"gb18030 said to be utf-8", Charset::kUtf8,
       In(Charset::kGb18030, kTable), Charset::kGb18030},
      {"utf-8", Charset::kUtf8, std::string(kTable), {}},
      {"utf-8 mark", Charset::kGb18030, "\xEF\xBB\xBFRYBH", Charset::kUtf8},
      {"utf-16 mark", Charset::kGb18030, "\xFF\xFER\x00", Charset::kUtf16Le},
      {"utf-16 without mark", Charset::kGb18030, In(Charset::kUtf16Le, kTable),
       Charset::kUtf16Le},
      {"utf-16", Charset::kUtf16Le, In(Charset::kUtf16Le, kTable), {}},
      {"utf-8 said to be utf-16", Charset::kUtf16Le, std::string(kTable),
       Charset::kUtf8},
      {"gb18030 said to be utf-16", Charset::kUtf16Le,
       In(Charset::kGb18030, kTable), Charset::kGb18030},
      {"ascii is anything", Charset::kGb18030, "RYBH,XM\n1,2\n", {}},
      {"nothing at all", Charset::kUtf16Le, "", {}},
      {"one bad row of many",
       Charset::kUtf8,
       std::string(kTable) + In(Charset::kGb18030, "3,王五\n"),
       {}},
  };
  for (const auto& [name, declared, head, want] : cases) {
    EXPECT_EQ(SurelyAnother(declared, head), want) << name;
  }
}

TEST(SurelyAnother, LooksAtAHeadThatEndsWithinACharacter) {
  const std::string gb = In(Charset::kGb18030, kTable);
  for (std::size_t size = 0; size <= gb.size(); ++size) {
    EXPECT_EQ(SurelyAnother(Charset::kGb18030, gb.substr(0, size)),
              std::nullopt);
  }
  for (std::size_t size = 0; size <= kTable.size(); ++size) {
    EXPECT_EQ(SurelyAnother(Charset::kUtf8, kTable.substr(0, size)),
              std::nullopt);
  }
}

TEST(LooksLikeUtf8, FindsTheRowOfAnotherCharset) {
  EXPECT_TRUE(LooksLikeUtf8("3,王五,苏州市"));
  EXPECT_FALSE(LooksLikeUtf8("3,王五,"));  // too short to be sure
  EXPECT_FALSE(LooksLikeUtf8(In(Charset::kGb18030, "3,王五,苏州市")));
  // The famous pair of characters that is UTF-8 by its bits.
  EXPECT_FALSE(LooksLikeUtf8(In(Charset::kGb18030, "联通")));
}

TEST(LooksMisread, FindsWhatWasDecodedWrongly) {
  for (const char* text :
       {"ÕÅÈý", "ÕÅ San ·Ö", "\u00e5\u00bc\u00a0\u00e4\u00b8\u2030", "çŽ‹äºŒ",
        "锟斤拷", "张锟斤拷锟斤拷"}) {
    EXPECT_TRUE(LooksMisread(text)) << text;
  }
  for (const char* text :
       {"", "张三", "Zhang San", "买买提·艾力", "José Peña", "Müller", "Ås",
        "Đặng Thị Ý", "Łukasz", "ÀÖ", "锟", "苏州市…", "“张三”", "5×6·7"}) {
    EXPECT_FALSE(LooksMisread(text)) << text;
  }
}

}  // namespace
}  // namespace waystation::adapters
