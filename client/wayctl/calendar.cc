// SPDX-License-Identifier: Apache-2.0
// wayctl calendar: working days and deadlines, counted as the hub counts them.
// It reads files alone and calls nobody.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/calendar_files.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/calendar/deadline.h"
#include "proto/calendar/working_calendar.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/calendar_report.pb.h"

namespace waystation::wayctl {
namespace {

using calendar::Calendars;
using calendar::WorkingCalendar;
using report::v1::CalendarDue;
using report::v1::CalendarHolidays;
using report::v1::CalendarReport;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

// Of which a table is still read: two years.
constexpr int kMostStarts = 732;

Cell Count(int number) { return Number(static_cast<std::uint64_t>(number)); }

// "Monday", and "1" to "7" for scripts, as ISO 8601 counts them.
Cell WeekdayCell(codes::Date day) {
  const unsigned number = std::chrono::weekday{sys_days{day}}.iso_encoding();
  const std::string names[] = {
      Say("Monday"), Say("Tuesday"),  Say("Wednesday"), Say("Thursday"),
      Say("Friday"), Say("Saturday"), Say("Sunday")};
  return {names[number - 1], std::to_string(number)};
}

Cell DatesCell(const google::protobuf::RepeatedPtrField<v1::Date>& dates) {
  std::vector<std::string> texts;
  for (const v1::Date& date : dates) texts.push_back(DateText(date));
  return JoinedCell(texts);
}

// --- check ---

struct Period {
  std::string since;
  std::string until;
};

void AddYears(const config::v1::Calendar& file, const WorkingCalendar& counted,
              CalendarReport& report) {
  int expected = file.years(0).year();
  for (const config::v1::CalendarYear& of_year : file.years()) {
    for (; expected < of_year.year(); ++expected) {
      report.add_years_missing(expected);
    }
    ++expected;
    auto& count = *report.add_years();
    count.set_year(of_year.year());
    *count.mutable_sources() = of_year.sources();
    const year number{of_year.year()};
    const sys_days last = number / std::chrono::December / 31;
    for (sys_days day = number / std::chrono::January / 1; day <= last;
         day += days{1}) {
      const bool works = *counted.IsWorkingDay(codes::Date{day});
      const bool is_weekend = calendar::IsWeekend(day);
      if (works) count.set_working_days(count.working_days() + 1);
      if (works && is_weekend) count.set_make_up_days(count.make_up_days() + 1);
      if (!works && !is_weekend) {
        count.set_weekdays_off(count.weekdays_off() + 1);
      }
    }
  }
}

absl::Status AddPeriod(const Period& asked, const WorkingCalendar& counted,
                       CalendarReport& report) {
  if (asked.since.empty() && asked.until.empty()) return absl::OkStatus();
  if (asked.since.empty() || asked.until.empty()) {
    return errors::Error("USAGE",
                         {.field = asked.since.empty() ? "--from" : "--to",
                          .rule = "a period has a first and a last "
                                  "day"});
  }
  const auto since = DayOption("--from", asked.since);
  if (!since.ok()) return since.status();
  const auto until = DayOption("--to", asked.until);
  if (!until.ok()) return until.status();
  if (*until < *since) {
    return errors::Error(
        "USAGE", {.field = "--to", .rule = "must not be before --from"});
  }
  // The first day counts, too.
  const auto working =
      counted.CountBetween(codes::Date{sys_days{*since} - days{1}}, *until);
  if (!working.ok()) return working.status();
  auto& period = *report.mutable_period();
  calendar::SetDate(*since, period.mutable_since());
  calendar::SetDate(*until, period.mutable_until());
  period.set_days(
      static_cast<int>((sys_days{*until} - sys_days{*since}).count()) + 1);
  period.set_working_days(*working);
  return absl::OkStatus();
}

Sheet ReportSheet(const CalendarReport& report) {
  Table years{.columns = {{"year", Say("YEAR"), true},
                          {"working_days", Say("WORKING DAYS"), true},
                          {"weekdays_off", Say("WEEKDAYS OFF"), true},
                          {"make_up_days", Say("MAKE-UP DAYS"), true},
                          {"sources", Say("ANNOUNCED BY"), false, true}}};
  for (const auto& count : report.years()) {
    years.rows.push_back({Count(count.year()), Count(count.working_days()),
                          Count(count.weekdays_off()),
                          Count(count.make_up_days()),
                          JoinedCell(count.sources())});
  }
  Sheet sheet{.facts = {{"calendar", Say("Calendar"), report.calendar()},
                        {"version", Say("Version"), report.version()}},
              .sections = {{Say("Years"), std::move(years)}}};
  if (report.has_period()) {
    const auto& period = report.period();
    sheet.facts.push_back({"since", Say("From"), DateCell(period.since())});
    sheet.facts.push_back({"until", Say("Until"), DateCell(period.until())});
    sheet.facts.push_back({"days", Say("Days"), Count(period.days())});
    sheet.facts.push_back(
        {"working_days", Say("Working days"), Count(period.working_days())});
  }
  return sheet;
}

absl::Status Check(Session& session, const std::string& file,
                   const Period& asked) {
  const auto read = ReadCalendar(session, file);
  if (!read.ok()) return read.status();
  const WorkingCalendar counted(*read);
  CalendarReport report;
  report.set_calendar(read->id());
  report.set_version(read->version());
  AddYears(*read, counted, report);
  const absl::Status added = AddPeriod(asked, counted, report);
  if (!added.ok()) return added;
  session.out().Show(report, ReportSheet(report));
  if (!report.years_missing().empty()) {
    std::vector<std::string> missing;
    for (const int of : report.years_missing()) {
      missing.push_back(std::to_string(of));
    }
    session.out().Warn(Say("Between its years it does not cover: $0",
                           Joined(missing, Say(", "))));
    session.Found();
  }
  return absl::OkStatus();
}

// --- show ---

const config::v1::Festival& FestivalOf(const config::v1::Calendar& file,
                                       const std::string& id) {
  for (const config::v1::Festival& festival : file.festivals()) {
    if (festival.id() == id) return festival;
  }
  return config::v1::Festival::default_instance();
}

Cell FestivalsCell(const report::v1::CalendarHoliday& holiday) {
  std::vector<std::string> names, ids;
  for (const config::v1::Festival& festival : holiday.festivals()) {
    names.push_back(IsChinese() ? festival.name_zh() : festival.name_en());
    ids.push_back(festival.id());
  }
  return {Joined(names, Say(", ")), Joined(ids)};
}

absl::Status Show(Session& session, const std::string& file, int of_year) {
  const auto read = ReadCalendar(session, file);
  if (!read.ok()) return read.status();
  if (of_year != 0 && !WorkingCalendar(*read).Covers(of_year)) {
    return errors::Error(
        "USAGE", {.field = "--year",
                  .rule = "calendar " + read->id() + " does not cover " +
                          std::to_string(of_year)});
  }
  CalendarHolidays shown;
  shown.set_calendar(read->id());
  shown.set_version(read->version());
  Table rows{.columns = {{"year", Say("YEAR"), true},
                         {"festivals", Say("HOLIDAY"), false, true},
                         {"since", Say("FROM")},
                         {"until", Say("UNTIL")},
                         {"days", Say("DAYS"), true},
                         {"make_up", Say("MAKE-UP DAYS")}}};
  for (const config::v1::CalendarYear& one : read->years()) {
    if (of_year != 0 && one.year() != of_year) continue;
    for (const config::v1::Holiday& holiday : one.holidays()) {
      auto& row = *shown.add_holidays();
      row.set_year(one.year());
      for (const std::string& id : holiday.festivals()) {
        *row.add_festivals() = FestivalOf(*read, id);
      }
      *row.mutable_since() = holiday.since();
      *row.mutable_until() = calendar::LastOf(holiday);
      row.set_days(static_cast<int>((sys_days{calendar::ToDate(row.until())} -
                                     sys_days{calendar::ToDate(row.since())})
                                        .count()) +
                   1);
      *row.mutable_make_up() = holiday.make_up();
      rows.rows.push_back({Count(row.year()), FestivalsCell(row),
                           DateCell(row.since()), DateCell(row.until()),
                           Count(row.days()), DatesCell(row.make_up())});
    }
  }
  session.out().Show(shown, {.sections = {{Say("Holidays"), std::move(rows)}}});
  return absl::OkStatus();
}

// --- deadlines ---

// "15 working days", and "15 working_day" for scripts.
Cell LengthCell(const config::v1::Deadline& deadline) {
  const bool working = deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY;
  return {working ? Say("$0 working days", deadline.count())
                  : Say("$0 calendar days", deadline.count()),
          std::to_string(deadline.count()) +
              (working ? " working_day" : " calendar_day")};
}

absl::Status ShowDeadlines(Session& session, const std::string& file) {
  const auto read = ReadDeadlines(session, file, nullptr);
  if (!read.ok()) return read.status();
  const bool chinese = IsChinese();
  Table rows{.columns = {{"id", Say("DEADLINE")},
                         {"name", Say("NAME"), false, true},
                         {"kinds", Say("OF NOTICES"), false, true},
                         {"urgency", Say("URGENCY")},
                         {"act", Say("ACT")},
                         {"length", Say("WITHIN")},
                         {"start", Say("COUNTED FROM")},
                         {"on_expiry", Say("WHEN LATE")},
                         {"source", Say("SOURCE"), false, true}}};
  for (const config::v1::DeadlineProfile& profile : read->profiles()) {
    const config::v1::Deadline& deadline = profile.deadline();
    rows.rows.push_back(
        {profile.id(), chinese ? profile.name_zh() : profile.name_en(),
         profile.kinds().empty() ? Cell(Say("all"), "")
                                 : JoinedCell(profile.kinds()),
         EnumOf(profile.urgency()), EnumOf(profile.act()), LengthCell(deadline),
         EnumOf(deadline.start()), EnumOf(deadline.on_expiry()),
         chinese ? profile.source_zh() : profile.source_en()});
  }
  session.out().Show(*read,
                     {.facts = {{"version", Say("Version"), read->version()}},
                      .sections = {{Say("Deadlines"), std::move(rows)}}});
  return absl::OkStatus();
}

// --- due ---

struct DueOptions {
  std::vector<std::string> calendars;
  std::string start;
  std::string last_start;
  int count = 0;
  std::string unit;  // working or calendar; working if it is not given
  std::string deadlines;
  std::string profile;
};

absl::StatusOr<Calendars> ReadCalendars(Session& session,
                                        const std::vector<std::string>& files) {
  std::vector<WorkingCalendar> all;
  for (const std::string& file : files) {
    const auto read = ReadCalendar(session, file);
    if (!read.ok()) return read.status();
    for (const WorkingCalendar& other : all) {
      if (other.id() == read->id()) {
        return errors::Error(
            "USAGE", {.field = "--calendar", .rule = "two files have one id"});
      }
    }
    all.emplace_back(*read);
  }
  return Calendars(std::move(all));
}

// What is asked for: a profile of a file, or so many days.
absl::StatusOr<config::v1::Deadline> DeadlineOf(Session& session,
                                                const DueOptions& options,
                                                const Calendars& calendars) {
  if (!options.deadlines.empty()) {
    if (!options.unit.empty()) {
      return errors::Error(
          "USAGE", {.field = "--unit", .rule = "stands in the deadlines file"});
    }
    const auto read = ReadDeadlines(session, options.deadlines, nullptr);
    if (!read.ok()) return read.status();
    for (const config::v1::DeadlineProfile& profile : read->profiles()) {
      if (profile.id() == options.profile) return profile.deadline();
    }
    return errors::Error("USAGE", {.field = "--profile",
                                   .rule = "the file has no such deadline"});
  }
  if (options.count == 0) {
    return errors::Error("USAGE", {.field = "--count", .rule = "must be set"});
  }
  const bool working = options.unit != "calendar";
  config::v1::Deadline deadline;
  deadline.set_unit(working ? config::v1::DEADLINE_UNIT_WORKING_DAY
                            : config::v1::DEADLINE_UNIT_CALENDAR_DAY);
  deadline.set_count(options.count);
  if (working) {
    if (calendars.all().size() != 1) {
      return errors::Error("USAGE", {.field = "--calendar",
                                     .rule = "working days need a calendar"});
    }
    deadline.set_calendar(calendars.all().front().id());
  }
  return deadline;
}

absl::Status AddDue(codes::Date start, const Calendars& calendars,
                    CalendarDue& shown) {
  const auto due = calendar::DueOfDay(shown.deadline(), calendars, start);
  if (!due.ok()) return due.status();
  auto& day = *shown.add_days();
  calendar::SetDate(start, day.mutable_start());
  calendar::SetDate(due->last_day, day.mutable_last_day());
  day.mutable_due_time()->set_seconds(due->until / 1'000'000);
  for (const std::int64_t reminder : due->reminders) {
    calendar::SetDate(calendar::DayOf(reminder), day.add_reminders());
  }
  return absl::OkStatus();
}

Sheet DueSheet(const CalendarDue& shown) {
  Table rows{.columns = {{"start", Say("EVENT")},
                         {"start_weekday", Say("WEEKDAY")},
                         {"last_day", Say("LAST DAY")},
                         {"last_weekday", Say("WEEKDAY")}}};
  const bool reminds = !shown.deadline().reminders().empty();
  if (reminds) {
    rows.columns.push_back({"reminders", Say("REMINDERS"), false, true});
  }
  for (const auto& day : shown.days()) {
    rows.rows.push_back({DateCell(day.start()),
                         WeekdayCell(calendar::ToDate(day.start())),
                         DateCell(day.last_day()),
                         WeekdayCell(calendar::ToDate(day.last_day()))});
    if (reminds) rows.rows.back().push_back(DatesCell(day.reminders()));
  }
  Sheet sheet{
      .facts = {{"deadline", Say("Deadline"), LengthCell(shown.deadline())}},
      .sections = {{Say("Due"), std::move(rows)}}};
  if (!shown.calendar_version().empty()) {
    sheet.facts.push_back(
        {"calendar", Say("Calendar"),
         shown.deadline().calendar() + " " + shown.calendar_version()});
  }
  return sheet;
}

absl::Status Due(Session& session, const DueOptions& options) {
  const auto calendars = ReadCalendars(session, options.calendars);
  if (!calendars.ok()) return calendars.status();
  auto deadline = DeadlineOf(session, options, *calendars);
  if (!deadline.ok()) return deadline.status();
  CalendarDue shown;
  *shown.mutable_deadline() = *std::move(deadline);
  const WorkingCalendar* const counted =
      calendars->Find(shown.deadline().calendar());
  if (counted != nullptr) shown.set_calendar_version(counted->version());

  codes::Date first =
      calendar::DayOf(absl::ToUnixMicros(session.surroundings().now()));
  if (!options.start.empty()) {
    const auto given = DayOption("--start", options.start);
    if (!given.ok()) return given.status();
    first = *given;
  }
  codes::Date last = first;
  if (!options.last_start.empty()) {
    const auto given = DayOption("--to", options.last_start);
    if (!given.ok()) return given.status();
    last = *given;
  }
  if (last < first || sys_days{last} - sys_days{first} >= days{kMostStarts}) {
    return errors::Error(
        "USAGE", {.field = "--to", .rule = "up to two years from --start"});
  }
  for (sys_days day{first}; day <= sys_days{last}; day += days{1}) {
    const absl::Status added = AddDue(codes::Date{day}, *calendars, shown);
    if (!added.ok()) return added;
  }
  session.out().Show(shown, DueSheet(shown));
  session.out().Note(Say(
      "The day of the event is not counted. The last day counts to its end, "
      "midnight in Asia/Shanghai."));
  return absl::OkStatus();
}

}  // namespace

void AddCalendar(Commands& commands) {
  CLI::App& noun =
      commands.Noun("calendar", Say("Working days and deadlines, from files"));

  struct CheckOptions {
    std::string file;
    Period period;
  };
  const auto check = std::make_shared<CheckOptions>();
  CLI::App& check_verb = commands.Verb(
      noun, "check",
      Say("Whether a calendar file is whole, and what it covers"),
      "wayctl calendar check cn.yaml\n"
      "  wayctl calendar check cn.yaml --from 2025-10-01 --to 2025-10-31",
      Needs::kNothing, [check](Session& session) {
        return Check(session, check->file, check->period);
      });
  check_verb.add_option("FILE", check->file, Say("YAML; - is standard input"))
      ->required();
  check_verb.add_option("--from", check->period.since,
                        Say("Count the working days from this day"));
  check_verb.add_option("--to", check->period.until,
                        Say("Up to and with this one"));

  struct ShowOptions {
    std::string file;
    int of_year = 0;
  };
  const auto show = std::make_shared<ShowOptions>();
  CLI::App& show_verb =
      commands.Verb(noun, "show",
                    Say("The holidays of a calendar file, to hold against what "
                        "was announced"),
                    "wayctl calendar show cn.yaml --year 2026", Needs::kNothing,
                    [show](Session& session) {
                      return Show(session, show->file, show->of_year);
                    });
  show_verb.add_option("FILE", show->file, Say("YAML; - is standard input"))
      ->required();
  show_verb.add_option("--year", show->of_year, Say("Of this year alone"));

  const auto file = std::make_shared<std::string>();
  CLI::App& deadlines_verb = commands.Verb(
      noun, "deadlines", Say("Check a deadlines file, and list what it says"),
      "wayctl calendar deadlines default.yaml", Needs::kNothing,
      [file](Session& session) { return ShowDeadlines(session, *file); });
  deadlines_verb.add_option("FILE", *file, Say("YAML; - is standard input"))
      ->required();

  const auto due = std::make_shared<DueOptions>();
  CLI::App& due_verb = commands.Verb(
      noun, "due", Say("The last day of a deadline, as the hub counts it"),
      "wayctl calendar due --calendar cn.yaml --start 2025-09-26 --count 15\n"
      "  wayctl calendar due --calendar cn.yaml --deadlines default.yaml "
      "--profile verification_answer",
      Needs::kNothing, [due](Session& session) { return Due(session, *due); });
  AddRepeated(due_verb, "--calendar", due->calendars,
              Say("A calendar file, for working days"));
  due_verb.add_option("--start", due->start,
                      Say("The day of the event; today if it is not given"));
  due_verb.add_option("--to", due->last_start,
                      Say("For each day of an event up to this one"));
  CLI::Option* const count =
      due_verb.add_option("--count", due->count, Say("So many days"))
          ->check(CLI::Range(1, 3660));
  due_verb
      .add_option("--unit", due->unit,
                  Say("working or calendar days; working if it is not given"))
      ->check(CLI::IsMember({"working", "calendar"}));
  CLI::Option* const deadlines =
      due_verb.add_option("--deadlines", due->deadlines,
                          Say("A deadlines file, instead of --count"));
  CLI::Option* const profile = due_verb.add_option(
      "--profile", due->profile, Say("Which of its deadlines"));
  profile->needs(deadlines);
  deadlines->needs(profile)->excludes(count);
}

}  // namespace waystation::wayctl
