// SPDX-License-Identifier: Apache-2.0
// Days as they begin and end in Asia/Shanghai: China Standard Time, UTC+8
// without summer time since 1992. That is arithmetic, and the same on a machine
// whose table of time zones is old or missing.
#ifndef WAYSTATION_PROTO_CALENDAR_CHINA_TIME_H_
#define WAYSTATION_PROTO_CALENDAR_CHINA_TIME_H_

#include <cstdint>

#include "proto/codes/date.h"

namespace waystation::calendar {

inline constexpr int kFirstYear = 1992;

// The day on which an instant falls, in microseconds since 1970 UTC.
codes::Date DayOf(std::int64_t microseconds);

// The first instant of a day: midnight, which is the end of the day before.
std::int64_t BeginOf(codes::Date day);

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_CHINA_TIME_H_
