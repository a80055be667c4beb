// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_heads.h"

#include <algorithm>

#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/deadline.h"
#include "server/domain/notice.h"
#include "server/domain/responsible.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using v1::Notice;

constexpr int64_t kDay = int64_t{24} * 60 * 60 * 1'000'000;

int64_t DueOf(const Notice& notice) {
  return TimeUtil::TimestampToMicroseconds(notice.due_time());
}

}  // namespace

v1::Notice NoticeHeads::Head(const storage::NoticeRow& row,
                             const store::v1::StoredNotice& stored,
                             storage::AgencyNumber viewer) {
  Notice head = stored.notice();
  head.set_id(names_.Encode(row.number));
  head.set_overdue(domain::IsOverdue(head, now_));
  head.set_waits_for_caller(row.waits_for == viewer);
  if (const AgencyEntry* superior = EscalatedTo(row, head)) {
    head.set_escalated_to(superior->id());
  }
  if (domain::IsOpen(head) && !head.overdue()) {
    const std::vector<int64_t>& reminders = RemindersOf(head);
    head.set_reminder(!reminders.empty() && reminders.front() <= now_);
  }
  return head;
}

bool NoticeHeads::IsOverdue(const Notice& notice) const {
  return domain::IsOpen(notice) && domain::IsOverdue(notice, now_);
}

const AgencyEntry* NoticeHeads::EscalatedTo(const storage::NoticeRow& row,
                                            const Notice& notice) {
  if (!IsOverdue(notice)) return nullptr;
  const config::v1::Deadline* deadline = DeadlineOf(notice);
  if (deadline == nullptr ||
      deadline->on_expiry() != config::v1::DEADLINE_EXPIRY_ESCALATE) {
    return nullptr;
  }
  return SuperiorOf(row.recipient);
}

const AgencyEntry* NoticeHeads::SuperiorOf(storage::AgencyNumber agency) {
  const auto [place, is_new] = superiors_.try_emplace(agency, nullptr);
  const AgencyEntry* entry = is_new ? registry_.Find(agency) : nullptr;
  if (entry == nullptr) return place->second;
  std::vector<const v1::Agency*> agencies;
  for (const auto& [id, other] : registry_.agencies()) {
    agencies.push_back(&other.agency);
  }
  if (const v1::Agency* superior =
          domain::FindSuperior(entry->agency, agencies)) {
    place->second = registry_.Find(superior->id());
  }
  return place->second;
}

bool NoticeHeads::Turned(const Notice& notice, int64_t after) {
  if (!domain::IsOpen(notice) || !notice.has_due_time()) return false;
  const auto came = [&](int64_t moment) {
    return moment > after && moment <= now_;
  };
  return came(DueOf(notice)) || std::ranges::any_of(RemindersOf(notice), came);
}

int64_t NoticeHeads::Horizon() const {
  int64_t days = 1;
  for (const auto& profile : terms_.deadlines.profiles()) {
    const config::v1::Deadline& deadline = profile.deadline();
    if (deadline.reminders().empty()) continue;
    const int64_t before = deadline.reminders(0);
    // A third of all days at least are worked on, but for a holiday or two.
    constexpr int64_t kHolidays = 30;
    days =
        std::max(days, deadline.unit() == config::v1::DEADLINE_UNIT_WORKING_DAY
                           ? 3 * before + kHolidays
                           : before + 1);
  }
  return now_ + days * kDay;
}

const config::v1::Deadline* NoticeHeads::DeadlineOf(const Notice& notice) {
  const auto [place, is_new] =
      deadlines_.try_emplace({notice.kind(), notice.urgent()}, nullptr);
  if (is_new) {
    place->second =
        domain::DeadlineOf(terms_.deadlines, notice.kind(), notice.urgent());
  }
  return place->second;
}

const std::vector<int64_t>& NoticeHeads::RemindersOf(const Notice& notice) {
  static const std::vector<int64_t> kNone;
  const config::v1::Deadline* deadline = DeadlineOf(notice);
  if (deadline == nullptr || !notice.has_due_time()) return kNone;
  const int64_t due = DueOf(notice);
  const auto [place, is_new] = reminders_.try_emplace({deadline, due});
  if (is_new) {
    auto reminders = calendar::RemindersOf(*deadline, terms_.calendars,
                                           calendar::DayOf(due - 1));
    if (reminders.ok()) place->second = *std::move(reminders);
  }
  return place->second;
}

}  // namespace waystation::hub
