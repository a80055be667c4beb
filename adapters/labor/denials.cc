// SPDX-License-Identifier: Apache-2.0
#include "adapters/labor/sector.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;

// An employer may not ask for marital state or plans for children, so the
// office that employers file to does not pass them on either.
constexpr std::string_view kMarital =
    "marital state: Women's Rights Protection Law 2022 art. 43";
constexpr std::string_view kFertility =
    "childbearing: Women's Rights Protection Law 2022 art. 43";
constexpr std::string_view kHealth =
    "medical treatment: PIPL art. 28, Social Insurance Law art. 81";

// Fields of the standard schema (金保工程).
constexpr Denial kDenials[] = {
    {kWhole, "AAC005", "ethnicity: PIPL art. 28"},         // 民族
    {kWhole, "AAC017", kMarital},                          // 婚姻状况
    {kWhole, "AAC024", "party membership: PIPL art. 28"},  // 政治面貌
    {kWhole, "AAC033", "health: PIPL art. 28"},            // 健康状况
    {kPrefix, "AMC", kFertility},                          // 生育保险
    {kPrefix, "ALC", kHealth},                             // 工伤：伤残
    {kPrefix, "AKA", kHealth},                             // 医疗目录
    {kPrefix, "AKB", kHealth},                             // 医疗机构
    {kPrefix, "AKC", kHealth},                             // 就诊
    {kPrefix, "AKE", kHealth},                             // 医疗费用
};

constexpr Sector kSector{"labor", kDenials};

}  // namespace

const Sector& Labor() { return kSector; }

}  // namespace waystation::adapters
