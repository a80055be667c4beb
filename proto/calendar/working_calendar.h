// SPDX-License-Identifier: Apache-2.0
// Working days, counted. Hub and wayctl count alike because they count here.
#ifndef WAYSTATION_PROTO_CALENDAR_WORKING_CALENDAR_H_
#define WAYSTATION_PROTO_CALENDAR_WORKING_CALENDAR_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/codes/date.h"

namespace waystation::config::v1 {
class Calendar;
}  // namespace waystation::config::v1

namespace waystation::calendar {

// The days of a calendar file. A day of a year that the file does not cover is
// neither: whatever depends on one is CALENDAR_YEAR_MISSING, whose metadata
// name `calendar` and `year`. Dates that are given must exist. Each question
// takes constant time. Immutable, thread-safe.
class WorkingCalendar {
 public:
  // Precondition: CheckCalendar finds nothing.
  explicit WorkingCalendar(const config::v1::Calendar& file);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }

  bool Covers(int year) const;
  // First and last years that are covered in a row, rising.
  std::vector<std::pair<int, int>> Covered() const;

  absl::StatusOr<bool> IsWorkingDay(codes::Date day) const;

  // The `count`-th working day after `day`, which is not counted and need not
  // be covered. Precondition: count >= 1.
  absl::StatusOr<codes::Date> After(codes::Date day, int count) const;

  // The `count`-th working day before `day`, likewise.
  absl::StatusOr<codes::Date> Before(codes::Date day, int count) const;

  // `day` if it is a working day, or the next one.
  absl::StatusOr<codes::Date> OnOrAfter(codes::Date day) const;

  // How many working days there are after `since` up to and with `until`; 0 if
  // `until` is not later. After(since, n) gives n.
  absl::StatusOr<int> CountBetween(codes::Date since, codes::Date until) const;

 private:
  // Covered years in a row.
  struct Run {
    std::chrono::sys_days first;
    std::chrono::sys_days last;
    std::vector<std::chrono::sys_days> working;
    // Of each day, how many working days of the run lie before it; one more at
    // the end.
    std::vector<int> before = {};

    std::size_t RankOf(std::chrono::sys_days day) const {
      return static_cast<std::size_t>(
          before[static_cast<std::size_t>((day - first).count())]);
    }
  };

  // nullptr where the day is not covered.
  const Run* RunOf(std::chrono::sys_days day) const;
  absl::Status Missing(std::chrono::year year) const;
  absl::Status MissingOf(std::chrono::sys_days day) const;

  std::string id_;
  std::string version_;
  std::vector<Run> runs_;  // rising
};

// Those of several files, found by the ids that deadlines name.
class Calendars {
 public:
  Calendars() = default;
  // Precondition: no two have one id.
  explicit Calendars(std::vector<WorkingCalendar> calendars)
      : calendars_(std::move(calendars)) {}

  // nullptr for one that is not there. Stands as long as this does.
  const WorkingCalendar* Find(std::string_view id) const;
  const std::vector<WorkingCalendar>& all() const { return calendars_; }

 private:
  std::vector<WorkingCalendar> calendars_;
};

}  // namespace waystation::calendar

#endif  // WAYSTATION_PROTO_CALENDAR_WORKING_CALENDAR_H_
