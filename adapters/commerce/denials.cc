// SPDX-License-Identifier: Apache-2.0
#include "adapters/commerce/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;

// Whoever runs a business may not be asked for marital state or plans for
// children, and answers for nobody else.
constexpr std::string_view kMarital =
    "marital state: Women's Rights Protection Law 2022 art. 43 / "
    "婚姻状况：妇女权益保障法第四十三条";
constexpr std::string_view kFertility =
    "childbearing: Women's Rights Protection Law 2022 art. 43 / "
    "生育：妇女权益保障法第四十三条";
constexpr std::string_view kRepealed =
    "family planning papers: Decree 555, repealed in 2021 / "
    "计划生育证明：国务院令第555号，2021年废止";
constexpr std::string_view kEthnicity =
    "ethnicity: PIPL art. 28 / 民族：个人信息保护法第二十八条";
constexpr std::string_view kParty =
    "party membership: PIPL art. 28 / 政治面貌：个人信息保护法第二十八条";
constexpr std::string_view kOthers =
    "another person's name or number: PIPL art. 6 / "
    "他人姓名或号码：个人信息保护法第六条";
constexpr std::string_view kPenalty =
    "penalties and blacklists: domain facts 5.2 / 处罚与黑名单：不交换";

// Names in a dBase table end after ten characters.
constexpr Denial kDenials[] = {
    {kPrefix, "MARI", kMarital},    {kPrefix, "MARST", kMarital},
    {kPrefix, "HYQK", kMarital},    // 婚姻情况
    {kPrefix, "SYZK", kFertility},  // 生育状况
    {kPrefix, "SYQK", kFertility},  // 生育情况
    {kPrefix, "YZK", kFertility},   // 孕状况
    {kPart, "CHILD", kFertility},   {kPart, "BIRTHCTL", kFertility},
    {kPrefix, "HYZB", kRepealed},  // 婚育证
    {kPrefix, "JSZM", kRepealed},  // 计生证明
    {kWhole, "NATION", kEthnicity}, {kPrefix, "POLSTAND", kParty},  // 政治面貌
    {kPrefix, "FAMMEM", kOthers},  // 家庭成员
    {kPart, "家庭成员", kOthers},   {kPrefix, "PENALT", kPenalty},
    {kPrefix, "PUNISH", kPenalty},  {kPrefix, "BLACKL", kPenalty},
    {kPart, "处罚", kPenalty},      {kPart, "黑名单", kPenalty},
    {kPart, "失信", kPenalty},
};

constexpr Sector kSector{"commerce", kDenials};

}  // namespace

const Sector& Commerce() { return kSector; }

}  // namespace waystation::adapters
