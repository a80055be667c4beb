// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/check_deadlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/calendar/working_calendar.h"
#include "tests/unit/proto/calendar/files.h"

namespace waystation::calendar {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr std::string_view kWhole = R"(version: "1"
profiles:
  - id: answer
    name_zh: 答复
    name_en: Answer
    kinds: [enquiry, question]
    act: answer
    deadline: {unit: working_day, count: 15, start: delivered, calendar: cn, on_expiry: overdue, reminders: [5, 0]}
    source_zh: 某
    source_en: Some
  - id: other
    name_zh: 其他
    name_en: Other
    act: answer
    deadline: {unit: calendar_day, count: 30, start: sent, on_expiry: escalate}
    source_zh: 某
    source_en: Some
)";

std::vector<std::string> Complaints(const std::string& text,
                                    const Calendars* calendars = nullptr) {
  config::v1::Deadlines deadlines;
  const auto places = runtime::ReadYaml(text, "f", deadlines);
  EXPECT_TRUE(places.ok()) << places.status();
  std::vector<std::string> complaints;
  for (const auto& [field, rule] : CheckDeadlines(deadlines, calendars)) {
    const std::string place = places->Of(field);
    complaints.push_back(place.substr(0, place.rfind(':')) + " " + field +
                         ": " + rule);
  }
  return complaints;
}

TEST(CheckDeadlines, NamesTheLineOfEachSlip) {
  EXPECT_THAT(Complaints(std::string(kWhole)), IsEmpty());
  const struct {
    std::string_view name;
    std::string_view given;
    std::string_view instead;
    std::vector<std::string> want;
  } cases[] = {
      {"no version", "version: \"1\"\n", "", {"f version: 1 to 64 bytes"}},
      {"an id twice",
       "id: other",
       "id: answer",
       {"f:11 profiles[1].id: stands twice"}},
      {"a name that is none",
       "id: other",
       "id: Other one",
       {"f:11 profiles[1].id: 1 to 64 lower-case letters, digits and "
        "underscores"}},
      {"nowhere written",
       "    source_en: Some\n  -",
       "  -",
       {"f:3 profiles[0].source_en: must be set"}},
      {"a kind twice",
       "[enquiry, question]",
       "[enquiry, enquiry]",
       {"f:6 profiles[0].kinds[1]: another profile is for the same kind, act "
        "and urgency"}},
      {"two for anything",
       "    kinds: [enquiry, question]\n",
       "",
       {"f:13 profiles[1].act: another profile is for the same kind, act and "
        "urgency"}},
      {"no act",
       "    act: answer\n    deadline: {unit: calendar_day",
       "    deadline: {unit: calendar_day",
       {"f:11 profiles[1].act: must be set"}},
      {"no deadline",
       "    deadline: {unit: calendar_day, count: 30, start: "
       "sent, on_expiry: escalate}\n",
       "",
       {"f:11 profiles[1].deadline: must be set"}},
      {"no unit",
       "unit: calendar_day, ",
       "",
       {"f:15 profiles[1].deadline.unit: must be set"}},
      {"no time at all",
       "count: 30",
       "count: 0",
       {"f:15 profiles[1].deadline.count: 1 to 3660 days"}},
      {"no start",
       "start: sent, ",
       "",
       {"f:15 profiles[1].deadline.start: must be set"}},
      {"no end",
       ", on_expiry: escalate",
       "",
       {"f:15 profiles[1].deadline.on_expiry: must be set"}},
      {"working days of no calendar",
       "calendar: cn, ",
       "",
       {"f:8 profiles[0].deadline.calendar: working days need a calendar"}},
      {"a calendar that is none",
       "calendar: cn,",
       "calendar: C N,",
       {"f:8 profiles[0].deadline.calendar: there is no such calendar"}},
      {"a last day off of no calendar",
       "start: sent",
       "start: sent, on_day_off: next_working_day",
       {"f:15 profiles[1].deadline.calendar: working days need a calendar"}},
      {"a working day off",
       "start: delivered",
       "start: delivered, on_day_off: next_working_day",
       {"f:8 profiles[0].deadline.on_day_off: is for calendar days: a working "
        "day is never off"}},
      {"a reminder before the event",
       "[5, 0]",
       "[15, 0]",
       {"f:8 profiles[0].deadline.reminders[0]: 0 to one day less than the "
        "deadline has"}},
      {"a reminder afterwards",
       "[5, 0]",
       "[5, -1]",
       {"f:8 profiles[0].deadline.reminders[1]: 0 to one day less than the "
        "deadline has"}},
      {"reminders out of order",
       "[5, 0]",
       "[0, 5]",
       {"f:8 profiles[0].deadline.reminders[1]: reminders must fall: the "
        "earliest comes first"}},
  };
  for (const auto& [name, given, instead, want] : cases) {
    SCOPED_TRACE(name);
    const std::string text = Spoilt(kWhole, given, instead);
    EXPECT_THAT(Complaints(text), ElementsAreArray(want));
  }
}

TEST(CheckDeadlines, KnowsWhichCalendarsThereAre) {
  std::vector<WorkingCalendar> all;
  all.emplace_back(ShippedCalendar());
  const Calendars cn(std::move(all));
  const Calendars none;
  EXPECT_THAT(Complaints(std::string(kWhole), &cn), IsEmpty());
  EXPECT_THAT(Complaints(std::string(kWhole), &none),
              ElementsAreArray(std::vector<std::string>{
                  "f:8 profiles[0].deadline.calendar: there is no such "
                  "calendar"}));
}

}  // namespace
}  // namespace waystation::calendar
