// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/calendar_files.h"

#include <string_view>
#include <vector>

#include "client/wayctl/input_file.h"
#include "proto/calendar/check_calendar.h"
#include "proto/calendar/check_deadlines.h"
#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::wayctl {
namespace {

template <typename Message, typename Check>
absl::StatusOr<Message> Read(Session& session, const std::string& file,
                             std::string_view reason, Check check) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  return ReadChecked<Message>(*text, file == "-" ? "stdin" : file, reason,
                              check);
}

}  // namespace

absl::StatusOr<config::v1::Calendar> ReadCalendar(Session& session,
                                                  const std::string& file) {
  return Read<config::v1::Calendar>(
      session, file, "CALENDAR_INVALID",
      [](const auto& read) { return calendar::CheckCalendar(read); });
}

absl::StatusOr<config::v1::Deadlines> ReadDeadlines(
    Session& session, const std::string& file,
    const calendar::Calendars* calendars) {
  return Read<config::v1::Deadlines>(
      session, file, "DEADLINES_INVALID", [&](const auto& read) {
        return calendar::CheckDeadlines(read, calendars);
      });
}

absl::StatusOr<codes::Date> DayOption(const std::string& option,
                                      const std::string& text) {
  v1::Date date;
  codes::Date day;
  if (!runtime::ReadScalarMessage(text, date)) day = calendar::ToDate(date);
  if (day.ok()) return day;
  return errors::Error("USAGE",
                       {.field = option, .rule = "a day such as 2025-10-01"});
}

}  // namespace waystation::wayctl
