// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/check_calendar.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "waystation/config/v1/calendar.pb.h"

namespace waystation::calendar {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::size_t kLongestId = 32;
constexpr std::size_t kLongestVersion = 64;
constexpr int kLastYear = 2100;
// The longest so far was of ten, in the spring of 2020.
constexpr days kLongestHoliday{16};
// The farthest so far was of two weeks.
constexpr days kFarthestMakeUp{31};

std::string At(const std::string& list, int index) {
  return list + "[" + std::to_string(index) + "]";
}

class Checker {
 public:
  explicit Checker(const config::v1::Calendar& calendar)
      : calendar_(calendar) {}

  std::vector<errors::FieldViolation> Check() {
    Need(IsCalendarId(calendar_.id()), "id",
         "1 to 32 lower-case letters, digits, dots, dashes and underscores");
    Need(!calendar_.name_zh().empty(), "name_zh", "must be set");
    Need(!calendar_.name_en().empty(), "name_en", "must be set");
    Need(!calendar_.version().empty() &&
             calendar_.version().size() <= kLongestVersion,
         "version", "1 to 64 bytes");
    Need(calendar_.time_zone() == "Asia/Shanghai", "time_zone",
         "must be Asia/Shanghai");
    Need(calendar_.festivals_size() > 0, "festivals", "must be set");
    for (int i = 0; i < calendar_.festivals_size(); ++i) {
      CheckFestival(calendar_.festivals(i), At("festivals", i));
    }
    Need(calendar_.years_size() > 0, "years", "must be set");
    for (int i = 0; i < calendar_.years_size(); ++i) {
      CheckYear(i, At("years", i));
    }
    // A make-up day may stand in a file before the holiday that it lies in.
    for (const auto& [day, path] : make_up_) {
      if (off_.contains(day)) {
        Add(path, TextOf(codes::Date{day}) + " is in a holiday");
      }
    }
    return std::move(violations_);
  }

 private:
  struct Span {
    sys_days first;
    sys_days last;
  };

  void Add(std::string path, std::string rule) {
    violations_.push_back({.field = std::move(path), .rule = std::move(rule)});
  }
  void Need(bool holds, const std::string& path, const char* rule) {
    if (!holds) Add(path, rule);
  }

  void CheckFestival(const config::v1::Festival& festival,
                     const std::string& path) {
    Need(IsCalendarId(festival.id()), path + ".id",
         "1 to 32 lower-case letters, digits, dots, dashes and underscores");
    Need(!festival.name_zh().empty(), path + ".name_zh", "must be set");
    Need(!festival.name_en().empty(), path + ".name_en", "must be set");
    Need(festivals_.emplace(festival.id(), &festival).second, path + ".id",
         "stands twice");
  }

  void CheckYear(int index, const std::string& path) {
    const config::v1::CalendarYear& year = calendar_.years(index);
    const bool is_year = year.year() >= kFirstYear && year.year() <= kLastYear;
    Need(is_year, path + ".year", "a year from 1992 to 2100");
    if (index > 0) {
      Need(year.year() > calendar_.years(index - 1).year(), path + ".year",
           "years must rise");
    }
    Need(year.sources_size() > 0, path + ".sources",
         "what was announced must be named");
    if (!is_year) return;
    std::set<std::string> had;
    for (int i = 0; i < year.holidays_size(); ++i) {
      CheckHoliday(year.holidays(i), year.year(), At(path + ".holidays", i),
                   had);
    }
    for (const auto& [id, festival] : festivals_) {
      if (!festival->once() && !had.contains(id)) {
        Add(path + ".holidays", "half a year: " + id + " is missing");
      }
    }
  }

  void CheckHoliday(const config::v1::Holiday& holiday, int year,
                    const std::string& path, std::set<std::string>& had) {
    Need(holiday.festivals_size() > 0, path + ".festivals", "must be set");
    for (int i = 0; i < holiday.festivals_size(); ++i) {
      const std::string& id = holiday.festivals(i);
      const std::string place = At(path + ".festivals", i);
      if (!festivals_.contains(id)) {
        Add(place, "no festival of this calendar");
      } else {
        Need(had.insert(id).second, place, "stands twice in this year");
      }
    }
    const auto first = DayIn(holiday.since(), year, path + ".since");
    // Where it is not given, it is the first day again, which was looked at.
    const auto last = holiday.has_until()
                          ? DayIn(holiday.until(), year, path + ".until")
                          : first;
    if (!first.has_value() || !last.has_value()) return;
    if (*last < *first) {
      Add(path + ".until", "must not be before since");
      return;
    }
    if (*last - *first >= kLongestHoliday) {
      Add(path + ".until", "no holiday is longer than 16 days");
      return;
    }
    for (sys_days day = *first; day <= *last; day += days{1}) {
      if (!off_.insert(day).second) {
        Add(path + ".since", TextOf(codes::Date{day}) + " is in two holidays");
        break;
      }
    }
    for (int i = 0; i < holiday.make_up_size(); ++i) {
      CheckMakeUp(holiday.make_up(i), year, {*first, *last},
                  At(path + ".make_up", i));
    }
  }

  void CheckMakeUp(const ::waystation::v1::Date& given, int year,
                   const Span& holiday, const std::string& path) {
    const auto day = DayIn(given, year, path);
    if (!day.has_value()) return;
    if (!IsWeekend(*day)) {
      Add(path, TextOf(codes::Date{*day}) +
                    " is a working day anyhow: a make-up day is a Saturday or "
                    "Sunday");
    }
    if (*day < holiday.first - kFarthestMakeUp ||
        *day > holiday.last + kFarthestMakeUp) {
      Add(path, "more than 31 days from its holiday");
    }
    if (!make_up_.emplace(*day, path).second) {
      Add(path, TextOf(codes::Date{*day}) + " is a make-up day twice");
    }
  }

  // nullopt where it is none of the year, which was said.
  std::optional<sys_days> DayIn(const ::waystation::v1::Date& given, int year,
                                const std::string& path) {
    const codes::Date date = ToDate(given);
    if (!date.ok()) {
      Add(path, "a day such as 2025-10-01");
      return std::nullopt;
    }
    const int of = static_cast<int>(date.year());
    const bool december_before =
        of == year - 1 && date.month() == std::chrono::December;
    if (of != year && !december_before) {
      Add(path, "not in " + std::to_string(year) + " or the December before");
      return std::nullopt;
    }
    return sys_days{date};
  }

  const config::v1::Calendar& calendar_;
  std::map<std::string, const config::v1::Festival*, std::less<>> festivals_;
  std::set<sys_days> off_;
  std::map<sys_days, std::string> make_up_;  // with the path
  std::vector<errors::FieldViolation> violations_;
};

}  // namespace

bool IsCalendarId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

std::vector<errors::FieldViolation> CheckCalendar(
    const config::v1::Calendar& calendar) {
  return Checker(calendar).Check();
}

}  // namespace waystation::calendar
