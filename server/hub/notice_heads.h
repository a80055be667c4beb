// SPDX-License-Identifier: Apache-2.0
// Notices as lists show them at one moment: what is due, reminded of, overdue
// and escalated is computed from the deadlines file each time, so that nothing
// has to write it down when its moment comes.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_HEADS_H_
#define WAYSTATION_SERVER_HUB_NOTICE_HEADS_H_

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/hub/hub.h"
#include "server/hub/notice_row.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"
#include "waystation/config/v1/deadlines.pb.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::hub {

// Remembers what notices of one kind and day share, so one object for many of
// them. Borrows all it is given. Not thread-safe. Times are microseconds since
// 1970 UTC.
class NoticeHeads {
 public:
  NoticeHeads(const NoticeTerms& terms, const NoticeNames& names,
              const Snapshot& registry, int64_t now)
      : terms_(terms), names_(names), registry_(registry), now_(now) {}

  // As `viewer` sees it.
  v1::Notice Head(const storage::NoticeRow& row,
                  const store::v1::StoredNotice& stored,
                  storage::AgencyNumber viewer);

  // Whether it is not done and past its deadline.
  bool IsOverdue(const v1::Notice& notice) const;
  // Whoever is told that it is overdue; nullptr: nobody, or it is not.
  const AgencyEntry* EscalatedTo(const storage::NoticeRow& row,
                                 const v1::Notice& notice);
  // The same agency for all that is escalated from there; nullptr: there is
  // none.
  const AgencyEntry* SuperiorOf(storage::AgencyNumber agency);
  // Whether a reminder began, or the deadline went by, in (after, now].
  bool Turned(const v1::Notice& notice, int64_t after);
  // No reminder of a deadline behind this moment has begun.
  int64_t Horizon() const;

  const Snapshot& registry() const { return registry_; }
  int64_t now() const { return now_; }

 private:
  // nullptr: there is no deadline for such notices.
  const config::v1::Deadline* DeadlineOf(const v1::Notice& notice);
  // Rising. Where the calendar says nothing of those days there is none: a
  // reminder is no promise, and is not worth a guess.
  const std::vector<int64_t>& RemindersOf(const v1::Notice& notice);

  const NoticeTerms& terms_;
  const NoticeNames& names_;
  const Snapshot& registry_;
  const int64_t now_;
  std::map<std::pair<int, bool>, const config::v1::Deadline*> deadlines_;
  std::map<std::pair<const config::v1::Deadline*, int64_t>,
           std::vector<int64_t>>
      reminders_;
  std::unordered_map<storage::AgencyNumber, const AgencyEntry*> superiors_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_HEADS_H_
