// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_report.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "server/domain/notice.h"
#include "server/domain/notice_rates.h"
#include "server/hub/notice_row.h"
#include "server/hub/report_rows.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using domain::NoticeStanding;
using domain::NoticeTally;
using google::protobuf::util::TimeUtil;
using storage::NoticeBox;
using storage::NoticeRow;
using v1::Notice;
using Request = v1::GetNoticeRatesRequest;

constexpr size_t kChunk = 500;
// By so much the clocks of hubs that share a store may disagree: notices are
// numbered in the order in which they were sent, but for that.
constexpr int64_t kSkew = int64_t{24} * 60 * 60 * 1'000'000;

struct Period {
  codes::Date first;
  codes::Date last;
  // [begin, end) in microseconds since 1970 UTC.
  int64_t begin = 0;
  int64_t end = 0;
};

absl::StatusOr<codes::Date> DayOf(const char* field, const v1::Date& date) {
  const codes::Date day = calendar::ToDate(date);
  if (day.ok()) return day;
  return errors::Error("INVALID_REQUEST",
                       {.field = field, .rule = "a Gregorian day"});
}

absl::StatusOr<Period> PeriodOf(const Caller& caller, const Request& request) {
  for (const auto& [field, is_set] :
       {std::pair("from", request.has_from()), {"to", request.has_to()}}) {
    if (!is_set) return errors::Error("FIELD_MISSING", {.field = field});
  }
  const auto first = DayOf("from", request.from());
  if (!first.ok()) return first.status();
  const auto last = DayOf("to", request.to());
  if (!last.ok()) return last.status();
  if (*last < *first) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "to", .rule = "not before the first day"});
  }
  const codes::Date next = std::chrono::sys_days(*last) + std::chrono::days(1);
  if (caller.agency.empty() &&
      (unsigned{first->day()} != 1 || unsigned{next.day()} != 1)) {
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "from", .rule = "whole months, unless an agency asks"});
  }
  return Period{.first = *first,
                .last = *last,
                .begin = calendar::BeginOf(*first),
                .end = calendar::BeginOf(next)};
}

// "2026-11".
std::string MonthOf(int64_t time) {
  return calendar::TextOf(calendar::DayOf(time)).substr(0, 7);
}

std::string DivisionOf(const AgencyEntry* agency, size_t digits) {
  return agency == nullptr ? std::string()
                           : agency->agency.jurisdiction().substr(0, digits);
}

std::string SectorOf(const AgencyEntry* agency) {
  return agency == nullptr ? std::string() : agency->sector();
}

std::string ValueOf(int group, const NoticeStanding& standing,
                    const Snapshot& registry) {
  switch (group) {
    case Request::GROUP_KIND:
      return Notice::Kind_Name(standing.kind);
    case Request::GROUP_SENDER:
      return std::string(standing.from);
    case Request::GROUP_RECIPIENT:
      return std::string(standing.to);
    case Request::GROUP_SENDER_SECTOR:
      return SectorOf(registry.Find(standing.from));
    case Request::GROUP_RECIPIENT_SECTOR:
      return SectorOf(registry.Find(standing.to));
    case Request::GROUP_PROVINCE:
      return DivisionOf(registry.Find(standing.to), 2);
    case Request::GROUP_CITY:
      return DivisionOf(registry.Find(standing.to), 4);
    case Request::GROUP_COUNTY:
      return DivisionOf(registry.Find(standing.to), 6);
    default:
      return MonthOf(standing.sent_time);
  }
}

// Reads notices that were sent in a period, as they stood at one moment.
class Walk {
 public:
  using Take = std::function<absl::Status(const NoticeStanding&)>;

  Walk(const storage::Store& store, const Period& period, int64_t now)
      : store_(store), period_(period), now_(now) {}

  absl::Status All(const Take& take) {
    auto begin = FirstSentFrom(period_.begin - kSkew);
    if (!begin.ok()) return begin.status();
    for (uint64_t after = *begin - 1;;) {
      const auto rows = store_.ListAllNotices(after, kChunk);
      if (!rows.ok()) return StoreError(rows.status());
      for (const NoticeRow& row : *rows) {
        after = row.number;
        auto sent = Offer(row, take);
        if (!sent.ok()) return sent.status();
        if (*sent >= period_.end + kSkew) return absl::OkStatus();
      }
      if (rows->size() < kChunk) return absl::OkStatus();
    }
  }

  // Those that one agency sent or has.
  absl::Status Of(storage::AgencyNumber agency, const Take& take) {
    auto end = FirstSentFrom(period_.end + kSkew);
    if (!end.ok()) return end.status();
    for (const NoticeBox box : {NoticeBox::kSent, NoticeBox::kReceived}) {
      std::optional<NoticeRow> after = NoticeRow{.number = *end};
      for (bool more = true; more;) {
        const auto rows = store_.ListNotices(box, agency, after, kChunk);
        if (!rows.ok()) return StoreError(rows.status());
        more = rows->size() == kChunk;
        for (const NoticeRow& row : *rows) {
          after = row;
          auto sent = Offer(row, take);
          if (!sent.ok()) return sent.status();
          if (*sent < period_.begin - kSkew) more = false;
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  // When it was sent.
  absl::StatusOr<int64_t> Offer(const NoticeRow& row, const Take& take) {
    auto sent = Read(row);
    if (!sent.ok()) return sent.status();
    if (*sent < period_.begin || *sent >= period_.end) return sent;
    const auto standing = domain::StandingOf(stored_, now_);
    if (!standing.has_value()) return sent;
    if (auto taken = take(*standing); !taken.ok()) return taken;
    return sent;
  }

  absl::StatusOr<int64_t> Read(const NoticeRow& row) {
    if (auto parsed = ParseNotice(row, stored_); !parsed.ok()) return parsed;
    return TimeUtil::TimestampToMicroseconds(stored_.notice().sent_time());
  }

  // The number of the first that was sent then or later, give or take the skew;
  // one more than the highest if there is none.
  absl::StatusOr<uint64_t> FirstSentFrom(int64_t time) {
    const auto next = store_.NextNoticeNumber();
    if (!next.ok()) return StoreError(next.status());
    uint64_t low = 1;
    uint64_t high = *next;
    while (low < high) {
      const uint64_t middle = low + (high - low) / 2;
      const auto row = store_.GetNotice(middle);
      if (!row.ok()) return StoreError(row.status());
      if (!row->has_value()) return errors::Error("STORE_DAMAGED");
      const auto sent = Read(**row);
      if (!sent.ok()) return sent.status();
      if (*sent < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  const storage::Store& store_;
  const Period& period_;
  const int64_t now_;
  // Parsed into again and again.
  store::v1::StoredNotice stored_;
};

// Those of the period by what they are grouped by, and all of them.
class Tallies {
 public:
  Tallies(const Request& request, const Snapshot& registry,
          const NoticeTerms& terms)
      : request_(request), registry_(registry), terms_(terms) {}

  absl::Status Add(const NoticeStanding& standing) {
    const auto taken = domain::DaysTakenBy(
        standing,
        domain::DeadlineOf(terms_.deadlines, standing.kind, standing.urgent),
        terms_.calendars);
    tallies_.total.Add(standing, taken);
    if (request_.groups().empty()) return absl::OkStatus();
    values_.clear();
    for (const int group : request_.groups()) {
      values_.push_back(ValueOf(group, standing, registry_));
    }
    tallies_.rows[values_].Add(standing, taken);
    if (tallies_.rows.size() <= kMostReportRows) return absl::OkStatus();
    return errors::Error(
        "INVALID_REQUEST",
        {.field = "groups",
         .rule = "2,000 rows at most: fewer groups, or a shorter period"});
  }

  const ReportRows<NoticeTally>& tallies() const { return tallies_; }

 private:
  const Request& request_;
  const Snapshot& registry_;
  const NoticeTerms& terms_;
  ReportRows<NoticeTally> tallies_;
  std::vector<std::string> values_;
};

// What was asked, in words that hold no person.
v1::AuditEvent EventOf(const Caller& caller, const Period& period,
                       const Request& request) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_READ);
  event.set_actor(caller.path);
  event.set_agency(caller.agency);
  event.set_act("NoticeService.GetNoticeRates");
  event.set_object(absl::StrCat(calendar::TextOf(period.first), "..",
                                calendar::TextOf(period.last),
                                ByGroups(request)));
  return event;
}

}  // namespace

absl::StatusOr<NoticeReport::Counted> NoticeReport::Count(
    const Caller& caller, const Request& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency =
      caller.agency.empty() ? nullptr : registry->Find(caller.agency);
  const bool is_own = !caller.agency.empty();
  if (is_own && agency == nullptr) {
    return errors::Error("AGENCY_NOT_REGISTERED");
  }
  const auto period = PeriodOf(caller, request);
  if (!period.ok()) return period.status();
  if (auto checked =
          CheckReportGroups(request.groups(), Request::Group_IsValid);
      !checked.ok()) {
    return checked;
  }
  const std::unique_lock lock(counting_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return errors::Error("LIMIT_REACHED", {.retry_after = absl::Seconds(1)});
  }

  const int64_t now = core_.clock.Now();
  const NoticeTerms& terms = core_.options.notice_terms;
  Tallies tallies(request, *registry, terms);
  Walk walk(core_.store, *period, now);
  const Walk::Take take = [&](const NoticeStanding& standing) {
    return tallies.Add(standing);
  };
  if (auto walked = is_own ? walk.Of(agency->number, take) : walk.All(take);
      !walked.ok()) {
    return walked;
  }

  Counted counted{.response = {}, .event = EventOf(caller, *period, request)};
  v1::GetNoticeRatesResponse& response = counted.response;
  *response.mutable_as_of_time() = TimeUtil::MicrosecondsToTimestamp(now);
  calendar::SetDate(period->first, response.mutable_from());
  calendar::SetDate(period->last, response.mutable_to());
  *response.mutable_groups() = request.groups();
  response.set_extent(is_own ? v1::GetNoticeRatesResponse::EXTENT_OWN
                             : v1::GetNoticeRatesResponse::EXTENT_ALL);
  response.set_least_shown(is_own ? 0 : terms.least_shown);
  tallies.tallies().Show(response.least_shown(), &NoticeTally::sent, response);
  const auto conventions = domain::NoticeConventions();
  response.mutable_conventions()->Assign(conventions.begin(),
                                         conventions.end());
  return counted;
}

}  // namespace waystation::hub
