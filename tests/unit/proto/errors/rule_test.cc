// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace waystation::errors {
namespace {

std::set<char> Gaps(std::string_view text) {
  std::set<char> gaps;
  for (std::size_t at = text.find('$'); at != std::string_view::npos;
       at = text.find('$', at + 1)) {
    gaps.insert(text[at + 1]);
  }
  return gaps;
}

TEST(Rules, HaveTheSameGapsInBothLanguages) {
  std::set<std::string_view> seen;
  for (const Words& row : Rules()) {
    SCOPED_TRACE(row.english);
    EXPECT_TRUE(seen.insert(row.english).second) << "stands twice";
    EXPECT_EQ(Gaps(row.english), Gaps(row.chinese));
    const std::set<char> gaps = Gaps(row.english);
    for (std::size_t i = 0; i < gaps.size(); ++i) {
      EXPECT_TRUE(gaps.contains(static_cast<char>('0' + i)));
    }
  }
}

// Each row finds itself, whatever stands in its gaps.
TEST(Rules, AreFoundAgain) {
  for (const Words& row : Rules()) {
    SCOPED_TRACE(row.english);
    std::string rule;
    std::string want;
    const auto fill = [](std::string_view words, std::string& text) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == '$') {
          text += "x" + std::string(1, words[++i]) + "y";
        } else {
          text += words[i];
        }
      }
    };
    fill(row.english, rule);
    fill(row.chinese, want);
    EXPECT_EQ(RuleIn(Language::kChinese, rule), want);
    EXPECT_EQ(RuleIn(Language::kEnglish, rule), rule);
  }
}

TEST(Rules, AreSaidInTheReadersLanguage) {
  const struct {
    const char* rule;
    const char* chinese;
  } cases[] = {
      {"at most 128 bytes", "至多 128 字节"},
      {"it expired on 2026-11-24", "已于 2026-11-24 到期"},
      {"there is no key \"lisen\" here; did you mean \"listen\"?",
       "此处没有键 \"lisen\"；是否指 \"listen\"？"},
      // A rule within a rule.
      {"line 3: a number from 1", "第 3 行：从 1 起的编号"},
      {"the checkpoint does not hold: the note is too long",
       "检查点不成立：签名文书过长"},
      {"hub.hubs: must name a hub", "hub.hubs：必须指明一个枢纽"},
      // One word is a name, whatever it is spelled like.
      {"must name a field of value", "须指明 value 的一个字段"},
      // Names of standards and what nobody has foreseen.
      {"GB 11643-1999", "GB 11643-1999"},
      {"some words of a parser", "some words of a parser"},
      {"", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RuleIn(Language::kChinese, c.rule), c.chinese);
    EXPECT_EQ(RuleIn(Language::kEnglish, c.rule), c.rule);
  }
}

TEST(Rules, TakeTheLawInOneLanguage) {
  constexpr char kLaw[] =
      "a tenant: PIPL art. 6 / 承租人：个人信息保护法第六条";
  EXPECT_EQ(RuleIn(Language::kEnglish, kLaw), "a tenant: PIPL art. 6");
  EXPECT_EQ(RuleIn(Language::kChinese, kLaw), "承租人：个人信息保护法第六条");
  EXPECT_EQ(RuleIn(Language::kEnglish, "a / b"), "a / b");
}

}  // namespace
}  // namespace waystation::errors
