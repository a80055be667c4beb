// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/working_calendar.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "waystation/config/v1/calendar.pb.h"

namespace waystation::calendar {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::years;

sys_days FirstOf(year of) { return of / std::chrono::January / 1; }
sys_days LastDayOf(year of) { return of / std::chrono::December / 31; }

year YearOf(sys_days day) { return year_month_day{day}.year(); }

}  // namespace

WorkingCalendar::WorkingCalendar(const config::v1::Calendar& file)
    : id_(file.id()), version_(file.version()) {
  std::set<sys_days> off;
  std::set<sys_days> make_up;
  for (const config::v1::CalendarYear& of_year : file.years()) {
    for (const config::v1::Holiday& holiday : of_year.holidays()) {
      const sys_days last = ToDate(LastOf(holiday));
      for (sys_days day = ToDate(holiday.since()); day <= last;
           day += days{1}) {
        off.insert(day);
      }
      for (const auto& day : holiday.make_up()) make_up.insert(ToDate(day));
    }
    const year number{of_year.year()};
    if (runs_.empty() || YearOf(runs_.back().last) + years{1} != number) {
      runs_.push_back(
          {.first = FirstOf(number), .last = LastDayOf(number), .working = {}});
    }
    runs_.back().last = LastDayOf(number);
  }
  for (Run& run : runs_) {
    for (sys_days day = run.first; day <= run.last; day += days{1}) {
      run.before.push_back(static_cast<int>(run.working.size()));
      const bool works =
          make_up.contains(day) || (!IsWeekend(day) && !off.contains(day));
      if (works) run.working.push_back(day);
    }
    run.before.push_back(static_cast<int>(run.working.size()));
  }
}

bool WorkingCalendar::Covers(int of) const {
  return RunOf(FirstOf(year{of})) != nullptr;
}

std::vector<std::pair<int, int>> WorkingCalendar::Covered() const {
  std::vector<std::pair<int, int>> covered;
  for (const Run& run : runs_) {
    covered.emplace_back(static_cast<int>(YearOf(run.first)),
                         static_cast<int>(YearOf(run.last)));
  }
  return covered;
}

absl::StatusOr<bool> WorkingCalendar::IsWorkingDay(codes::Date day) const {
  const sys_days asked{day};
  const Run* const run = RunOf(asked);
  if (run == nullptr) return MissingOf(asked);
  return run->RankOf(asked + days{1}) > run->RankOf(asked);
}

absl::StatusOr<codes::Date> WorkingCalendar::After(codes::Date day,
                                                   int count) const {
  const sys_days next = sys_days{day} + days{1};
  const Run* const run = RunOf(next);
  if (run == nullptr) return MissingOf(next);
  const std::size_t at =
      run->RankOf(next) + static_cast<std::size_t>(count) - 1;
  if (at >= run->working.size()) return Missing(YearOf(run->last) + years{1});
  return codes::Date{run->working[at]};
}

absl::StatusOr<codes::Date> WorkingCalendar::Before(codes::Date day,
                                                    int count) const {
  const sys_days asked{day};
  const Run* const run = RunOf(asked - days{1});
  if (run == nullptr) return MissingOf(asked - days{1});
  const std::size_t rank = run->RankOf(asked);
  if (rank < static_cast<std::size_t>(count)) {
    return Missing(YearOf(run->first) - years{1});
  }
  return codes::Date{run->working[rank - static_cast<std::size_t>(count)]};
}

absl::StatusOr<codes::Date> WorkingCalendar::OnOrAfter(codes::Date day) const {
  const sys_days asked{day};
  // The day itself decides, so its own year is the one that is wanted.
  if (RunOf(asked) == nullptr) return MissingOf(asked);
  return After(codes::Date{asked - days{1}}, 1);
}

absl::StatusOr<int> WorkingCalendar::CountBetween(codes::Date since,
                                                  codes::Date until) const {
  const sys_days first = sys_days{since} + days{1};
  const sys_days last{until};
  if (last < first) return 0;
  const Run* const run = RunOf(first);
  if (run == nullptr) return MissingOf(first);
  if (last > run->last) return Missing(YearOf(run->last) + years{1});
  return static_cast<int>(run->RankOf(last + days{1}) - run->RankOf(first));
}

const WorkingCalendar::Run* WorkingCalendar::RunOf(sys_days day) const {
  for (const Run& run : runs_) {
    if (run.first <= day && day <= run.last) return &run;
  }
  return nullptr;
}

absl::Status WorkingCalendar::MissingOf(sys_days day) const {
  return Missing(YearOf(day));
}

absl::Status WorkingCalendar::Missing(year of) const {
  const std::string number = std::to_string(static_cast<int>(of));
  return errors::Error("CALENDAR_YEAR_MISSING",
                       {.rule = "calendar " + id_ + " does not cover " + number,
                        .metadata = {{"calendar", id_}, {"year", number}}});
}

const WorkingCalendar* Calendars::Find(std::string_view id) const {
  const auto found =
      std::find_if(calendars_.begin(), calendars_.end(),
                   [&](const WorkingCalendar& one) { return one.id() == id; });
  return found == calendars_.end() ? nullptr : &*found;
}

}  // namespace waystation::calendar
