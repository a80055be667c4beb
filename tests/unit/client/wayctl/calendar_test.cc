// SPDX-License-Identifier: Apache-2.0
// wayctl calendar, where a file or a question is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/wayctl/harness.h"

namespace waystation::wayctl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Whole() { return testing::ReadFile(Testdata("calendar.yaml")); }

// The file with `given` replaced, which must be there.
std::string Spoilt(std::string text, std::string_view given,
                   std::string_view instead) {
  const std::size_t at = text.find(given);
  EXPECT_NE(at, std::string::npos) << given;
  return text.replace(at, given.size(), instead);
}

std::vector<std::string> DueOf(std::vector<std::string> more) {
  std::vector<std::string> all = {"calendar", "due", "--calendar",
                                  Testdata("calendar.yaml")};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Calendar, NamesTheLinesThatAreWrong) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"calendar", "check", "-"},
                 {.input = Spoilt(Spoilt(Whole(), "2024-02-18]", "2024-02-19]"),
                                  "[national, autumn]", "[national]")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("stdin:15:91 years[0].holidays[0].make_up[1]"),
                    HasSubstr("2024-02-19 is a working day anyhow"),
                    HasSubstr("stdin:20:5 years[1].holidays"),
                    HasSubstr("half a year: autumn is missing"),
                    HasSubstr("calendar cannot be taken")));
}

TEST(Calendar, SaysSoInChinese) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"calendar", "check", "-"},
                 {.input = Spoilt(Whole(), "2024-02-18]", "2024-02-17]"),
                  .language = "zh"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("2024-02-17 在假期之内"),
                                 HasSubstr("日历内容有误，不能采用"),
                                 Not(HasSubstr("is in a holiday"))));
}

TEST(Calendar, NamesWhatIsNoCalendarAtAll) {
  Wayctl wayctl;
  const Outcome typo = wayctl.Run(
      {"calendar", "check", "-"},
      {.input = Spoilt(Whole(), "festivals: [spring]", "festival: [spring]")});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("stdin:15:10"));
  const Outcome missing = wayctl.Run({"calendar", "check", "/nowhere.yaml"});
  EXPECT_EQ(missing.code, 6);
  const Outcome json =
      wayctl.Run({"calendar", "check", "-", "-o", "json"}, {.input = ""});
  EXPECT_EQ(json.code, 2);
  EXPECT_THAT(json.err, HasSubstr("\"reason\": \"CALENDAR_INVALID\""));
}

TEST(Calendar, TellsOfYearsLeftOut) {
  Wayctl wayctl;
  std::string text = Whole();
  text = Spoilt(text, "- year: 2024", "- year: 2022");
  for (const char* day :
       {"2024-02-10", "2024-02-17", "2024-02-04", "2024-02-18", "2024-09-15",
        "2024-09-17", "2024-09-14", "2024-10-01", "2024-10-07", "2024-09-29",
        "2024-10-12"}) {
    std::string other = day;
    other[3] = '2';
    text = Spoilt(text, day, other);
  }
  // Days of the week are those of 2022 now.
  for (const char* day :
       {", make_up: [2022-02-04, 2022-02-18]", ", make_up: [2022-09-14]",
        ", make_up: [2022-09-29, 2022-10-12]"}) {
    text = Spoilt(text, day, "");
  }
  const Outcome outcome =
      wayctl.Run({"calendar", "check", "-"}, {.input = text});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, HasSubstr("2022"));
  EXPECT_THAT(outcome.err, HasSubstr("does not cover: 2023, 2024"));
}

TEST(Calendar, NeverCountsIntoAYearThatIsNotCovered) {
  Wayctl wayctl;
  const Outcome due =
      wayctl.Run(DueOf({"--start", "2025-12-30", "--count", "2"}));
  EXPECT_EQ(due.code, 1);
  EXPECT_THAT(due.out, IsEmpty());
  EXPECT_THAT(due.err, HasSubstr("calendar test does not cover 2026"));
  const Outcome chinese = wayctl.Run(
      DueOf({"--start", "2025-12-30", "--count", "2"}), {.language = "zh"});
  EXPECT_THAT(chinese.err, HasSubstr("日历 test 未包含 2026 年"));
  const Outcome period =
      wayctl.Run({"calendar", "check", Testdata("calendar.yaml"), "--from",
                  "2025-12-01", "--to", "2026-01-01"});
  EXPECT_EQ(period.code, 1);
  EXPECT_THAT(period.err, HasSubstr("calendar test does not cover 2026"));
  const Outcome plain = wayctl.Run({"calendar", "due", "--unit", "calendar",
                                    "--count", "2", "--start", "2025-12-30"});
  EXPECT_EQ(plain.code, 0);
  EXPECT_THAT(plain.out, HasSubstr("2026-01-01  Thursday"));
}

TEST(Calendar, BeginsToday) {
  Wayctl wayctl;
  // By the harness's clock.
  const Outcome outcome = wayctl.Run(
      {"calendar", "due", "--unit", "calendar", "--count", "1", "-o", "csv"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("2026-11-24,"));
}

TEST(Calendar, SaysWhatTheQuestionLacks) {
  Wayctl wayctl;
  const struct {
    std::vector<std::string> arguments;
    std::string_view says;
  } cases[] = {
      {DueOf({}), "--count"},
      {DueOf({"--count", "0"}), "--count"},
      {DueOf({"--count", "1", "--unit", "weeks"}), "--unit"},
      {{"calendar", "due", "--count", "3"}, "working days need a calendar"},
      {DueOf({"--count", "1", "--start", "tomorrow"}), "--start"},
      {DueOf({"--count", "1", "--start", "2025-02-30"}), "--start"},
      {DueOf({"--count", "1", "--start", "2025-02"}), "--start"},
      {DueOf({"--count", "1", "--start", "2025-02-03", "--to", "2025-02-02"}),
       "--to"},
      {DueOf({"--count", "1", "--start", "2020-01-01", "--to", "2025-01-01"}),
       "up to two years"},
      {DueOf({"--calendar", Testdata("calendar.yaml"), "--count", "1"}),
       "two files have one id"},
      {DueOf({"--deadlines", Testdata("deadlines.yaml")}), "--profile"},
      {DueOf({"--deadlines", Testdata("deadlines.yaml"), "--profile", "x"}),
       "no such deadline"},
      {DueOf({"--deadlines", Testdata("deadlines.yaml"), "--profile", "answer",
              "--unit", "working"}),
       "stands in the deadlines file"},
      {DueOf({"--deadlines", Testdata("deadlines.yaml"), "--profile", "answer",
              "--count", "2"}),
       "do not go together"},
      {DueOf({"--profile", "answer"}), "--deadlines"},
      {{"calendar", "check", Testdata("calendar.yaml"), "--from", "2025-01-01"},
       "a first and a last day"},
      {{"calendar", "check", Testdata("calendar.yaml"), "--from", "2025-01-02",
        "--to", "2025-01-01"},
       "must not be before --from"},
      {{"calendar", "show", Testdata("calendar.yaml"), "--year", "2031"},
       "does not cover 2031"},
      {{"calendar", "deadlines", Testdata("calendar.yaml")},
       "deadlines cannot be taken"},
  };
  for (const auto& [arguments, says] : cases) {
    SCOPED_TRACE(says);
    const Outcome outcome = wayctl.Run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(std::string(says)));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Calendar, NeedsTheCalendarOfItsDeadline) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"calendar", "due", "--deadlines", Testdata("deadlines.yaml"),
                  "--profile", "answer"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no calendar of this name"));
}

TEST(Calendar, CompletesItsVerbs) {
  Wayctl wayctl;
  const Outcome verbs = wayctl.Run({"__complete", "calendar", ""});
  EXPECT_THAT(verbs.out, AllOf(HasSubstr("check"), HasSubstr("deadlines"),
                               HasSubstr("due"), HasSubstr("show")));
  const Outcome units =
      wayctl.Run({"__complete", "calendar", "due", "--unit", ""});
  EXPECT_EQ(units.out, "working\ncalendar\n");
}

}  // namespace
}  // namespace waystation::wayctl
