// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/denial.h"

#include <gtest/gtest.h>

#include "adapters/commerce/sector.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/public_security/sector.h"

namespace waystation::adapters {
namespace {

TEST(Denial, NobodySendsWhatTheExchangeMustNotHold) {
  for (const Sector* sector :
       {&Labor(), &PublicSecurity(), &Health(), &Commerce()}) {
    for (const std::string_view column : {"HYZK",
                                          "hyzk",
                                          "HYZKDM",
                                          "SFSY",
                                          "SYZN_NAN",
                                          "SYZN_NV",
                                          "SFCQJYCS",
                                          "HYZMBH",
                                          "MZ",
                                          "mz",
                                          "MZDM",
                                          "ZZMM",
                                          "ZJXY",
                                          "DSZNZ",
                                          "JHSY_BZ",
                                          "SHFYFJE",
                                          "MARITAL_STATUS",
                                          "is_pregnant",
                                          "Contraception",
                                          "ETHNICITY",
                                          "婚姻状况",
                                          "已婚",
                                          "生育状况",
                                          "是否怀孕",
                                          "民族",
                                          "民族代码",
                                          "子女数",
                                          "宗教信仰",
                                          "健康状况",
                                          "BLACKLISTED",
                                          "penalties",
                                          "行政处罚",
                                          "失信人员",
                                          "四项手术",
                                          "补救措施落实率",
                                          "上环日期",
                                          "人流",
                                          "引产日期",
                                          "育龄妇女",
                                          "罚款金额",
                                          "专项保证金",
                                          "举报奖励",
                                          "包保责任人",
                                          "重点人员",
                                          "出租房主"}) {
      EXPECT_NE(FindDenial(sector->denials, column), nullptr)
          << sector->name << " " << column;
    }
  }
}

TEST(Denial, LaborRefusesTheFieldsOfTheStandardSchema) {
  for (const std::string_view column :
       {"AAC005", "AAC017", "aac017", "AMC020", "AKC021", "AKB020", "AMC031",
        "hyzk", "婚育状况", "FERTILITY", "spouse_id"}) {
    EXPECT_NE(FindDenial(Labor().denials, column), nullptr) << column;
  }
}

TEST(Denial, PublicSecurityRefusesOtherPeople) {
  for (const std::string_view column : {"FZ", "FZ_SFZH", "DWFZR", "FQXM"}) {
    EXPECT_NE(FindDenial(PublicSecurity().denials, column), nullptr) << column;
  }
}

TEST(Denial, TellsWhichRuleForbidsIt) {
  const Denial* denial = FindDenial(Labor().denials, "AAC017");
  ASSERT_NE(denial, nullptr);
  EXPECT_NE(denial->rule.find("Women's Rights"), std::string_view::npos);
}

TEST(Denial, LetsTheRestPass) {
  for (const std::string_view column :
       {"XM", "SFZH", "XB", "CSRQ", "XL", "教育程度", "AAC003", "AAC011",
        "AAE140", "YYZK", "BYQK", "JZSY", "本人流入日期"}) {
    EXPECT_EQ(FindDenial(Labor().denials, column), nullptr) << column;
    EXPECT_EQ(FindDenial(PublicSecurity().denials, column), nullptr) << column;
    EXPECT_EQ(FindDenial(Health().denials, column), nullptr) << column;
    EXPECT_EQ(FindDenial(Commerce().denials, column), nullptr) << column;
  }
}

}  // namespace
}  // namespace waystation::adapters
