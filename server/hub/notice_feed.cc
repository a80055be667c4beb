// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_feed.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/calendar/china_time.h"
#include "proto/errors/error.h"
#include "server/hub/notice_boxes.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using Box = v1::ListNoticesRequest;
using storage::NoticeRow;

constexpr size_t kChunk = 500;

// Whether the step was the agency's, or of a notice of its.
bool Names(const v1::AuditEvent& event, std::string_view agency) {
  if (event.agency() == agency) return true;
  std::string_view actor = event.actor();
  constexpr std::string_view kStart = "agency/";
  if (!actor.starts_with(kStart)) return false;
  actor.remove_prefix(kStart.size());
  return actor.substr(0, actor.find('/')) == agency;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NoticeFeed>> NoticeFeed::Open(
    Core& core, const NoticeNames& names, const Caller& caller,
    const v1::WatchNoticesRequest& request, std::function<void()> wake) {
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto size = PageSize(request.page_size(), {.usual = 50, .most = 200});
  if (!size.ok()) return size.status();
  const std::string list = absl::StrCat("notice-watch ", caller.agency);
  Position told;
  if (!request.page_token().empty()) {
    const auto position = core.tokens.Decode(list, request.page_token());
    if (!position.ok()) return position.status();
    const std::vector<std::string> parts = absl::StrSplit(*position, ' ');
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &told.leaf) ||
        !absl::SimpleAtoi(parts[1], &told.midnight)) {
      return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
    }
  }
  std::unique_ptr<NoticeFeed> feed(
      new NoticeFeed(core, names, caller, list, *size));
  feed->watcher_ = core.notice_watchers.Add(agency->number, std::move(wake));
  // After that, so that nothing slips between.
  if (request.page_token().empty()) {
    feed->BeginAfresh();
  } else {
    feed->told_ = feed->reached_ = told;
  }
  return feed;
}

void NoticeFeed::BeginAfresh() {
  phase_ = Phase::kWaiting;
  afresh_ = true;
  looks_back_ = false;
  after_.reset();
  due_.clear();
  reached_ = {
      .leaf = core_.counters.log_size,
      .midnight = calendar::BeginOf(calendar::DayOf(core_.clock.Now()))};
}

absl::StatusOr<std::optional<v1::WatchNoticesResponse>> NoticeFeed::Next() {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller_.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  NoticeHeads heads(core_.options.notice_terms, names_, *registry,
                    core_.clock.Now());
  v1::WatchNoticesResponse response;
  if (phase_ == Phase::kChanges) {
    if (auto told = TellChanges(*agency, heads, response); !told.ok()) {
      return told;
    }
  }
  // Or it was too long ago.
  if (phase_ != Phase::kChanges) {
    if (auto told = TellList(*agency, heads, response); !told.ok()) return told;
  }
  if (std::exchange(greeted_, true) && response.notices().empty() &&
      response.passed_on().empty() && !response.afresh()) {
    return std::nullopt;
  }
  return response;
}

absl::Status NoticeFeed::TellList(const AgencyEntry& agency, NoticeHeads& heads,
                                  v1::WatchNoticesResponse& response) {
  response.set_afresh(std::exchange(afresh_, false));
  while (phase_ != Phase::kChanges) {
    const size_t room =
        page_size_ - static_cast<size_t>(response.notices_size());
    if (room == 0) return absl::OkStatus();
    const auto rows = ReadBox(
        core_.store,
        phase_ == Phase::kWaiting ? Box::BOX_WAITING : Box::BOX_ESCALATED,
        agency, heads, after_, room);
    if (!rows.ok()) return rows.status();
    for (const NoticeRow& row : *rows) {
      const auto stored = ParseNotice(row);
      if (!stored.ok()) return stored.status();
      *response.add_notices() = heads.Head(row, *stored, agency.number);
      after_ = row;
    }
    if (rows->size() == room) continue;
    after_.reset();
    phase_ = phase_ == Phase::kWaiting ? Phase::kEscalated : Phase::kChanges;
  }
  told_ = reached_;
  response.set_page_token(TokenOf(told_));
  response.set_at_end(true);
  return absl::OkStatus();
}

absl::Status NoticeFeed::TellChanges(const AgencyEntry& agency,
                                     NoticeHeads& heads,
                                     v1::WatchNoticesResponse& response) {
  if (due_.empty()) {
    NoticeWatchers::News news = watcher_->Take();
    for (const uint64_t number : news.notices) due_[number] = true;
    // Between what this hub wrote there may be what others did, which only the
    // log tells.
    const bool is_shared = core_.store.is_shared();
    if (news.look_back || looks_back_ || (is_shared && news.log_size != 0)) {
      if (auto looked = LookBack(); !looked.ok()) return looked;
      if (phase_ != Phase::kChanges) return absl::OkStatus();
    }
    if (!is_shared) reached_.leaf = std::max(reached_.leaf, news.log_size);
    if (auto looked = LookAtDay(agency, heads); !looked.ok()) return looked;
  }
  while (!due_.empty() &&
         static_cast<size_t>(response.notices_size() +
                             response.passed_on_size()) < page_size_) {
    const auto [number, was_own] = *due_.begin();
    if (auto shown = Show(number, was_own, agency, heads, response);
        !shown.ok()) {
      return shown;
    }
    due_.erase(due_.begin());
  }
  if (due_.empty()) told_ = reached_;
  response.set_page_token(TokenOf(told_));
  response.set_at_end(due_.empty());
  return absl::OkStatus();
}

absl::Status NoticeFeed::LookAtDay(const AgencyEntry& agency,
                                   NoticeHeads& heads) {
  const int64_t midnight = calendar::BeginOf(calendar::DayOf(heads.now()));
  if (midnight <= reached_.midnight) return absl::OkStatus();
  store::v1::StoredNotice stored;
  // Of `from`, up to `until`.
  const auto look = [&](const AgencyEntry& from, int64_t until) {
    return WalkWaiting(core_.store, from.number, until, std::nullopt,
                       [&](const NoticeRow& row) -> absl::StatusOr<bool> {
                         if (auto parsed = ParseNotice(row, stored);
                             !parsed.ok()) {
                           return parsed;
                         }
                         if (heads.Turned(stored.notice(), reached_.midnight)) {
                           due_.try_emplace(row.number, false);
                         }
                         return true;
                       });
  };
  if (auto looked = look(agency, heads.Horizon()); !looked.ok()) return looked;
  for (const AgencyEntry* below : AgenciesBelow(agency, heads)) {
    if (auto looked = look(*below, heads.now()); !looked.ok()) return looked;
  }
  reached_.midnight = midnight;
  return absl::OkStatus();
}

absl::Status NoticeFeed::LookBack() {
  looks_back_ = false;
  const uint64_t end = core_.counters.log_size;
  // Behind the end: of a log that was restored from a backup.
  if (reached_.leaf > end ||
      end - reached_.leaf > core_.options.notice_terms.looked_back) {
    BeginAfresh();
    return absl::OkStatus();
  }
  v1::AuditEvent event;
  while (reached_.leaf < end) {
    const auto leaves = core_.store.ReadLeaves(
        reached_.leaf, std::min<uint64_t>(kChunk, end - reached_.leaf), false);
    if (!leaves.ok()) return StoreError(leaves.status());
    if (leaves->empty()) break;
    for (const storage::LeafRow& leaf : *leaves) {
      if (!event.ParseFromString(leaf.event)) continue;
      // Set wherever a notice changed.
      if (event.notice_kind() == v1::Notice::KIND_UNSPECIFIED) continue;
      if (const auto number = names_.Decode(event.object())) {
        bool& was_own = due_[*number];
        was_own = was_own || Names(event, caller_.agency);
      }
    }
    reached_.leaf += leaves->size();
  }
  return absl::OkStatus();
}

absl::Status NoticeFeed::Show(uint64_t number, bool was_own,
                              const AgencyEntry& agency, NoticeHeads& heads,
                              v1::WatchNoticesResponse& response) {
  const auto row = core_.store.GetNotice(number);
  if (!row.ok()) return StoreError(row.status());
  if (!row->has_value()) return absl::OkStatus();
  const auto stored = ParseNotice(**row);
  if (!stored.ok()) return stored.status();
  if (IsParty(agency.number, **row) ||
      heads.EscalatedTo(**row, stored->notice()) == &agency) {
    *response.add_notices() = heads.Head(**row, *stored, agency.number);
    return absl::OkStatus();
  }
  if (was_own) response.add_passed_on(names_.Encode(number));
  return absl::OkStatus();
}

std::string NoticeFeed::TokenOf(const Position& position) const {
  return core_.tokens.Encode(
      list_, absl::StrCat(position.leaf, " ", position.midnight));
}

}  // namespace waystation::hub
