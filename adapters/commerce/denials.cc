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
    "penalties and blacklists: nobody exchanges them / 处罚、黑名单：不交换";

// Names in a dBase table end after ten characters.
constexpr Denial kDenials[] = {
    {kPrefix, "HYQK", kMarital},      // 婚姻情况
    {kPrefix, "MARI", kMarital},      // MARISTATUS
    {kPrefix, "MARST", kMarital},     // MARSTATUS
    {kPrefix, "SYZK", kFertility},    // 生育状况
    {kPrefix, "SYQK", kFertility},    // 生育情况
    {kPrefix, "YZK", kFertility},     // 孕状况
    {kPart, "CHILD", kFertility},     // CHILDNUM
    {kPart, "BIRTHCTL", kFertility},  // BIRTHCTRL
    {kPrefix, "HYZB", kRepealed},     // 婚育证编号
    {kPrefix, "JSZM", kRepealed},     // 计生证明
    {kWhole, "NATION", kEthnicity},  // 民族, as the registers' standard has it
    {kPrefix, "POLSTAND", kParty},   // 政治面貌
    {kPrefix, "FAMMEM", kOthers},    // 家庭成员
    {kPart, "家庭成员", kOthers},    // of a shop that a family runs
    {kPrefix, "PUNISH", kPenalty},   // PUNISHMENT
    {kPrefix, "BLACKL", kPenalty},   // BLACKLISTE
};

constexpr Sector kSector{"commerce", kDenials};

}  // namespace

const Sector& Commerce() { return kSector; }

}  // namespace waystation::adapters
