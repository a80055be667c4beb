// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/deadline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/calendar/china_time.h"
#include "proto/errors/error.h"

namespace waystation::calendar {
namespace {

using config::v1::Deadline;
using config::v1::DeadlineProfile;
using std::chrono::days;
using std::chrono::sys_days;

bool NeedsCalendar(const Deadline& deadline) {
  return deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY ||
         deadline.on_day_off() == config::v1::DEADLINE_DAY_OFF_NEXT_WORKING_DAY;
}

// `calendar` is nullptr where none is needed.
absl::StatusOr<codes::Date> LastDay(const Deadline& deadline,
                                    const WorkingCalendar* calendar,
                                    codes::Date day) {
  if (deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY) {
    return calendar->After(day, deadline.count());
  }
  const codes::Date last{sys_days{day} + days{deadline.count()}};
  return calendar == nullptr ? last : calendar->OnOrAfter(last);
}

// So many days before the last.
absl::StatusOr<codes::Date> ReminderDay(const Deadline& deadline,
                                        const WorkingCalendar* calendar,
                                        codes::Date last, int before) {
  if (before == 0) return last;
  if (deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY) {
    return calendar->Before(last, before);
  }
  return codes::Date{sys_days{last} - days{before}};
}

absl::StatusOr<std::vector<std::int64_t>> RemindersUpTo(
    const Deadline& deadline, const WorkingCalendar* calendar,
    codes::Date last) {
  std::vector<std::int64_t> reminders;
  for (const int before : deadline.reminders()) {
    const auto on = ReminderDay(deadline, calendar, last, before);
    if (!on.ok()) return on.status();
    reminders.push_back(BeginOf(*on));
  }
  return reminders;
}

// nullptr where none is needed.
absl::StatusOr<const WorkingCalendar*> CalendarOf(const Deadline& deadline,
                                                  const Calendars& calendars) {
  if (!NeedsCalendar(deadline)) return nullptr;
  const WorkingCalendar* const calendar = calendars.Find(deadline.calendar());
  if (calendar == nullptr) {
    return errors::Error("CALENDAR_UNKNOWN",
                         {.metadata = {{"calendar", deadline.calendar()}}});
  }
  return calendar;
}

int Rank(const DeadlineProfile& profile) {
  return (profile.kinds().empty() ? 0 : 2) +
         (profile.urgency() == config::v1::DEADLINE_URGENCY_UNSPECIFIED ? 0
                                                                        : 1);
}

}  // namespace

absl::StatusOr<Due> DueOf(const Deadline& deadline, const Calendars& calendars,
                          std::int64_t start) {
  return DueOfDay(deadline, calendars, DayOf(start));
}

absl::StatusOr<Due> DueOfDay(const Deadline& deadline,
                             const Calendars& calendars, codes::Date day) {
  const auto calendar = CalendarOf(deadline, calendars);
  if (!calendar.ok()) return calendar.status();
  const auto last = LastDay(deadline, *calendar, day);
  if (!last.ok()) return last.status();
  Due due{.last_day = *last,
          .until = BeginOf(codes::Date{sys_days{*last} + days{1}}),
          .reminders = {}};
  auto reminders = RemindersUpTo(deadline, *calendar, *last);
  if (!reminders.ok()) return reminders.status();
  due.reminders = *std::move(reminders);
  return due;
}

absl::StatusOr<std::vector<std::int64_t>> RemindersOf(
    const Deadline& deadline, const Calendars& calendars,
    codes::Date last_day) {
  const auto calendar = CalendarOf(deadline, calendars);
  if (!calendar.ok()) return calendar.status();
  return RemindersUpTo(deadline, *calendar, last_day);
}

absl::StatusOr<int> DaysLeft(const Deadline& deadline,
                             const Calendars& calendars, codes::Date last_day,
                             codes::Date today) {
  if (deadline.unit() != config::v1::DEADLINE_UNIT_WORKING_DAY) {
    return static_cast<int>((sys_days{last_day} - sys_days{today}).count());
  }
  const auto calendar = CalendarOf(deadline, calendars);
  if (!calendar.ok()) return calendar.status();
  if (today <= last_day) return (*calendar)->CountBetween(today, last_day);
  const auto late = (*calendar)->CountBetween(last_day, today);
  if (!late.ok()) return late.status();
  return -*late;
}

const DeadlineProfile* FindProfile(const config::v1::Deadlines& deadlines,
                                   std::string_view kind,
                                   config::v1::DeadlineAct act,
                                   config::v1::DeadlineUrgency urgency) {
  const DeadlineProfile* found = nullptr;
  for (const DeadlineProfile& profile : deadlines.profiles()) {
    const bool holds =
        profile.act() == act &&
        (profile.kinds().empty() ||
         std::find(profile.kinds().begin(), profile.kinds().end(), kind) !=
             profile.kinds().end()) &&
        (profile.urgency() == config::v1::DEADLINE_URGENCY_UNSPECIFIED ||
         profile.urgency() == urgency);
    if (holds && (found == nullptr || Rank(profile) > Rank(*found))) {
      found = &profile;
    }
  }
  return found;
}

}  // namespace waystation::calendar
