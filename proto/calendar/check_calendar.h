// SPDX-License-Identifier: Apache-2.0
// What is wrong with a calendar file beyond its grammar.
#ifndef WAYSTATION_PROTO_CALENDAR_CHECK_CALENDAR_H_
#define WAYSTATION_PROTO_CALENDAR_CHECK_CALENDAR_H_

#include <string_view>
#include <vector>

#include "proto/errors/error.h"

namespace waystation::config::v1 {
class Calendar;
}  // namespace waystation::config::v1

namespace waystation::calendar {

// Whether `id` can name a calendar.
bool IsCalendarId(std::string_view id);

// By field path, such as "years[2].holidays[0].make_up[1]", in the order of the
// file; empty if nothing. runtime::ConfigInvalid makes lines of it.
//
// A slip of the pen in such a file moves every deadline of a year, so it is
// held against all that is known of how holidays are announced: each day is a
// holiday once, a make-up day is a Saturday or Sunday outside of all holidays
// and near its own, and no year lacks a festival that every year has.
std::vector<errors::FieldViolation> CheckCalendar(
    const config::v1::Calendar& calendar);

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_CHECK_CALENDAR_H_
