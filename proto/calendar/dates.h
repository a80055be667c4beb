// SPDX-License-Identifier: Apache-2.0
// Days as calendar files write them.
#ifndef WAYSTATION_PROTO_CALENDAR_DATES_H_
#define WAYSTATION_PROTO_CALENDAR_DATES_H_

#include <chrono>
#include <string>

#include "proto/codes/date.h"
#include "waystation/config/v1/calendar.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::calendar {

// One that is not ok() for a message that is no full Gregorian date.
inline codes::Date ToDate(const ::waystation::v1::Date& date) {
  if (date.calendar() != ::waystation::v1::Date::CALENDAR_UNSPECIFIED ||
      date.leap_month() || date.year() < 1 || date.year() > 9999) {
    return {};
  }
  return std::chrono::year{date.year()} /
         std::chrono::month{static_cast<unsigned>(date.month())} /
         std::chrono::day{static_cast<unsigned>(date.day())};
}

inline void SetDate(codes::Date date, ::waystation::v1::Date* message) {
  message->set_year(static_cast<int>(date.year()));
  message->set_month(static_cast<int>(static_cast<unsigned>(date.month())));
  message->set_day(static_cast<int>(static_cast<unsigned>(date.day())));
}

// "2019-10-01".
inline std::string TextOf(codes::Date date) {
  return codes::FormatDate(codes::PartialDate::Of(date));
}

// Its last day, whether or not the file says so.
inline const ::waystation::v1::Date& LastOf(
    const config::v1::Holiday& holiday) {
  return holiday.has_until() ? holiday.until() : holiday.since();
}

// Saturday or Sunday.
inline bool IsWeekend(std::chrono::sys_days day) {
  const std::chrono::weekday weekday{day};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_DATES_H_
