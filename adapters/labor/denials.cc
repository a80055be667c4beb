// SPDX-License-Identifier: Apache-2.0
#include "adapters/labor/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;

// An employer may not ask for marital state or plans for children, so the
// office that employers file to does not pass them on either.
constexpr std::string_view kMarital =
    "marital state: Women's Rights Protection Law 2022 art. 43 / "
    "婚姻状况：妇女权益保障法第四十三条";
constexpr std::string_view kFertility =
    "childbearing: Women's Rights Protection Law 2022 art. 43 / "
    "生育：妇女权益保障法第四十三条";
constexpr std::string_view kHealth =
    "medical treatment: PIPL art. 28, Social Insurance Law art. 81 / "
    "诊疗：个人信息保护法第二十八条、社会保险法第八十一条";

constexpr std::string_view kEthnicity =
    "ethnicity: PIPL art. 28 / 民族：个人信息保护法第二十八条";
constexpr std::string_view kParty =
    "party membership: PIPL art. 28 / 政治面貌：个人信息保护法第二十八条";
constexpr std::string_view kIllness =
    "health: PIPL art. 28 / 健康：个人信息保护法第二十八条";

// Fields of the standard schema (金保工程).
constexpr Denial kDenials[] = {
    {kWhole, "AAC005", kEthnicity},  // 民族
    {kWhole, "AAC017", kMarital},    // 婚姻状况
    {kWhole, "AAC024", kParty},      // 政治面貌
    {kWhole, "AAC033", kIllness},    // 健康状况
    {kPrefix, "AMC", kFertility},    // 生育保险
    {kPrefix, "ALC", kHealth},       // 工伤：伤残
    {kPrefix, "AKA", kHealth},       // 医疗目录
    {kPrefix, "AKB", kHealth},       // 医疗机构
    {kPrefix, "AKC", kHealth},       // 就诊
    {kPrefix, "AKE", kHealth},       // 医疗费用
};

constexpr Sector kSector{"labor", kDenials};

}  // namespace

const Sector& Labor() { return kSector; }

}  // namespace waystation::adapters
