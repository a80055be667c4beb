// SPDX-License-Identifier: Apache-2.0
#include "server/domain/notice_rates.h"

#include <chrono>

#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "server/domain/rates.h"

namespace waystation::domain {
namespace {

using google::protobuf::util::TimeUtil;
using v1::Notice;
using Event = v1::Notice::Event;

std::int64_t TimeOf(const Event& event) {
  return TimeUtil::TimestampToMicroseconds(event.time());
}

std::optional<std::int64_t> DueOf(const Event& event) {
  if (!event.has_due_time()) return std::nullopt;
  return TimeUtil::TimestampToMicroseconds(event.due_time());
}

// It is with `event.to()` from now on, who begins anew.
void ComeTo(const Event& event, NoticeStanding& standing) {
  standing.to = event.to();
  standing.came_time = TimeOf(event);
  standing.delivered = false;
  standing.accepted_time.reset();
  standing.due_time = DueOf(event);
}

void Follow(const Event& event, NoticeStanding& standing) {
  switch (event.kind()) {
    case Event::KIND_SENT:
      standing.sent_time = TimeOf(event);
      ComeTo(event, standing);
      break;
    case Event::KIND_DELIVERED:
      standing.delivered = true;
      break;
    case Event::KIND_ACCEPTED:
      standing.delivered = true;
      standing.accepted_time = TimeOf(event);
      break;
    case Event::KIND_REROUTED:
      standing.rerouted = true;
      ComeTo(event, standing);
      break;
    case Event::KIND_EXTENDED:
      standing.due_time = DueOf(event);
      break;
    case Event::KIND_ANSWERED:
      standing.answered_time = TimeOf(event);
      break;
    case Event::KIND_WITHDRAWN:
      standing.withdrawn = true;
      break;
    default:
      break;
  }
}

// The smallest number of days within which `share` of 100 were done.
std::uint32_t NearestRank(const std::map<int, std::uint64_t>& days,
                          std::uint64_t count, std::uint64_t share) {
  const std::uint64_t rank = (count * share + 99) / 100;
  std::uint64_t passed = 0;
  for (const auto& [day, times] : days) {
    passed += times;
    if (passed >= rank) return static_cast<std::uint32_t>(day);
  }
  return 0;
}

void SetDays(const std::map<int, std::uint64_t>& days,
             v1::NoticeDays* message) {
  std::uint64_t count = 0;
  for (const auto& [day, times] : days) count += times;
  message->set_count(count);
  if (count == 0) return;
  message->set_median(NearestRank(days, count, 50));
  message->set_ninetieth(NearestRank(days, count, 90));
}

}  // namespace

std::optional<NoticeStanding> StandingOf(const store::v1::StoredNotice& notice,
                                         std::int64_t now) {
  if (notice.history().empty() || TimeOf(notice.history(0)) > now) {
    return std::nullopt;
  }
  const Notice& head = notice.notice();
  NoticeStanding standing;
  standing.kind = head.kind();
  standing.urgent = head.urgent();
  standing.from = head.from();
  for (const Event& event : notice.history()) {
    if (TimeOf(event) > now) break;
    Follow(event, standing);
  }
  // Turning a service down is written as accepting and answering it.
  if (standing.kind == Notice::KIND_SERVICE &&
      standing.answered_time.has_value()) {
    standing.accepted_time.reset();
  }
  standing.overdue = !standing.withdrawn && !standing.done_time().has_value() &&
                     !standing.InTime(now);
  return standing;
}

std::optional<DaysTaken> DaysTakenBy(const NoticeStanding& standing,
                                     const config::v1::Deadline* deadline,
                                     const calendar::Calendars& calendars) {
  const std::optional<std::int64_t> done = standing.done_time();
  if (!done.has_value() || standing.withdrawn) return std::nullopt;
  const codes::Date since = calendar::DayOf(standing.came_time);
  const codes::Date until = calendar::DayOf(*done);
  if (deadline == nullptr ||
      deadline->unit() != config::v1::DEADLINE_UNIT_WORKING_DAY) {
    return DaysTaken{.working = false,
                     .days = static_cast<int>((std::chrono::sys_days(until) -
                                               std::chrono::sys_days(since))
                                                  .count())};
  }
  const calendar::WorkingCalendar* calendar =
      calendars.Find(deadline->calendar());
  if (calendar == nullptr) return std::nullopt;
  const auto days = calendar->CountBetween(since, until);
  if (!days.ok()) return std::nullopt;
  return DaysTaken{.working = true, .days = *days};
}

void NoticeTally::Add(const NoticeStanding& standing,
                      const std::optional<DaysTaken>& taken) {
  ++sent;
  if (standing.rerouted) ++rerouted;
  if (standing.withdrawn) {
    ++withdrawn;
    return;
  }
  if (standing.delivered) ++delivered;
  if (standing.accepted_time.has_value()) {
    ++accepted;
    if (standing.InTime(*standing.accepted_time)) ++accepted_in_time;
  }
  if (standing.kind != Notice::KIND_SERVICE) {
    ++asked;
    if (standing.answered_time.has_value()) {
      ++answered;
      if (standing.InTime(*standing.answered_time)) ++answered_in_time;
    }
  }
  const std::optional<std::int64_t> done = standing.done_time();
  if (!standing.due_time.has_value()) {
    ++without_deadline;
  } else if (done.has_value()) {
    ++(standing.InTime(*done) ? in_time : late);
  } else {
    ++(standing.overdue ? overdue : pending);
  }
  if (taken.has_value()) {
    ++(taken->working ? working_days : calendar_days)[taken->days];
  }
}

void NoticeTally::Merge(const NoticeTally& other) {
  sent += other.sent;
  withdrawn += other.withdrawn;
  rerouted += other.rerouted;
  delivered += other.delivered;
  accepted += other.accepted;
  accepted_in_time += other.accepted_in_time;
  asked += other.asked;
  answered += other.answered;
  answered_in_time += other.answered_in_time;
  without_deadline += other.without_deadline;
  in_time += other.in_time;
  late += other.late;
  overdue += other.overdue;
  pending += other.pending;
  for (const auto& [day, times] : other.working_days) {
    working_days[day] += times;
  }
  for (const auto& [day, times] : other.calendar_days) {
    calendar_days[day] += times;
  }
}

v1::NoticeRatesRow RowOf(const NoticeTally& tally) {
  v1::NoticeRatesRow row;
  v1::NoticeCounts& counts = *row.mutable_counts();
  counts.set_sent(tally.sent);
  counts.set_withdrawn(tally.withdrawn);
  counts.set_rerouted(tally.rerouted);
  counts.set_delivered(tally.delivered);
  counts.set_accepted(tally.accepted);
  counts.set_accepted_in_time(tally.accepted_in_time);
  counts.set_asked(tally.asked);
  counts.set_answered(tally.answered);
  counts.set_answered_in_time(tally.answered_in_time);
  counts.set_without_deadline(tally.without_deadline);
  counts.set_in_time(tally.in_time);
  counts.set_late(tally.late);
  counts.set_overdue(tally.overdue);
  counts.set_pending(tally.pending);
  const std::uint64_t standing = tally.sent - tally.withdrawn;
  SetRate(tally.delivered, standing, row.mutable_delivery());
  SetRate(tally.accepted_in_time, standing, row.mutable_acceptance());
  SetRate(tally.answered, tally.asked, row.mutable_feedback());
  SetRate(tally.answered_in_time, tally.asked, row.mutable_timely_feedback());
  SetRate(tally.in_time, tally.in_time + tally.late + tally.overdue,
          row.mutable_timeliness());
  SetDays(tally.working_days, row.mutable_working_days());
  SetDays(tally.calendar_days, row.mutable_calendar_days());
  return row;
}

}  // namespace waystation::domain
