// SPDX-License-Identifier: Apache-2.0
// The counting conventions (统计口径) of records, to be shown where a figure is
// shown.
#include <array>
#include <vector>

#include "server/domain/rates.h"
#include "server/domain/record_rates.h"

namespace waystation::domain {
namespace {

constexpr std::array kWords = {
    ConventionWords{
        "records", "记录：统计时点各单位在库的记录，不含已撤回和已删除的",
        "Records: those that agencies hold here at that moment, without what "
        "was taken back or erased"},
    ConventionWords{"core", "核心项完整率＝姓名、性别、出生日期齐全的记录÷记录",
                    "Core: records with name, sex and birth date, of all"},
    ConventionWords{"number",
                    "有效号码率＝至少有一个校验无误的公民身份号码的记录÷记录",
                    "Number: records with a citizen number that holds, of all"},
    ConventionWords{
        "soundness",
        "无瑕疵率＝未带任何质量标记的填报÷全部填报；多值项按每个值计",
        "Sound: claims that were taken without a remark, of all claims; of "
        "attributes with several entries each counts"},
    ConventionWords{
        "freshness", "更新率＝近365日内有更新的记录÷记录",
        "Fresh: records to which an update came in the last 365 days, of "
        "all"},
    ConventionWords{
        "moved", "流动：户籍地与现居住地不在同一县（市、区）的记录",
        "Moved: records that name a county of household registration and "
        "another one of residence"},
    ConventionWords{
        "joint_registration",
        "共管率＝对方单位也有该人记录的÷流动且对方有同部门单位在本枢纽的；"
        "从每一方各计一次",
        "On both sides: those of whom the other side has a record too, of "
        "those who moved and whose other side has an agency of the sector "
        "here; counted from each side once"},
};

}  // namespace

std::span<const v1::NoticeConvention> RecordConventions() {
  static const auto& conventions =
      *new std::vector<v1::NoticeConvention>(Spell(kWords));
  return conventions;
}

}  // namespace waystation::domain
