// SPDX-License-Identifier: Apache-2.0
#include "adapters/commerce/sector.h"
#include "adapters/framework/mapping/law.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kEthnicity;
using law::kFertilityOfWorkers;
using law::kMaritalOfWorkers;
using law::kOthers;
using law::kParty;
using law::kPenalty;
using law::kRepealed;

// Whoever runs a business may not be asked for marital state or plans for
// children, and answers for nobody else. Names in a dBase table end after ten
// characters.
constexpr Denial kDenials[] = {
    {kPrefix, "HYQK", kMaritalOfWorkers},      // 婚姻情况
    {kPrefix, "MARI", kMaritalOfWorkers},      // MARISTATUS
    {kPrefix, "MARST", kMaritalOfWorkers},     // MARSTATUS
    {kPrefix, "SYZK", kFertilityOfWorkers},    // 生育状况
    {kPrefix, "SYQK", kFertilityOfWorkers},    // 生育情况
    {kPrefix, "YZK", kFertilityOfWorkers},     // 孕状况
    {kPart, "CHILD", kFertilityOfWorkers},     // CHILDNUM
    {kPart, "BIRTHCTL", kFertilityOfWorkers},  // BIRTHCTRL
    {kPrefix, "HYZB", kRepealed},              // 婚育证编号
    {kPrefix, "JSZM", kRepealed},              // 计生证明
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
