// SPDX-License-Identifier: Apache-2.0
#include "proto/calendar/check_deadlines.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "proto/calendar/check_calendar.h"
#include "proto/calendar/working_calendar.h"
#include "waystation/config/v1/deadlines.pb.h"

namespace waystation::calendar {
namespace {

using config::v1::Deadline;
using config::v1::DeadlineProfile;

constexpr std::size_t kLongestVersion = 64;
constexpr std::size_t kLongestName = 64;
// Ten years.
constexpr int kMostDays = 3660;

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

class Checker {
 public:
  explicit Checker(const Calendars* calendars) : calendars_(calendars) {}

  std::vector<errors::FieldViolation> Check(
      const config::v1::Deadlines& deadlines) {
    Need(!deadlines.version().empty() &&
             deadlines.version().size() <= kLongestVersion,
         "version", "1 to 64 bytes");
    for (int i = 0; i < deadlines.profiles_size(); ++i) {
      CheckProfile(deadlines.profiles(i),
                   "profiles[" + std::to_string(i) + "].");
    }
    return std::move(violations_);
  }

 private:
  void Need(bool holds, const std::string& path, const char* rule) {
    if (!holds) violations_.push_back({.field = path, .rule = rule});
  }

  void CheckProfile(const DeadlineProfile& profile, const std::string& in) {
    Need(IsName(profile.id()), in + "id",
         "1 to 64 lower-case letters, digits and underscores");
    Need(ids_.insert(profile.id()).second, in + "id", "stands twice");
    Need(!profile.name_zh().empty(), in + "name_zh", "must be set");
    Need(!profile.name_en().empty(), in + "name_en", "must be set");
    Need(!profile.source_zh().empty(), in + "source_zh", "must be set");
    Need(!profile.source_en().empty(), in + "source_en", "must be set");
    Need(profile.act() != config::v1::DEADLINE_ACT_UNSPECIFIED, in + "act",
         "must be set");
    for (int i = 0; i < profile.kinds_size(); ++i) {
      const std::string path = in + "kinds[" + std::to_string(i) + "]";
      Need(IsName(profile.kinds(i)), path,
           "1 to 64 lower-case letters, digits and underscores");
      Need(Claim(profile.kinds(i), profile), path,
           "another profile is for the same kind, act and urgency");
    }
    if (profile.kinds().empty()) {
      Need(Claim("", profile), in + "act",
           "another profile is for the same kind, act and urgency");
    }
    if (!profile.has_deadline()) {
      Need(false, in + "deadline", "must be set");
      return;
    }
    CheckDeadline(profile.deadline(), in + "deadline.");
  }

  // Whether nobody else is for it: which one holds must not depend on the order
  // of a file.
  bool Claim(const std::string& kind, const DeadlineProfile& profile) {
    return taken_.emplace(kind, profile.act(), profile.urgency()).second;
  }

  void CheckDeadline(const Deadline& deadline, const std::string& in) {
    const bool working =
        deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY;
    const bool moves =
        deadline.on_day_off() == config::v1::DEADLINE_DAY_OFF_NEXT_WORKING_DAY;
    Need(deadline.unit() != config::v1::DEADLINE_UNIT_UNSPECIFIED, in + "unit",
         "must be set");
    Need(deadline.count() >= 1 && deadline.count() <= kMostDays, in + "count",
         "1 to 3660 days");
    Need(deadline.start() != config::v1::DEADLINE_START_UNSPECIFIED,
         in + "start", "must be set");
    Need(deadline.on_expiry() != config::v1::DEADLINE_EXPIRY_UNSPECIFIED,
         in + "on_expiry", "must be set");
    Need(!(working && moves), in + "on_day_off",
         "is for calendar days: a working day is never off");
    if (working || moves) {
      Need(!deadline.calendar().empty(), in + "calendar",
           "working days need a calendar");
    }
    if (!deadline.calendar().empty()) {
      Need(IsCalendarId(deadline.calendar()) &&
               (calendars_ == nullptr ||
                calendars_->Find(deadline.calendar()) != nullptr),
           in + "calendar", "there is no such calendar");
    }
    for (int i = 0; i < deadline.reminders_size(); ++i) {
      const std::string path = in + "reminders[" + std::to_string(i) + "]";
      const int before = deadline.reminders(i);
      Need(before >= 0 && before < deadline.count(), path,
           "0 to one day less than the deadline has");
      if (i > 0) {
        Need(before < deadline.reminders(i - 1), path,
             "reminders must fall: the earliest comes first");
      }
    }
  }

  const Calendars* calendars_;
  std::set<std::string> ids_;
  std::set<std::tuple<std::string, int, int>> taken_;
  std::vector<errors::FieldViolation> violations_;
};

}  // namespace

std::vector<errors::FieldViolation> CheckDeadlines(
    const config::v1::Deadlines& deadlines, const Calendars* calendars) {
  return Checker(calendars).Check(deadlines);
}

}  // namespace waystation::calendar
