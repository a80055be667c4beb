// SPDX-License-Identifier: Apache-2.0
// How cases between agencies went, counted (domain facts 2.4): where each stood
// at one moment, and what many of them come to. Pure.
//
// Counting adds up: tallies of two sets of notices, merged, are the tally of
// both. So it does not matter in which order they are read.
#ifndef WAYSTATION_SERVER_DOMAIN_NOTICE_RATES_H_
#define WAYSTATION_SERVER_DOMAIN_NOTICE_RATES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "proto/calendar/working_calendar.h"
#include "waystation/config/v1/deadlines.pb.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/notice_rates.pb.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::domain {

// Where a notice stood at a moment. Times are microseconds since 1970 UTC; what
// was done before it was passed on is not counted for whom it went to.
struct NoticeStanding {
  v1::Notice::Kind kind = v1::Notice::KIND_UNSPECIFIED;
  bool urgent = false;
  // Ids of agencies: who sent it, and with whom it was. They stand as long as
  // the notice does.
  std::string_view from;
  std::string_view to;
  std::int64_t sent_time = 0;
  // When it came to whom it was with.
  std::int64_t came_time = 0;
  bool rerouted = false;
  bool withdrawn = false;
  bool delivered = false;
  std::optional<std::int64_t> accepted_time;
  // Of a KIND_SERVICE: it was turned down.
  std::optional<std::int64_t> answered_time;
  // The first moment that is too late; nullopt: there is none.
  std::optional<std::int64_t> due_time;
  // It was open then, and past due_time.
  bool overdue = false;

  // When nothing was left to do for whom it was with.
  std::optional<std::int64_t> done_time() const {
    if (answered_time.has_value()) return answered_time;
    return kind == v1::Notice::KIND_SERVICE ? accepted_time : std::nullopt;
  }
  bool InTime(std::int64_t time) const {
    return !due_time.has_value() || time < *due_time;
  }
};

// By its history up to and with `now`; nullopt: it had not been sent.
std::optional<NoticeStanding> StandingOf(const store::v1::StoredNotice& notice,
                                         std::int64_t now);

// How long it took to be done.
struct DaysTaken {
  // Or calendar days.
  bool working = false;
  int days = 0;
  bool operator==(const DaysTaken&) const = default;
};

// From the day on which it came, which is not counted, to the day on which it
// was done, in the unit of its deadline; `deadline` is nullptr where there is
// none. nullopt: it is not done, was withdrawn, or no calendar covers the days.
std::optional<DaysTaken> DaysTakenBy(const NoticeStanding& standing,
                                     const config::v1::Deadline* deadline,
                                     const calendar::Calendars& calendars);

// What many come to; v1.NoticeCounts says what each is.
struct NoticeTally {
  std::uint64_t sent = 0;
  std::uint64_t withdrawn = 0;
  std::uint64_t rerouted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t accepted = 0;
  std::uint64_t accepted_in_time = 0;
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t answered_in_time = 0;
  std::uint64_t without_deadline = 0;
  std::uint64_t in_time = 0;
  std::uint64_t late = 0;
  std::uint64_t overdue = 0;
  std::uint64_t pending = 0;
  // How many took so many days.
  std::map<int, std::uint64_t> working_days{};
  std::map<int, std::uint64_t> calendar_days{};

  void Add(const NoticeStanding& standing,
           const std::optional<DaysTaken>& taken);
  void Merge(const NoticeTally& other);
  bool operator==(const NoticeTally&) const = default;
};

// Counts, rates and days of a tally; without values.
v1::NoticeRatesRow RowOf(const NoticeTally& tally);

// How each figure of a row is counted, in its order.
std::span<const v1::NoticeConvention> NoticeConventions();

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_NOTICE_RATES_H_
