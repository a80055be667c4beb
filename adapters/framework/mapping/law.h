// SPDX-License-Identifier: Apache-2.0
// The rules that keep a column at home, each in the words in which a refusal
// names it: English, then Chinese. A sector's denials say which of its columns
// fall under which; a rule of one sector alone stands there.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_LAW_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_LAW_H_

#include <string_view>

namespace waystation::adapters::law {

inline constexpr std::string_view kAccounts =
    "income, property and accounts: PIPL art. 28 / "
    "收入、财产和金融账户：个人信息保护法第二十八条";
inline constexpr std::string_view kBiometrics =
    "biometrics: PIPL art. 28 / 生物识别信息：个人信息保护法第二十八条";
inline constexpr std::string_view kEthnicity =
    "ethnicity: PIPL art. 28 / 民族：个人信息保护法第二十八条";
inline constexpr std::string_view kFees =
    "fees, deposits and rewards: nobody exchanges them / "
    "费用、保证金、奖励：不交换";
inline constexpr std::string_view kFertility =
    "fertility: Women's Rights Protection Law 2022 art. 43, PIPL art. 28 / "
    "生育：妇女权益保障法第四十三条、个人信息保护法第二十八条";
inline constexpr std::string_view kLabels =
    "labels put on a person: nobody exchanges them / 对人的标签：不交换";
inline constexpr std::string_view kOthers =
    "another person's name or number: PIPL art. 6 / "
    "他人姓名或号码：个人信息保护法第六条";
inline constexpr std::string_view kParty =
    "party membership: PIPL art. 28 / 政治面貌：个人信息保护法第二十八条";
inline constexpr std::string_view kPenalty =
    "penalties and blacklists: nobody exchanges them / 处罚、黑名单：不交换";
inline constexpr std::string_view kRepealed =
    "family planning papers: Decree 555, repealed in 2021 / "
    "计划生育证明：国务院令第555号，2021年废止";

// What nobody may ask of who works or runs a business.
inline constexpr std::string_view kMaritalOfWorkers =
    "marital state: Women's Rights Protection Law 2022 art. 43 / "
    "婚姻状况：妇女权益保障法第四十三条";
inline constexpr std::string_view kFertilityOfWorkers =
    "childbearing: Women's Rights Protection Law 2022 art. 43 / "
    "生育：妇女权益保障法第四十三条";

}  // namespace waystation::adapters::law

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_LAW_H_
