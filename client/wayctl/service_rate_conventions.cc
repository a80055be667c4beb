// SPDX-License-Identifier: Apache-2.0
// The counting conventions (统计口径) of rates of services, to be shown where
// a figure is shown.
#include <array>
#include <vector>

#include "client/wayctl/service_rates.h"

namespace waystation::wayctl {
namespace {

struct Words {
  const char* figure;
  const char* chinese;
  const char* english;
};

constexpr std::array kWords = {
    Words{
        "per_thousand",
        "每千人办理次数＝期内办理人次÷居民数×1000，本地居民与外来居民分别计算；"
        "居民数取自所注明的来源，仅计该行有上报的区县；来源中没有的区县不计入",
        "Per thousand: times delivered in the period, of the residents of the "
        "same group that the named source has in the counties that were "
        "counted for the row, times 1,000; counties that the source lacks "
        "are in no figure"},
    Words{
        "ratio",
        "比值＝外来居民每千人办理次数÷本地居民每千人办理次数，1 为均等；有数字"
        "未显示时不计算",
        "Ratio: the rate of those who moved over that of locals, 1 where both "
        "get alike; not given where numbers were left out"},
    Words{
        "card_coverage",
        "服务卡持有率＝月末有效持卡人数÷外来居民数；居民数取自所注明的来源，含"
        "无人上报的区县；有数字未显示或有区县未上报时为“至少”",
        "Coverage: holders of a valid card at the end of the month, of the "
        "migrants that the named source has there, counties that nobody "
        "counted included; at least so much where numbers were left out or "
        "counties were not counted"},
    Words{"not_counted", "未上报区县：来源中有、期内无机构上报持卡人数的区县",
          "Not counted: counties of the source of which no provider counted "
          "cards in the period"},
};

}  // namespace

std::vector<v1::NoticeConvention> ServiceRateConventions() {
  std::vector<v1::NoticeConvention> conventions;
  for (const Words& words : kWords) {
    v1::NoticeConvention& convention = conventions.emplace_back();
    convention.set_figure(words.figure);
    convention.set_chinese(words.chinese);
    convention.set_english(words.english);
  }
  return conventions;
}

}  // namespace waystation::wayctl
