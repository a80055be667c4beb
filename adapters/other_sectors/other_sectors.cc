// SPDX-License-Identifier: Apache-2.0
#include "adapters/other_sectors/other_sectors.h"

#include <algorithm>

#include "adapters/framework/mapping/law.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kAccounts;
using law::kLabels;
using law::kOthers;
using law::kPenalty;

constexpr std::string_view kTrack =
    "where somebody was and went: PIPL art. 28, no movement history / "
    "行踪轨迹：个人信息保护法第二十八条，不存流动历史";
constexpr std::string_view kFamily =
    "the state of a family: PIPL art. 6 and 28 / "
    "家庭状况：个人信息保护法第六条、第二十八条";
constexpr std::string_view kConfidence =
    "what was told in confidence: Anti-Domestic Violence Law art. 5, PIPL art. "
    "28 / 当事人隐私：反家庭暴力法第五条、个人信息保护法第二十八条";

// A school knows families; it speaks of the pupil. A column that says where the
// guardian's consent is kept is no name of anybody and may be read.
constexpr Denial kEducation[] = {
    {kPrefix, "FQ", kOthers},            // 父亲
    {kPrefix, "MQ", kOthers},            // 母亲
    {kPart, "父亲", kOthers},            // 父亲姓名
    {kPart, "母亲", kOthers},            // 母亲姓名
    {kPart, "PARENT", kOthers},          // PARENT_NAME
    {kPrefix, "JHRXM", kOthers},         // 监护人姓名
    {kPrefix, "JHRSF", kOthers},         // 监护人身份证件
    {kPrefix, "JHRDH", kOthers},         // 监护人电话
    {kPart, "监护人姓名", kOthers},      // as the register of pupils has it
    {kPart, "监护人身份", kOthers},      // 监护人身份证件号
    {kPart, "监护人证件", kOthers},      // 监护人证件号码
    {kPart, "监护人电话", kOthers},      // 监护人联系电话 is the next
    {kPart, "监护人联系", kOthers},      // 监护人联系方式
    {kPart, "GUARDIAN_NAME", kOthers},   // and its number
    {kPart, "GUARDIAN_ID", kOthers},     //
    {kPart, "GUARDIAN_PHONE", kOthers},  //
    {kPrefix, "SFLS", kFamily},          // 是否留守儿童
    {kPrefix, "LSET", kFamily},          // 留守儿童
    {kPrefix, "SFDQ", kFamily},          // 是否单亲
    {kPrefix, "SFGE", kFamily},          // 是否孤儿
    {kPrefix, "JTCY", kFamily},          // 家庭成员
    {kPrefix, "JTJJ", kFamily},          // 家庭经济
    {kPart, "留守", kFamily},            // 是否留守儿童
    {kPart, "单亲", kFamily},            // 是否单亲家庭
    {kPart, "孤儿", kFamily},            // 是否孤儿
    {kPart, "家庭", kFamily},            // 家庭经济困难, 家庭成员
    {kPart, "FAMILY", kFamily},          // FAMILY_STATE
    {kPart, "LEFT_BEHIND", kFamily},     //
    {kPart, "贫困", kLabels},            // 是否贫困生
    {kPart, "处分", kPenalty},           // 违纪处分
    {kPart, "奖惩", kPenalty},           // 奖惩情况
};

// A register of houses says where dwellings stand. Who rents one is nobody
// else's business, and landlords report in one direction (domain facts 1.1).
constexpr std::string_view kTenant =
    "a tenant: PIPL art. 6 and 28; addresses only / "
    "承租人：个人信息保护法第六条、第二十八条；仅交换地址";

constexpr Denial kHousing[] = {
    {kPrefix, "CZR", kTenant},     // 承租人
    {kPrefix, "CZF", kTenant},     // 承租方
    {kPrefix, "ZKXM", kTenant},    // 租客
    {kPrefix, "ZKSF", kTenant},    // 租客身份证
    {kPrefix, "ZHXM", kTenant},    // 租户
    {kPrefix, "FKXM", kTenant},    // 房客
    {kPrefix, "RZR", kTenant},     // 入住人
    {kPrefix, "TZR", kTenant},     // 同住人
    {kPart, "TENANT", kTenant},    // TENANT_NAME
    {kPart, "RENTER", kTenant},    // RENTER_ID
    {kPart, "LESSEE", kTenant},    // LESSEE_PHONE
    {kPart, "OCCUPANT", kTenant},  // OCCUPANTS
    {kPart, "承租", kTenant},      // 承租人姓名
    {kPart, "租客", kTenant},      // 租客姓名
    {kPart, "租户", kTenant},      // 租户身份证
    {kPart, "房客", kTenant},      // 房客姓名
    {kPart, "入住人", kTenant},    // 实际入住人
    {kPart, "同住人", kTenant},    // 同住人姓名
};

// Whatever a column is called: no person, and no day on which one moved in.
constexpr std::string_view kOfDwellings[] = {
    "residence.division", "residence.address", "residence.dwelling"};
constexpr OnlyFields kDwellings{
    kOfDwellings,
    "what is no dwelling: PIPL art. 6; addresses and dwellings only / "
    "非房屋信息：个人信息保护法第六条；仅交换地址和房屋"};

// Licences, and nothing of journeys.
constexpr Denial kTransport[] = {
    {kPrefix, "GPS", kTrack},        // GPSWZ
    {kPrefix, "XSGJ", kTrack},       // 行驶轨迹
    {kPart, "轨迹", kTrack},         // 行驶轨迹
    {kPart, "行程", kTrack},         // 行程记录
    {kPart, "卡口", kTrack},         // 经过卡口
    {kPart, "经度", kTrack},         // of a position
    {kPart, "纬度", kTrack},         //
    {kPart, "乘车", kTrack},         // 乘车记录
    {kPart, "TRACK", kTrack},        // TRACKING
    {kPart, "LONGITUDE", kTrack},    //
    {kPart, "LATITUDE", kTrack},     //
    {kPart, "乘客", kOthers},        // 乘客姓名
    {kPart, "PASSENGER", kOthers},   // PASSENGER_ID
    {kPrefix, "WFXW", kPenalty},     // 违法行为
    {kPrefix, "LJJF", kPenalty},     // 累计记分
    {kPart, "违章", kPenalty},       // 违章次数
    {kPart, "违法", kPenalty},       // 违法行为
    {kPart, "记分", kPenalty},       // 累计记分
    {kPart, "扣分", kPenalty},       // 扣分
    {kPart, "VIOLATION", kPenalty},  // VIOLATIONS
};

// Training and services; who holds which land with whom stays in its register.
constexpr Denial kAgriculture[] = {
    {kPrefix, "CBF", kOthers},       // 承包方成员
    {kPrefix, "HZXM", kOthers},      // 户主姓名
    {kPart, "户主", kOthers},        // 户主姓名
    {kPart, "承包方", kOthers},      // 承包方成员
    {kPart, "家庭", kFamily},        // 家庭成员
    {kPart, "FAMILY", kFamily},      //
    {kPart, "银行", kAccounts},      // 开户银行
    {kPart, "账号", kAccounts},      // 补贴账号
    {kPart, "卡号", kAccounts},      // 一卡通卡号
    {kPart, "补贴金额", kAccounts},  // what was paid
    {kPart, "收入", kAccounts},      // 年收入
    {kPart, "ACCOUNT", kAccounts},   // BANK_ACCOUNT
    {kPart, "贫困", kLabels},        // 贫困户
    {kPart, "脱贫", kLabels},        // 脱贫户
    {kPart, "建档立卡", kLabels},    // 建档立卡户
};

// Relief that was asked for; not why, not with whom, not from which purse.
constexpr Denial kCivilAffairs[] = {
    {kPrefix, "JTCY", kFamily},     // 家庭成员
    {kPart, "家庭", kFamily},       // 家庭成员, 家庭收入
    {kPart, "共同生活", kFamily},   // 共同生活的家庭成员
    {kPart, "收养", kFamily},       // 收养登记
    {kPart, "孤儿", kFamily},       //
    {kPart, "留守", kFamily},       //
    {kPart, "FAMILY", kFamily},     //
    {kPart, "ADOPT", kFamily},      // ADOPTION
    {kPart, "户主", kOthers},       // 户主姓名
    {kPart, "银行", kAccounts},     // 开户银行
    {kPart, "账号", kAccounts},     // 发放账号
    {kPart, "卡号", kAccounts},     // 银行卡号
    {kPart, "收入", kAccounts},     // 月收入
    {kPart, "财产", kAccounts},     // 财产状况
    {kPart, "ACCOUNT", kAccounts},  //
    {kPart, "INCOME", kAccounts},   //
    {kPart, "致贫", kLabels},       // 致贫原因
    {kPart, "困难原因", kLabels},   // 困难原因
    {kPart, "流浪", kLabels},       // 流浪乞讨
    {kPart, "低保类别", kLabels},   // a class of person
    {kPart, "精神", kConfidence},   // 精神状况
};

// A referral is what somebody asked for. What she told to get it is hers.
constexpr Denial kWomensFederation[] = {
    {kPart, "家暴", kConfidence},      // 是否家暴
    {kPart, "家庭", kConfidence},      // 家庭暴力, 家庭成员
    {kPart, "暴力", kConfidence},      // 家庭暴力情况
    {kPart, "受害", kConfidence},      // 受害经过
    {kPart, "侵权", kConfidence},      // 侵权情况
    {kPart, "调解", kConfidence},      // 调解记录
    {kPart, "信访", kConfidence},      // 信访事项
    {kPart, "诉求", kConfidence},      // 诉求内容
    {kPart, "VIOLENCE", kConfidence},  // DOMESTIC_VIOLENCE
    {kPart, "VICTIM", kConfidence},    //
    {kPart, "离异", kFamily},          // marital state under other words
    {kPart, "丧偶", kFamily},          //
    {kPart, "单亲", kFamily},          // 单亲母亲
    {kPart, "留守", kFamily},          // 留守儿童
    {kPart, "孩子", kFamily},          // 孩子姓名
    {kPart, "FAMILY", kFamily},        //
    {kPart, "两癌", kConfidence},      // 两癌筛查
    {kPart, "筛查", kConfidence},      //
    {kPart, "贫困", kLabels},          // 贫困母亲
};

// Budgets are planned by counts. There is no column that it may send.
constexpr OnlyFields kNothing{
    {},
    "a person's data: PIPL art. 6; finance has aggregates only / "
    "个人信息：个人信息保护法第六条；财政部门仅使用汇总数据"};

constexpr Sector kSectors[] = {
    {"education", kEducation},
    {"housing", kHousing, &kDwellings},
    {"transport", kTransport},
    {"agriculture", kAgriculture},
    {"finance", {}, &kNothing},
    {"civil_affairs", kCivilAffairs},
    {"womens_federation", kWomensFederation},
};

}  // namespace

std::span<const Sector> OtherSectors() { return kSectors; }

const Sector* FindOtherSector(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kSectors), std::end(kSectors),
                   [&](const Sector& sector) { return sector.name == name; });
  return found == std::end(kSectors) ? nullptr : found;
}

}  // namespace waystation::adapters
