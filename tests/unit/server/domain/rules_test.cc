// SPDX-License-Identifier: Apache-2.0
#include "server/domain/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;

config::v1::Rules RulesOf(std::string_view text) {
  config::v1::Rules rules;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(std::string(text), &rules));
  return rules;
}

TEST(CheckRules, NamesFieldAndReason) {
  const struct {
    std::string_view rules;
    std::vector<std::string> want;
  } cases[] = {
      {"version:'1'", {}},
      {"", {"version FIELD_MISSING"}},
      {"version:'1' resolution{attribute:'name' "
       "criteria:CRITERION_AUTHORITY owners:'public_security'}",
       {}},
      {"version:'1' resolution{attribute:'ethnicity' "
       "criteria:CRITERION_AUTHORITY}",
       {"resolution[0].attribute ATTRIBUTE_UNKNOWN"}},
      {"version:'1' resolution{attribute:'name'}",
       {"resolution[0].criteria FIELD_MISSING"}},
      {"version:'1' resolution{attribute:'name' criteria:CRITERION_AUTHORITY} "
       "resolution{attribute:'name' criteria:CRITERION_MORE_SOURCES}",
       {"resolution[1].attribute CONFIG_INVALID"}},
      {"version:'1' resolution{attribute:'name' criteria:CRITERION_AUTHORITY "
       "criteria:CRITERION_AUTHORITY criteria:CRITERION_UNSPECIFIED}",
       {"resolution[0].criteria[1] CONFIG_INVALID",
        "resolution[0].criteria[2] CONFIG_INVALID"}},
      {"version:'1' resolution{attribute:'name' criteria:CRITERION_AUTHORITY "
       "owners:'Police'}",
       {"resolution[0].owners[0] CONFIG_INVALID"}},
      {"version:'1' resolution{attribute:'residence' "
       "criteria:CRITERION_AUTHORITY criteria:CRITERION_LATER_VALID_TIME "
       "contests{criterion:CRITERION_LATER_VALID_TIME days:90}}",
       {}},
      {"version:'1' resolution{attribute:'residence' "
       "criteria:CRITERION_LATER_VALID_TIME criteria:CRITERION_AUTHORITY "
       "contests{criterion:CRITERION_AUTHORITY days:90} "
       "contests{criterion:CRITERION_LATER_VALID_TIME days:-1} "
       "contests{criterion:CRITERION_LATER_RECORDED_TIME}}",
       {"resolution[0].contests[0].criterion CONFIG_INVALID",
        "resolution[0].contests[1].criterion CONFIG_INVALID",
        "resolution[0].contests[1].days CONFIG_INVALID",
        "resolution[0].contests[2].criterion CONFIG_INVALID"}},
      {"version:'1' linking{levels{field:'sex' level:'same' m:1.5 u:0.5}}",
       {"linking.levels[0].m CONFIG_INVALID"}},
  };
  for (const auto& [rules, want] : cases) {
    SCOPED_TRACE(rules);
    std::vector<std::string> got;
    for (const auto& violation : CheckRules(RulesOf(rules))) {
      got.push_back(violation.field() + " " + violation.reason());
    }
    EXPECT_EQ(got, want);
  }
}

TEST(RuleBook, ReplacesTheDefaultsThatTheFileNames) {
  const RuleBook defaults;
  EXPECT_EQ(defaults.version(), "default");
  const RuleBook book(
      RulesOf("version:'7' resolution{attribute:'contact' "
              "criteria:CRITERION_AUTHORITY owners:'labor' owners:'health'}"
              "resolution{attribute:'name' criteria:CRITERION_MORE_SOURCES}"));
  EXPECT_EQ(book.version(), "7");
  const Rule& contact = book.Of(FindAttribute("contact")->number);
  EXPECT_THAT(contact.criteria, ElementsAre(v1::CRITERION_AUTHORITY));
  EXPECT_EQ(contact.AuthorityOf("labor"), 0U);
  EXPECT_EQ(contact.AuthorityOf("health"), 1U);
  EXPECT_EQ(contact.AuthorityOf("commerce"), 2U);
  // Without owners of its own the field's remain.
  EXPECT_THAT(book.Of(kName).owners, ElementsAre("public_security"));
  EXPECT_EQ(book.Of(kSex).criteria, defaults.Of(kSex).criteria);
}

TEST(RuleBook, LinksAsTheFileSays) {
  const RuleBook book(
      RulesOf("version:'7' linking{thresholds{upper:30} block_cap:8}"));
  EXPECT_EQ(book.linking().thresholds.upper, 30);
  EXPECT_EQ(book.linking().block_cap, 8U);
  // Rules that were stored by a release that knew no such section.
  EXPECT_EQ(RuleBook(RulesOf("version:'7'")).linking(), Linking());
}

}  // namespace
}  // namespace waystation::domain
