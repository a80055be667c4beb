// SPDX-License-Identifier: Apache-2.0
// The notices of an agency as one who watches them is told (WatchNotices):
// first what waits, then whatever changes. Where one stands is a place in the
// audit log, in which each step of a notice has its entry, and a day, on which
// some are due; so no list of its own is kept, and whoever comes back has the
// log read from there, unless that is too long ago.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_FEED_H_
#define WAYSTATION_SERVER_HUB_NOTICE_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/notice_heads.h"
#include "server/hub/notice_row.h"
#include "server/hub/notice_watchers.h"

namespace waystation::hub {

// Borrows core and names. Thread-safe.
class NoticeFeed final : public NoticeWatch {
 public:
  // PAGE_TOKEN_INVALID, INVALID_REQUEST (page_size), AGENCY_NOT_REGISTERED.
  static absl::StatusOr<std::unique_ptr<NoticeFeed>> Open(
      Core& core, const NoticeNames& names, const Caller& caller,
      const v1::WatchNoticesRequest& request, std::function<void()> wake);
  ~NoticeFeed() override { watcher_->Leave(); }

  absl::StatusOr<std::optional<v1::WatchNoticesResponse>> Next() override;

 private:
  // What is told of the list that comes first, if it is.
  enum class Phase { kWaiting, kEscalated, kChanges };
  // Up to where all was told: leaves of the log, and midnights.
  struct Position {
    uint64_t leaf = 0;
    int64_t midnight = 0;
  };

  NoticeFeed(Core& core, const NoticeNames& names, Caller caller,
             std::string list, size_t page_size)
      : core_(core),
        names_(names),
        caller_(std::move(caller)),
        list_(std::move(list)),
        page_size_(page_size) {}

  void BeginAfresh();
  absl::Status TellList(const AgencyEntry& agency, NoticeHeads& heads,
                        v1::WatchNoticesResponse& response);
  absl::Status TellChanges(const AgencyEntry& agency, NoticeHeads& heads,
                           v1::WatchNoticesResponse& response);
  // Adds to `due_` what a new day brought.
  absl::Status LookAtDay(const AgencyEntry& agency, NoticeHeads& heads);
  // Adds to `due_` what the log tells behind `reached_`; begins afresh where
  // that is too much.
  absl::Status LookBack();
  // `was_own`: it was the agency's when it changed.
  absl::Status Show(uint64_t number, bool was_own, const AgencyEntry& agency,
                    NoticeHeads& heads, v1::WatchNoticesResponse& response);
  std::string TokenOf(const Position& position) const;

  Core& core_;
  const NoticeNames& names_;
  const Caller caller_;
  const std::string list_;
  const size_t page_size_;
  std::shared_ptr<NoticeWatchers::Watcher> watcher_;

  std::mutex mutex_;
  Phase phase_ = Phase::kChanges;
  bool afresh_ = false;
  bool greeted_ = false;
  bool looks_back_ = true;
  std::optional<storage::NoticeRow> after_;
  // Told to its end, and looked at: what lies between is in `due_`.
  Position told_;
  Position reached_;
  // By number, and whether the agency had or sent it when it changed.
  std::map<uint64_t, bool> due_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_FEED_H_
