// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/law.h"
#include "adapters/labor/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kEthnicity;
using law::kFertilityOfWorkers;
using law::kMaritalOfWorkers;
using law::kParty;

constexpr std::string_view kHealth =
    "medical treatment: PIPL art. 28, Social Insurance Law art. 81 / "
    "诊疗：个人信息保护法第二十八条、社会保险法第八十一条";
constexpr std::string_view kIllness =
    "health: PIPL art. 28 / 健康：个人信息保护法第二十八条";

// Fields of the standard schema (金保工程). An employer may not ask for marital
// state or plans for children, so the office that employers file to does not
// pass them on either.
constexpr Denial kDenials[] = {
    {kWhole, "AAC005", kEthnicity},         // 民族
    {kWhole, "AAC017", kMaritalOfWorkers},  // 婚姻状况
    {kWhole, "AAC024", kParty},             // 政治面貌
    {kWhole, "AAC033", kIllness},           // 健康状况
    {kPrefix, "AMC", kFertilityOfWorkers},  // 生育保险
    {kPrefix, "ALC", kHealth},              // 工伤：伤残
    {kPrefix, "AKA", kHealth},              // 医疗目录
    {kPrefix, "AKB", kHealth},              // 医疗机构
    {kPrefix, "AKC", kHealth},              // 就诊
    {kPrefix, "AKE", kHealth},              // 医疗费用
};

constexpr Sector kSector{"labor", kDenials};

}  // namespace

const Sector& Labor() { return kSector; }

}  // namespace waystation::adapters
