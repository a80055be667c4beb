// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/name.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

std::string_view AgreementName(NameAgreement agreement) {
  switch (agreement) {
    case NameAgreement::kExact:
      return "EXACT";
    case NameAgreement::kVariant:
      return "VARIANT";
    case NameAgreement::kSameSound:
      return "SAME_SOUND";
    case NameAgreement::kOneEdit:
      return "ONE_EDIT";
    case NameAgreement::kContradicts:
      return "CONTRADICTS";
    case NameAgreement::kMissing:
      break;
  }
  return "MISSING";
}

TEST(Name, ReadsAndGrades) {
  for (const Case& entry : Cases("name.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const Name read = ReadName(entry.at("given"));
    EXPECT_EQ(read.text, entry.at("text"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
  }
}

TEST(Name, RefusesWhatIsNoText) {
  for (const std::string_view given :
       {std::string_view("张\xe4\xb8"), std::string_view("张\0三", 7),
        std::string_view("张\x1b[31m三"), std::string_view("张\n三"),
        std::string_view("\xff")}) {
    EXPECT_EQ(ReadName(given).grade, Grade::kUnreadable);
  }
}

TEST(Name, Compares) {
  for (const Case& entry : Cases("name_agreement.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("a") + " " +
                 entry.at("b"));
    const NameAgreement agreement = CompareNames(entry.at("a"), entry.at("b"));
    EXPECT_EQ(AgreementName(agreement), entry.at("agreement"));
    EXPECT_EQ(CompareNames(entry.at("b"), entry.at("a")), agreement);
  }
}

TEST(Name, AgreesPositivelyOrNotAtAll) {
  EXPECT_TRUE(Agrees(NameAgreement::kExact));
  EXPECT_TRUE(Agrees(NameAgreement::kVariant));
  EXPECT_TRUE(Agrees(NameAgreement::kSameSound));
  EXPECT_TRUE(Agrees(NameAgreement::kOneEdit));
  EXPECT_FALSE(Agrees(NameAgreement::kContradicts));
  EXPECT_FALSE(Agrees(NameAgreement::kMissing));
}

TEST(Name, TellsAnotherCharacterFromASlip) {
  const struct {
    std::string_view a, b;
    bool differ;
  } kTable[] = {
      {"王建国", "王建军", true},  {"王建国", "王爱国", true},
      {"王芳", "王丽", true},      {"欧阳建国", "欧阳建军", true},
      {"王建国", "王建国", false}, {"王建国", "黄建国", false},
      {"王晓林", "王晓宁", false},  // dialects do not tell lin from ning
      {"王建未", "王建末", false}, {"王建国", "王国建", false},
      {"王建国", "王国", false},   {"王建国", "王爱军", false},
      {"王建▀", "王建▀", false},   {"Wang Li", "Wang Lu", false},
      {"王建国", "", false},
  };
  for (const auto& [a, b, differ] : kTable) {
    SCOPED_TRACE(std::string(a) + " " + std::string(b));
    EXPECT_EQ(DifferInGivenCharacter(ComparableName(a), ComparableName(b)),
              differ);
    EXPECT_EQ(DifferInGivenCharacter(ComparableName(b), ComparableName(a)),
              differ);
  }
}

TEST(Name, IsReadAloud) {
  for (const Case& entry : Cases("pinyin.csv")) {
    EXPECT_EQ(Pinyin(entry.at("name")), entry.at("reading"))
        << entry.at("name");
  }
}

// Our table against ICU's transform, from which it was made: every surname in
// front of every kind of given name.
TEST(Name, IsReadAsIcuReadsNames) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> names(
      icu::Transliterator::createInstance("Han-Latin/Names; Latin-ASCII",
                                          UTRANS_FORWARD, error));
  ASSERT_TRUE(U_SUCCESS(error));
  const std::string_view surnames[] = {
      "王",   "李",   "张",   "刘",   "陈",   "杨",   "赵",   "黄",   "周",
      "吴",   "徐",   "孙",   "胡",   "朱",   "高",   "林",   "何",   "郭",
      "马",   "罗",   "单",   "仇",   "曾",   "查",   "解",   "区",   "翟",
      "牟",   "盖",   "卜",   "员",   "欧阳", "司马", "上官", "诸葛", "尉迟",
      "万俟", "长孙", "澹台", "令狐", "慕容"};
  const std::string_view given[] = {
      "伟",   "芳",   "娜",   "秀英", "敏",   "静",   "丽",   "强",
      "磊",   "军",   "洋",   "勇",   "艳",   "杰",   "娟",   "涛",
      "明",   "超",   "秀兰", "霞",   "平",   "刚",   "桂英", "建国",
      "志强", "晓燕", "雪梅", "国庆", "子轩", "梓涵", "䶮",   "鑫淼"};
  for (const std::string_view surname : surnames) {
    for (const std::string_view name : given) {
      const std::string whole = std::string(surname) + std::string(name);
      icu::UnicodeString text = icu::UnicodeString::fromUTF8(whole);
      names->transliterate(text);
      std::string want;
      text.toUTF8String(want);
      EXPECT_EQ(Pinyin(whole), want) << whole;
    }
  }
}

TEST(Name, FoldsVariantsToStandardForms) {
  EXPECT_EQ(FoldVariants("鍾麗"), "钟丽");
  EXPECT_EQ(FoldVariants("锺麗"), "钟丽");
  EXPECT_EQ(FoldVariants("於昇"), "于升");
  EXPECT_EQ(FoldVariants("後藤"), "后藤");
  EXPECT_EQ(FoldVariants("买买提·艾力"), "买买提艾力");
  EXPECT_EQ(FoldVariants("萧红"), "萧红");  // another surname than 肖
  EXPECT_EQ(FoldVariants("李乾"), "李乾");  // a character of its own in names
}

TEST(Name, Refines) {
  const struct {
    std::string_view finer;
    std::string_view coarser;
    bool want;
  } cases[] = {
      {"张三", "张三", true},
      {"张三", "张▀", true},
      {"张▀", "张三", false},
      {"张三", "▀▀", true},
      {"张三", "李▀", false},
      {"张小三", "张▀", false},
      {"陈升", "陳昇", true},
      {"陳昇", "陈升", false},
      {"陈昇", "陳升", false},
      {"陈升", "陳▀", true},
      {"买买提·艾力", "买买提艾力", true},
      {"买买提艾力", "买买提·艾力", false},
      {"买买·提艾力", "买买提·艾力", false},
      {"张三", "张四", false},
      {"张三", "", false},
  };
  for (const auto& [finer, coarser, want] : cases) {
    EXPECT_EQ(NameRefines(finer, coarser), want) << finer << " " << coarser;
  }
}

TEST(Name, IsMasked) {
  EXPECT_EQ(MaskName("张三"), "张*");
  EXPECT_EQ(MaskName("欧阳小明"), "欧***");
  EXPECT_EQ(MaskName("买买提·艾力"), "买买提·**");
  EXPECT_EQ(MaskName("Zhang San"), "Zhang ***");
  EXPECT_EQ(MaskName("张"), "张");
  EXPECT_EQ(MaskName(""), "");
}

TEST(Name, KnowsWhatNamesNobody) {
  EXPECT_TRUE(IsNobody(""));
  EXPECT_TRUE(IsNobody("无名氏"));
  EXPECT_TRUE(IsNobody("李四之子"));
  EXPECT_FALSE(IsNobody("张三"));
  EXPECT_FALSE(IsNobody("张▀"));
}

TEST(Name, TablesLoadOnceFromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_EQ(Pinyin("单雄信"), "shan xiong xin");
        EXPECT_EQ(CompareNames("王明", "黄明"), NameAgreement::kOneEdit);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Few characters, so that names meet; with all that normalising treats.
rc::Gen<std::string> AnyGivenName() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(
          rc::gen::element<std::string>(
              "张", "三", "小", "晓", "王", "黄", "未", "末", "昇", "升", "▀",
              "□", "?", "·", "•", ".", " ", "\u3000", "A", "b", "é", "e\u0301",
              "\ue863", "\ue000", "某", "之子", "\u200b", "\uf900")),
      [](const std::vector<std::string>& parts) {
        std::string name;
        for (const std::string& part : parts) name += part;
        return name;
      });
}

rc::Gen<std::string> AnyName() {
  return rc::gen::map(AnyGivenName(), [](const std::string& given) {
    return ReadName(given).text;
  });
}

RC_GTEST_PROP(Name, NormalisingIsIdempotent, ()) {
  const std::string given =
      *rc::gen::oneOf(AnyGivenName(), rc::gen::arbitrary<std::string>());
  const Name once = ReadName(given);
  if (!once.text.empty()) RC_ASSERT(ReadName(once.text) == once);
}

RC_GTEST_PROP(Name, FoldingIsIdempotent, ()) {
  const std::string once = FoldVariants(*AnyName());
  RC_ASSERT(FoldVariants(once) == once);
}

RC_GTEST_PROP(Name, ComparisonIsSymmetric, ()) {
  const std::string a = *AnyName();
  const std::string b = *AnyName();
  RC_ASSERT(CompareNames(a, b) == CompareNames(b, a));
}

RC_GTEST_PROP(Name, RefinementIsAPartialOrder, ()) {
  const std::string a = *AnyName();
  const std::string b = *AnyName();
  const std::string c = *AnyName();
  RC_ASSERT(NameRefines(a, a));
  if (NameRefines(a, b) && NameRefines(b, a)) RC_ASSERT(a == b);
  if (NameRefines(a, b) && NameRefines(b, c)) RC_ASSERT(NameRefines(a, c));
}

RC_GTEST_PROP(Name, WhatRefinesAgrees, ()) {
  const std::string a = *AnyName();
  const std::string b = *AnyName();
  const NameAgreement agreement = CompareNames(a, b);
  if (NameRefines(a, b) && agreement != NameAgreement::kMissing) {
    RC_ASSERT(agreement <= NameAgreement::kVariant ||
              agreement == NameAgreement::kContradicts);
    // Contradiction only where all that stands is wildcards and one that the
    // other does not share.
    if (agreement == NameAgreement::kContradicts) {
      RC_ASSERT(HasUnmapped(b));
    }
  }
}

}  // namespace
}  // namespace waystation::codes
