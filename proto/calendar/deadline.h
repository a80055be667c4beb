// SPDX-License-Identifier: Apache-2.0
// By when something must be done, as a deadlines file says.
//
// Civil Code of the People's Republic of China, articles 201 and 203: the day
// on which a period begins is not counted, and its last day ends at midnight.
// So the hour of the event never matters, whoever got a notice at five in the
// afternoon has as long as who got it at eight in the morning, and a deadline
// can be told as a date. (An agency's office hours, which the article also
// knows, are not ours to know: what the hub took before midnight is in time.)
#ifndef WAYSTATION_PROTO_CALENDAR_DEADLINE_H_
#define WAYSTATION_PROTO_CALENDAR_DEADLINE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/calendar/working_calendar.h"
#include "proto/codes/date.h"
#include "waystation/config/v1/deadlines.pb.h"

namespace waystation::calendar {

// Times are microseconds since 1970 UTC.
struct Due {
  // On which it may still be done, in Asia/Shanghai. Show this to people: the
  // instant below is midnight, which reads like the day after.
  codes::Date last_day;
  // The end of that day. What happens before it is in time, what happens at it
  // or later is not.
  std::int64_t until = 0;
  // When to remind of it: midnights at which the days of reminders begin,
  // rising, all before `until` and after the day of the event.
  std::vector<std::int64_t> reminders;

  bool operator==(const Due&) const = default;
};

// When a deadline ends that an event at `start` set going.
// CALENDAR_YEAR_MISSING where its calendar says nothing of a day that matters;
// CALENDAR_UNKNOWN where `calendars` lack it. Precondition: CheckDeadlines
// finds nothing.
absl::StatusOr<Due> DueOf(const config::v1::Deadline& deadline,
                          const Calendars& calendars, std::int64_t start);

// The same from a day, for who knows no hour.
absl::StatusOr<Due> DueOfDay(const config::v1::Deadline& deadline,
                             const Calendars& calendars, codes::Date day);

// When to remind of a deadline that ends on `last_day`, as Due::reminders has
// it. Errors as above.
absl::StatusOr<std::vector<std::int64_t>> RemindersOf(
    const config::v1::Deadline& deadline, const Calendars& calendars,
    codes::Date last_day);

// How long there is from `today` to a deadline's last day, in its own unit: 1
// on the day before, 0 on the last day, -1 when it is one day late. Days off
// are no working days: what was due on the eve of National Day is late the next
// morning, as `until` tells, and by one working day on the first one behind the
// holiday. Errors as above.
absl::StatusOr<int> DaysLeft(const config::v1::Deadline& deadline,
                             const Calendars& calendars, codes::Date last_day,
                             codes::Date today);

// Which profile holds for what must be done with a notice of that kind: one
// that names the kind before one that names none, and then one of that urgency
// before one of any. nullptr if there is none: it may be done at any time.
// Stands as long as `deadlines` does. `urgency` is one of the two.
const config::v1::DeadlineProfile* FindProfile(
    const config::v1::Deadlines& deadlines, std::string_view kind,
    config::v1::DeadlineAct act, config::v1::DeadlineUrgency urgency);

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_DEADLINE_H_
