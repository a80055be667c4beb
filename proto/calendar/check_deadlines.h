// SPDX-License-Identifier: Apache-2.0
// What is wrong with a deadlines file beyond its grammar.
#ifndef WAYSTATION_PROTO_CALENDAR_CHECK_DEADLINES_H_
#define WAYSTATION_PROTO_CALENDAR_CHECK_DEADLINES_H_

#include <vector>

#include "proto/errors/error.h"

namespace waystation::config::v1 {
class Deadlines;
}  // namespace waystation::config::v1

namespace waystation::calendar {

class Calendars;

// By field path, such as "profiles[2].deadline.count", in the order of the
// file; empty if nothing. `calendars` are those that deadlines may name;
// nullptr leaves that open, for who checks a file by itself.
std::vector<errors::FieldViolation> CheckDeadlines(
    const config::v1::Deadlines& deadlines, const Calendars* calendars);

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_CHECK_DEADLINES_H_
