// SPDX-License-Identifier: Apache-2.0
// The counting conventions (统计口径) of services, to be shown where a figure
// is shown.
#include <array>
#include <vector>

#include "server/domain/rates.h"
#include "server/domain/service_report.h"

namespace waystation::domain {
namespace {

constexpr std::array kWords = {
    ConventionWords{
        "counts",
        "提供、办理、谢绝：由服务机构按区县、按月汇总上报的人次，同一月份以最后"
        "一次上报为准，枢纽不保存任何个人的服务记录以供统计；本地居民指户籍在现"
        "居住城市的居民，外来居民指户籍不在现居住城市的居民，不按其他任何特征"
        "分组",
        "Offered, delivered and declined are times, as providers counted them "
        "by county and month; of one month, what a provider said last counts. "
        "Locals have their household registration in the city where they live, "
        "migrants have not; nobody is told apart in any other way"},
    ConventionWords{
        "left_out",
        "少于下限的数字（按机构、服务、区县、月份、居民类别）不予显示，也不计入"
        "任何合计；有数字未显示时，合计为“至少”",
        "A number under the least shown, of one provider, service, county, "
        "month and group of residents, is shown nowhere and in no sum; a sum "
        "that lacks some is at least so much"},
    ConventionWords{
        "cards",
        "持卡人数：期内各机构最近一次上报的月末有效持卡人数；持有两家机构卡的人"
        "计两次",
        "Cards are persons who held a valid card at the end of the newest "
        "month that each provider counted; who holds cards of two providers "
        "counts twice"},
};

}  // namespace

std::vector<v1::NoticeConvention> ServiceConventions() { return Spell(kWords); }

}  // namespace waystation::domain
