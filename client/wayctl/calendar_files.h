// SPDX-License-Identifier: Apache-2.0
// Calendar and deadlines files, whole or with the lines that are wrong.
#ifndef CLIENT_WAYCTL_CALENDAR_FILES_H_
#define CLIENT_WAYCTL_CALENDAR_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/wayctl/session.h"
#include "proto/calendar/working_calendar.h"
#include "proto/codes/date.h"
#include "waystation/config/v1/calendar.pb.h"
#include "waystation/config/v1/deadlines.pb.h"

namespace waystation::wayctl {

// "-" is standard input. CALENDAR_INVALID names the lines that are wrong.
absl::StatusOr<config::v1::Calendar> ReadCalendar(Session& session,
                                                  const std::string& file);

// DEADLINES_INVALID likewise. Deadlines may name those calendars alone, or any
// for nullptr.
absl::StatusOr<config::v1::Deadlines> ReadDeadlines(
    Session& session, const std::string& file,
    const calendar::Calendars* calendars);

// The day that an option gives; USAGE for what is none.
absl::StatusOr<codes::Date> DayOption(const std::string& option,
                                      const std::string& text);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_CALENDAR_FILES_H_
