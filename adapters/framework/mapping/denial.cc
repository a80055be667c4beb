// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/denial.h"

#include <string>

#include "absl/strings/ascii.h"
#include "adapters/framework/mapping/law.h"

namespace waystation::adapters {
namespace {

using enum Denial::Match;
using law::kBiometrics;
using law::kEthnicity;
using law::kFees;
using law::kFertility;
using law::kLabels;
using law::kOthers;
using law::kPenalty;
using law::kRepealed;

constexpr std::string_view kMarital =
    "marital state: Women's Rights Protection Law 2022 art. 43, PIPL art. 28 / "
    "婚姻状况：妇女权益保障法第四十三条、个人信息保护法第二十八条";
constexpr std::string_view kBelief =
    "religion or party membership: PIPL art. 28 / "
    "宗教信仰、政治面貌：个人信息保护法第二十八条";
constexpr std::string_view kHealth =
    "health: PIPL art. 28, Basic Healthcare Law art. 92 / "
    "健康：个人信息保护法第二十八条、基本医疗卫生与健康促进法第九十二条";

constexpr Denial kDenials[] = {
    // Pinyin initials, as police and other systems name their columns.
    {kPrefix, "HYZK", kMarital},    // 婚姻状况
    {kPrefix, "POXM", kMarital},    // 配偶姓名
    {kPrefix, "POSFZ", kMarital},   // 配偶身份证
    {kWhole, "SFSY", kFertility},   // 是否生育
    {kPrefix, "SYZN", kFertility},  // 生育子女
    {kPrefix, "HYUN", kFertility},  // 怀孕
    {kPart, "JYCS", kFertility},    // 节育措施
    {kPrefix, "BYCS", kFertility},  // 避孕措施
    {kPrefix, "ZNS", kFertility},   // 子女数
    {kPrefix, "HYZM", kRepealed},   // 婚育证明
    {kPrefix, "JHSY", kRepealed},   // 计划生育
    {kPrefix, "DSZN", kRepealed},   // 独生子女
    {kPrefix, "SHFYF", kRepealed},  // 社会抚养费
    {kWhole, "MZ", kEthnicity},     // 民族
    {kWhole, "MZDM", kEthnicity},
    {kWhole, "MZMC", kEthnicity},
    {kPrefix, "ZJXY", kBelief},  // 宗教信仰
    {kPrefix, "ZZMM", kBelief},  // 政治面貌
    {kPrefix, "JKZK", kHealth},  // 健康状况
    // Words.
    {kPart, "MARITAL", kMarital},
    {kPart, "MARRIAGE", kMarital},
    {kPart, "SPOUSE", kMarital},
    {kPart, "FERTIL", kFertility},
    {kPart, "PREGNAN", kFertility},
    {kPart, "CONTRACEP", kFertility},
    {kPart, "BIRTH_CONTROL", kFertility},
    {kPart, "CHILDREN", kFertility},
    {kPart, "ETHNIC", kEthnicity},
    {kPart, "RELIGI", kBelief},
    {kPart, "DIAGNOS", kHealth},
    {kPart, "婚", kMarital},
    {kPart, "配偶", kMarital},
    {kPart, "生育", kFertility},
    {kPart, "节育", kFertility},
    {kPart, "绝育", kFertility},
    {kPart, "孕", kFertility},
    {kPart, "子女", kFertility},
    {kPart, "流产", kFertility},
    {kPart, "计生", kRepealed},
    {kPart, "独生", kRepealed},
    {kPart, "抚养费", kRepealed},
    {kPart, "民族", kEthnicity},
    {kPart, "宗教", kBelief},
    {kPart, "政治面貌", kBelief},
    {kPart, "健康", kHealth},
    {kPart, "诊断", kHealth},
    {kPart, "疾病", kHealth},
    {kPart, "病史", kHealth},
    {kPart, "残疾", kHealth},
    {kPart, "DISAB", kHealth},  // DISABILITY
    {kPart, "照片", kBiometrics},
    {kPart, "指纹", kBiometrics},
    {kPart, "人脸", kBiometrics},
    {kPart, "PHOTO", kBiometrics},
    {kPart, "FINGERPRINT", kBiometrics},
    {kPart, "BLACKLIST", kPenalty},
    {kPart, "PENALT", kPenalty},
    {kPart, "处罚", kPenalty},
    {kPart, "黑名单", kPenalty},
    {kPart, "失信", kPenalty},
    // What registers of 2010 counted, collected and paid (domain facts 1.6).
    // 人流
    // is the whole name only: it stands in 本人流入日期 too.
    {kWhole, "人流", kFertility},
    {kPart, "引产", kFertility},
    {kPart, "上环", kFertility},
    {kPart, "取环", kFertility},
    {kPart, "环检", kFertility},
    {kPart, "四项手术", kFertility},
    {kPart, "补救措施", kFertility},
    {kPart, "育龄", kFertility},
    {kWhole, "IUD", kFertility},
    {kPart, "罚款", kPenalty},
    {kPart, "清查", kPenalty},
    {kPart, "保证金", kFees},
    {kPart, "举报", kFees},
    {kPart, "包保", kLabels},  // 包保责任人
    {kPart, "重点人", kLabels},
    {kPart, "信用分", kLabels},
    {kPart, "风险等级", kLabels},
    {kPart, "房主", kOthers},
    {kPart, "房东", kOthers},
};

bool Matches(const Denial& denial, std::string_view column) {
  switch (denial.match) {
    case kWhole:
      return column == denial.text;
    case kPrefix:
      return column.starts_with(denial.text);
    case kPart:
      return column.find(denial.text) != std::string_view::npos;
  }
  return true;
}

}  // namespace

std::span<const Denial> DeniedEverywhere() { return kDenials; }

const Denial* FindDenial(std::span<const Denial> sector,
                         std::string_view column) {
  std::string upper(column);
  absl::AsciiStrToUpper(&upper);
  for (const Denial& denial : sector) {
    if (Matches(denial, upper)) return &denial;
  }
  for (const Denial& denial : kDenials) {
    if (Matches(denial, upper)) return &denial;
  }
  return nullptr;
}

}  // namespace waystation::adapters
