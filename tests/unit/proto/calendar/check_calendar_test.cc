// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/check_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/runtime/yaml.h"
#include "tests/unit/proto/calendar/files.h"

namespace waystation::calendar {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// Two festivals a year, to be spoilt.
constexpr std::string_view kWhole = R"(id: test
name_zh: 试
name_en: Test
version: "1"
time_zone: Asia/Shanghai
festivals:
  - {id: spring, name_zh: 春, name_en: Spring}
  - {id: autumn, name_zh: 秋, name_en: Autumn}
  - {id: parade, name_zh: 阅兵, name_en: Parade, once: true}
years:
  - year: 2024
    sources: [notice 1]
    holidays:
      - {festivals: [spring], since: 2024-02-10, until: 2024-02-17, make_up: [2024-02-04, 2024-02-18]}
      - {festivals: [autumn], since: 2024-10-01, until: 2024-10-07}
  - year: 2025
    sources: [notice 2]
    holidays:
      - {festivals: [parade], since: 2025-09-03}
      - {festivals: [spring], since: 2025-01-28, until: 2025-02-04}
      - {festivals: [autumn], since: 2025-10-01}
)";

// "line: path: rule" of each.
std::vector<std::string> Complaints(const std::string& text) {
  config::v1::Calendar calendar;
  const auto places = runtime::ReadYaml(text, "f", calendar);
  EXPECT_TRUE(places.ok()) << places.status();
  std::vector<std::string> complaints;
  for (const auto& [field, rule] : CheckCalendar(calendar)) {
    const std::string place = places->Of(field);
    complaints.push_back(place.substr(0, place.rfind(':')) + " " + field +
                         ": " + rule);
  }
  return complaints;
}

TEST(CheckCalendar, TakesWhatIsWhole) {
  EXPECT_THAT(Complaints(std::string(kWhole)), IsEmpty());
}

TEST(CheckCalendar, NamesTheLineOfEachSlip) {
  const struct {
    std::string_view name;
    std::string_view given;
    std::string_view instead;
    std::vector<std::string> want;
  } cases[] = {
      {"a name that is none",
       "id: test",
       "id: Test Calendar",
       {"f:1 id: 1 to 32 lower-case letters, digits, dots, dashes and "
        "underscores"}},
      {"another time zone",
       "Asia/Shanghai",
       "Europe/London",
       {"f:5 time_zone: must be Asia/Shanghai"}},
      {"no version", "version: \"1\"\n", "", {"f version: 1 to 64 bytes"}},
      {"a festival twice",
       "id: autumn,",
       "id: spring,",
       {"f:8 festivals[1].id: stands twice",
        "f:15 years[0].holidays[1].festivals[0]: no festival of this calendar",
        "f:21 years[1].holidays[2].festivals[0]: no festival of this "
        "calendar"}},
      {"a make-up day on a working day",
       "2024-02-18]",
       "2024-02-19]",
       {"f:14 years[0].holidays[0].make_up[1]: 2024-02-19 is a working day "
        "anyhow: a make-up day is a Saturday or Sunday"}},
      {"a make-up day in its holiday",
       "2024-02-18]",
       "2024-02-17]",
       {"f:14 years[0].holidays[0].make_up[1]: 2024-02-17 is in a holiday"}},
      {"a make-up day in another one, further down",
       "2024-02-04,",
       "2024-10-05,",
       {"f:14 years[0].holidays[0].make_up[0]: more than 31 days from its "
        "holiday",
        "f:14 years[0].holidays[0].make_up[0]: 2024-10-05 is in a holiday"}},
      {"a make-up day twice",
       "2024-02-18]",
       "2024-02-04]",
       {"f:14 years[0].holidays[0].make_up[1]: 2024-02-04 is a make-up day "
        "twice"}},
      {"a make-up day of another month",
       "2024-02-18]",
       "2024-03-31]",
       {"f:14 years[0].holidays[0].make_up[1]: more than 31 days from its "
        "holiday"}},
      {"a make-up day of another year",
       "2024-02-18]",
       "2025-02-16]",
       {"f:14 years[0].holidays[0].make_up[1]: not in 2024 or the December "
        "before"}},
      {"a day in two holidays",
       "[autumn], since: 2024-10-01, until: "
       "2024-10-07",
       "[autumn], since: 2024-02-17",
       {"f:15 years[0].holidays[1].since: 2024-02-17 is in two holidays"}},
      {"a holiday twice",
       "[autumn], since: 2024-10-01",
       "[autumn, spring], since: 2024-10-01",
       {"f:15 years[0].holidays[1].festivals[1]: stands twice in this year"}},
      {"half a year",
       "      - {festivals: [autumn], since: 2025-10-01}\n",
       "",
       {"f:18 years[1].holidays: half a year: autumn is missing"}},
      {"a year twice",
       "year: 2025",
       "year: 2024",
       {"f:16 years[1].year: years must rise",
        "f:19 years[1].holidays[0].since: not in 2024 or the December before",
        "f:20 years[1].holidays[1].since: not in 2024 or the December before",
        "f:20 years[1].holidays[1].until: not in 2024 or the December before",
        "f:21 years[1].holidays[2].since: not in 2024 or the December "
        "before"}},
      {"a year that is none",
       "year: 2024",
       "year: 24",
       {"f:11 years[0].year: a year from 1992 to 2100"}},
      {"no source",
       "    sources: [notice 1]\n",
       "",
       {"f:11 years[0].sources: what was announced must be named"}},
      {"back to front",
       "until: 2024-10-07",
       "until: 2024-09-30",
       {"f:15 years[0].holidays[1].until: must not be before since"}},
      {"a month of holidays",
       "until: 2024-10-07",
       "until: 2024-11-07",
       {"f:15 years[0].holidays[1].until: no holiday is longer than 16 days"}},
      {"a month and no day",
       "since: 2025-10-01",
       "since: 2025-10",
       {"f:21 years[1].holidays[2].since: a day such as 2025-10-01"}},
      {"no first day",
       "since: 2024-10-01, ",
       "",
       {"f:15 years[0].holidays[1].since: a day such as 2025-10-01"}},
      {"nameless",
       "[autumn], since: 2024-10-01",
       "[], since: 2024-10-01",
       {"f:15 years[0].holidays[1].festivals: must be set",
        "f:13 years[0].holidays: half a year: autumn is missing"}},
  };
  for (const auto& [name, given, instead, want] : cases) {
    SCOPED_TRACE(name);
    const std::string text = Spoilt(kWhole, given, instead);
    EXPECT_THAT(Complaints(text), ElementsAreArray(want));
  }
}

TEST(CheckCalendar, TakesTheDecemberBefore) {
  const std::string text =
      Spoilt(kWhole, "since: 2025-01-28, until: 2025-02-04",
             "since: 2024-12-30, until: 2025-01-01, make_up: "
             "[2024-12-29]");
  EXPECT_THAT(Complaints(text), IsEmpty());
}

TEST(CheckCalendar, FindsAnEmptyFile) {
  EXPECT_THAT(Complaints(""), ElementsAreArray(std::vector<std::string>{
                                  "f id: 1 to 32 lower-case letters, digits, "
                                  "dots, dashes and underscores",
                                  "f name_zh: must be set",
                                  "f name_en: must be set",
                                  "f version: 1 to 64 bytes",
                                  "f time_zone: must be Asia/Shanghai",
                                  "f festivals: must be set",
                                  "f years: must be set",
                              }));
}

}  // namespace
}  // namespace waystation::calendar
