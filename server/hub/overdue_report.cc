// SPDX-License-Identifier: Apache-2.0
#include "server/hub/overdue_report.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/notice_boxes.h"
#include "server/hub/notice_heads.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using v1::Notice;
using Row = v1::GetOverdueNoticesResponse::Row;

// Agencies of which the caller may know what is late.
std::vector<const AgencyEntry*> AgenciesFor(const AgencyEntry* own,
                                            NoticeHeads& heads) {
  if (own != nullptr) {
    std::vector<const AgencyEntry*> agencies = AgenciesBelow(*own, heads);
    agencies.push_back(own);
    return agencies;
  }
  std::vector<const AgencyEntry*> agencies;
  for (const auto& [id, entry] : heads.registry().agencies()) {
    agencies.push_back(&entry);
  }
  return agencies;
}

}  // namespace

absl::StatusOr<OverdueReport::Counted> OverdueReport::Count(
    const Caller& caller, const v1::GetOverdueNoticesRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* own =
      caller.agency.empty() ? nullptr : registry->Find(caller.agency);
  if (own == nullptr && !caller.agency.empty()) {
    return errors::Error("AGENCY_NOT_REGISTERED");
  }
  for (const int kind : request.kinds()) {
    if (!Notice::Kind_IsValid(kind) || kind == Notice::KIND_UNSPECIFIED) {
      return errors::Error("INVALID_REQUEST", {.field = "kinds",
                                               .rule = "one of the closed "
                                                       "list"});
    }
  }
  const std::unique_lock lock(counting_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return errors::Error("LIMIT_REACHED", {.retry_after = absl::Seconds(1)});
  }

  NoticeHeads heads(core_.options.notice_terms, names_, *registry,
                    core_.clock.Now());
  Counted counted;
  v1::GetOverdueNoticesResponse& response = counted.response;
  store::v1::StoredNotice stored;
  for (const AgencyEntry* agency : AgenciesFor(own, heads)) {
    Row row;
    const auto walked = WalkWaiting(
        core_.store, agency->number, heads.now(), std::nullopt,
        [&](const storage::NoticeRow& held) -> absl::StatusOr<bool> {
          if (auto parsed = ParseNotice(held, stored); !parsed.ok()) {
            return parsed;
          }
          const Notice& head = stored.notice();
          const bool is_asked =
              request.kinds().empty() ||
              std::ranges::find(request.kinds(), head.kind()) !=
                  request.kinds().end();
          // An answer that waits for its sender is late no more.
          if (!is_asked || held.recipient != agency->number ||
              !heads.IsOverdue(head)) {
            return true;
          }
          const AgencyEntry* superior = heads.EscalatedTo(held, head);
          // Of others it may know what is escalated to it, and no more.
          if (own != nullptr && agency != own && superior != own) return true;
          if (row.overdue() == 0)
            *row.mutable_earliest_due_time() = head.due_time();
          row.set_overdue(row.overdue() + 1);
          if (superior != nullptr) {
            row.set_escalated(row.escalated() + 1);
            row.set_escalated_to(superior->id());
          }
          return true;
        });
    if (!walked.ok()) return walked;
    if (row.overdue() == 0) continue;
    row.set_agency(agency->id());
    *response.add_rows() = std::move(row);
  }
  std::ranges::sort(*response.mutable_rows(), {}, [](const Row& row) {
    return std::tuple(-row.overdue(), std::string_view(row.agency()));
  });
  *response.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(heads.now());

  counted.event.set_kind(v1::AuditEvent::KIND_READ);
  counted.event.set_actor(caller.path);
  counted.event.set_agency(caller.agency);
  counted.event.set_act("NoticeService.GetOverdueNotices");
  counted.event.set_object(
      absl::StrJoin(request.kinds(), ",", [](std::string* out, int kind) {
        out->append(Notice::Kind_Name(static_cast<Notice::Kind>(kind)));
      }));
  return counted;
}

}  // namespace waystation::hub
