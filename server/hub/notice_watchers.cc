// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_watchers.h"

#include <algorithm>
#include <utility>

namespace waystation::hub {
namespace {

// What is kept for one that does not look. Beyond it the log tells.
constexpr size_t kMostKept = 10'000;

}  // namespace

NoticeWatchers::News NoticeWatchers::Watcher::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, News());
}

void NoticeWatchers::Watcher::Leave() {
  const std::lock_guard lock(wake_mutex_);
  wake_ = nullptr;
}

void NoticeWatchers::Watcher::Tell(uint64_t notice, uint64_t log_size) {
  const std::lock_guard lock(mutex_);
  if (news_.look_back) return;
  news_.notices.insert(notice);
  news_.log_size = log_size;
  if (news_.notices.size() > kMostKept) {
    news_ = News();
    news_.look_back = true;
  }
}

void NoticeWatchers::Watcher::LookBack() {
  const std::lock_guard lock(mutex_);
  news_.look_back = true;
}

void NoticeWatchers::Watcher::Wake() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

std::shared_ptr<NoticeWatchers::Watcher> NoticeWatchers::Add(
    storage::AgencyNumber agency, std::function<void()> wake) {
  auto watcher = std::make_shared<Watcher>(std::move(wake));
  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_,
                [](const auto& entry) { return entry.second.expired(); });
  watchers_.emplace(agency, watcher);
  return watcher;
}

void NoticeWatchers::Tell(std::span<const TouchedNotice> notices,
                          uint64_t log_size) {
  std::vector<std::shared_ptr<Watcher>> told;
  for (const TouchedNotice& notice : notices) {
    for (const storage::AgencyNumber agency : notice.agencies) {
      for (std::shared_ptr<Watcher>& watcher : Of(agency)) {
        watcher->Tell(notice.number, log_size);
        if (std::ranges::find(told, watcher) == told.end()) {
          told.push_back(std::move(watcher));
        }
      }
    }
  }
  for (const std::shared_ptr<Watcher>& watcher : told) watcher->Wake();
}

void NoticeWatchers::LookBack() {
  for (const std::shared_ptr<Watcher>& watcher : All()) {
    watcher->LookBack();
    watcher->Wake();
  }
}

void NoticeWatchers::WakeAll() {
  for (const std::shared_ptr<Watcher>& watcher : All()) watcher->Wake();
}

std::vector<std::shared_ptr<NoticeWatchers::Watcher>> NoticeWatchers::All()
    const {
  std::vector<std::shared_ptr<Watcher>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [agency, watcher] : watchers_) {
    if (auto one = watcher.lock()) all.push_back(std::move(one));
  }
  return all;
}

std::vector<std::shared_ptr<NoticeWatchers::Watcher>> NoticeWatchers::Of(
    storage::AgencyNumber agency) const {
  std::vector<std::shared_ptr<Watcher>> found;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(agency);
  for (auto entry = begin; entry != end; ++entry) {
    if (auto watcher = entry->second.lock()) found.push_back(watcher);
  }
  return found;
}

}  // namespace waystation::hub
