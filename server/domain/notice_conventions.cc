// SPDX-License-Identifier: Apache-2.0
// The counting conventions (统计口径) of notices, to be shown where a figure is
// shown: denominators were never uniform between provinces (domain facts 2.4),
// so that a rate without them says nothing.
#include <array>
#include <vector>

#include "server/domain/notice_rates.h"
#include "server/domain/rates.h"

namespace waystation::domain {
namespace {

constexpr std::array kWords = {
    ConventionWords{
        "sent", "发出：期间内发出的通报，按北京时间计日，首尾两日均计入",
        "Sent: notices that were sent in the period, by days of China "
        "Standard Time, the first and the last one counted in"},
    ConventionWords{
        "withdrawn",
        "撤回：发送方在收到反馈前撤回的；以下各率的分母均不含撤回的通报",
        "Taken back: by their senders before there was an answer; no "
        "denominator of a rate below holds them"},
    ConventionWords{
        "rerouted",
        "转办：至少转办过一次的；计入现承办机构，自转到之时重新计算期限",
        "Passed on: at least once; they count for the agency that has them "
        "now, whose time began when they came to it"},
    ConventionWords{
        "delivery", "送达率＝承办机构已查看的÷（发出－撤回）",
        "Delivered: looked at by the agency that has them, of those sent and "
        "not taken back"},
    ConventionWords{
        "acceptance",
        "接收率＝期限内接收的÷（发出－撤回）；逾期接收计工作量，不计入分子",
        "Accepted: before the deadline, of those sent and not taken back; "
        "late acceptance is work but no credit"},
    ConventionWords{
        "feedback",
        "反馈率＝已反馈的÷要求反馈的；服务类通报只需接收，不计入；撤回的"
        "不计入",
        "Answered: of those that ask for an answer and were not taken back; "
        "notices of services are only accepted and do not count"},
    ConventionWords{
        "timely_feedback",
        "及时反馈率＝期限内反馈的÷要求反馈的；未到期尚未反馈的也在分母中",
        "Answered in time: before the deadline, of those that ask for an "
        "answer and were not taken back; those that are not due yet are in "
        "the denominator"},
    ConventionWords{
        "timeliness",
        "按期办结率＝期限内办结的÷（期限内办结＋逾期办结＋逾期未办）；"
        "服务类以接收为办结，其他以反馈为办结；未到期的和无期限的不计入",
        "Done in time: of those done in time, done late, or open and past "
        "their deadline; a notice of a service is done when it is accepted, "
        "any other when it is answered; those that are not due yet or have "
        "no deadline do not count"},
    ConventionWords{
        "working_days",
        "工作日：期限按工作日计算的，自收到次日起至办结日的工作日数；"
        "当日办结为0；中位数和第90百分位数按最近序位法；日历未公布年份的"
        "不计入",
        "Working days: where the deadline counts working days, those from "
        "the day after they came to the day on which they were done; the "
        "same day is 0; median and 90th percentile by nearest rank; days of "
        "years whose calendar is not known do not count"},
    ConventionWords{
        "calendar_days",
        "日历日：期限按日历日计算或无期限的，自收到次日起至办结日的日数",
        "Calendar days: the same where the deadline counts calendar days, or "
        "there is none"},
};

}  // namespace

std::span<const v1::NoticeConvention> NoticeConventions() {
  static const auto& conventions =
      *new std::vector<v1::NoticeConvention>(Spell(kWords));
  return conventions;
}

}  // namespace waystation::domain
