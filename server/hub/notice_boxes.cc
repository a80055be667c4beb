// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_boxes.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/errors/error.h"
#include "server/hub/notice_row.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::NoticeBox;
using storage::NoticeRow;
using Box = v1::ListNoticesRequest;

constexpr size_t kChunk = 500;

// What is escalated from several agencies, merged as their own lists are
// ordered.
absl::StatusOr<std::vector<NoticeRow>> ReadEscalated(
    const storage::Store& store, const AgencyEntry& superior,
    NoticeHeads& heads, const std::optional<NoticeRow>& after, size_t limit) {
  std::vector<NoticeRow> found;
  store::v1::StoredNotice stored;
  for (const AgencyEntry* below : AgenciesBelow(superior, heads)) {
    size_t taken = 0;
    const auto walked = WalkWaiting(
        store, below->number, heads.now(), after,
        [&](const NoticeRow& row) -> absl::StatusOr<bool> {
          if (auto parsed = ParseNotice(row, stored); !parsed.ok()) {
            return parsed;
          }
          // What waits for it as the sender is late no more.
          if (row.recipient == below->number &&
              heads.EscalatedTo(row, stored.notice()) == &superior) {
            found.push_back(row);
            ++taken;
          }
          return taken < limit;
        });
    if (!walked.ok()) return walked;
  }
  std::ranges::sort(found, {}, [](const NoticeRow& row) {
    return std::tuple(row.due_time, row.number);
  });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace

absl::StatusOr<std::vector<NoticeRow>> ReadBox(
    const storage::Store& store, Box::Box box, const AgencyEntry& agency,
    NoticeHeads& heads, const std::optional<NoticeRow>& after, size_t limit) {
  NoticeBox stored = NoticeBox::kWaiting;
  switch (box) {
    case Box::BOX_WAITING:
      break;
    case Box::BOX_SENT:
      stored = NoticeBox::kSent;
      break;
    case Box::BOX_RECEIVED:
      stored = NoticeBox::kReceived;
      break;
    case Box::BOX_ESCALATED:
      return ReadEscalated(store, agency, heads, after, limit);
    default:
      return errors::Error("FIELD_MISSING", {.field = "box"});
  }
  auto rows = store.ListNotices(stored, agency.number, after, limit);
  if (!rows.ok()) return StoreError(rows.status());
  return rows;
}

std::vector<const AgencyEntry*> AgenciesBelow(const AgencyEntry& superior,
                                              NoticeHeads& heads) {
  std::vector<const AgencyEntry*> below;
  for (const auto& [id, entry] : heads.registry().agencies()) {
    if (entry.sector() == superior.sector() &&
        heads.SuperiorOf(entry.number) == &superior) {
      below.push_back(&entry);
    }
  }
  return below;
}

absl::Status WalkWaiting(
    const storage::Store& store, storage::AgencyNumber agency, int64_t until,
    std::optional<NoticeRow> after,
    const std::function<absl::StatusOr<bool>(const NoticeRow&)>& take) {
  for (;;) {
    const auto rows =
        store.ListNotices(NoticeBox::kWaiting, agency, after, kChunk);
    if (!rows.ok()) return StoreError(rows.status());
    for (const NoticeRow& row : *rows) {
      if (row.due_time > until) return absl::OkStatus();
      const auto more = take(row);
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
    }
    if (rows->size() < kChunk) return absl::OkStatus();
    after = rows->back();
  }
}

}  // namespace waystation::hub
