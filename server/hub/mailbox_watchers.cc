// SPDX-License-Identifier: Apache-2.0
#include "server/hub/mailbox_watchers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/hub/mailbox_page.h"

namespace waystation::hub {

namespace {
// Pages that one who stands by has not sent yet, at most: each is of no more
// than one group.
constexpr int kMostUnsent = 4;
}  // namespace

class MailboxWatchers::Watcher {
 public:
  Watcher(uint64_t id, Caller caller, const v1::WatchRequest& request,
          MailboxReader reader)
      : id_(id),
        caller_(std::move(caller)),
        purpose_(request.purpose()),
        page_size_(request.page_size()),
        reader_(std::move(reader)) {}

  uint64_t id() const { return id_; }
  const Caller& caller() const { return caller_; }
  v1::Purpose purpose() const { return purpose_; }
  int32_t page_size() const { return page_size_; }

  void Look() {
    const std::lock_guard lock(mutex_);
    has_news_ = false;
    is_standing_ = false;
  }

  bool StandBy(uint64_t position) {
    const std::lock_guard lock(mutex_);
    if (has_news_) return false;
    // What it has been promised is still to come, and ends further on.
    if (!is_standing_ && promised_ == given_) {
      is_standing_ = true;
      position_ = position;
    }
    credit_ = kMostUnsent - static_cast<int>(promised_ - given_);
    return true;
  }

  // Where it stands, with `watcher` left to the caller; nullopt: it does not.
  std::optional<Standing> standing() const {
    const std::lock_guard lock(mutex_);
    if (!is_standing_) return std::nullopt;
    return Standing{
        .watcher = nullptr, .position = position_, .has_room = credit_ > 0};
  }

  // The number of the promise.
  std::optional<uint64_t> Promise(uint64_t position, uint64_t entries) {
    const std::lock_guard lock(mutex_);
    if (!is_standing_ || position_ != position || credit_ == 0) {
      return std::nullopt;
    }
    --credit_;
    position_ += entries;
    ++expected_wakes_;
    return promised_++;
  }

  void PassOver() {
    const std::lock_guard lock(mutex_);
    is_standing_ = false;
  }

  void Wake() {
    const std::lock_guard lock(mutex_);
    // Groups that made promises come first.
    if (expected_wakes_ > 0) {
      --expected_wakes_;
      return;
    }
    is_standing_ = false;
    has_news_ = true;
    RingUnlessPromised();
  }

  void Keep(uint64_t number, v1::PullResponse page) {
    const std::lock_guard lock(mutex_);
    kept_.emplace(number, std::move(page));
    for (auto next = kept_.begin();
         next != kept_.end() && next->first == given_; next = kept_.begin()) {
      v1::PullResponse due = std::move(next->second);
      kept_.erase(next);
      ++given_;
      if (reader_.take) reader_.take(std::move(due));
    }
    if (has_news_) RingUnlessPromised();
  }

  // Its group, and whatever was planned on top of it, does not come about.
  void Break(uint64_t number) {
    const std::lock_guard lock(mutex_);
    --expected_wakes_;
    promised_ = std::min(promised_, number);
    is_standing_ = false;
    has_news_ = true;
    RingUnlessPromised();
  }

  // Waits for a call that is under way.
  void Leave() {
    MailboxReader gone;
    const std::lock_guard lock(mutex_);
    std::swap(gone, reader_);
  }

 private:
  // It would read what it is given right away.
  void RingUnlessPromised() {
    if (promised_ == given_ && reader_.wake) reader_.wake();
  }

  const uint64_t id_;
  const Caller caller_;
  const v1::Purpose purpose_;
  const int32_t page_size_;
  // Recursive: what is called may give its own watch back.
  mutable std::recursive_mutex mutex_;
  MailboxReader reader_;
  bool is_standing_ = false;
  // Something came, not by a promise, since it looked last.
  bool has_news_ = false;
  // End of what it has read or is promised, while it stands by.
  uint64_t position_ = 0;
  int credit_ = 0;
  // Groups that made promises and have not been heard of.
  int expected_wakes_ = 0;
  // How many promises were made, and kept so far; those that were kept before
  // their turn.
  uint64_t promised_ = 0;
  uint64_t given_ = 0;
  std::map<uint64_t, v1::PullResponse> kept_;
};

// What a watcher holds: gone, nobody is called any more.
class MailboxWatchers::Ticket final : public MailboxWatch {
 public:
  Ticket(const PageTokens& tokens, std::shared_ptr<Watcher> watcher)
      : tokens_(tokens), watcher_(std::move(watcher)) {}
  ~Ticket() override { watcher_->Leave(); }

  void Look() override { watcher_->Look(); }
  bool StandBy(std::string_view page_token) override {
    const auto position = PositionOf(tokens_, watcher_->caller(), page_token);
    return position.ok() && watcher_->StandBy(*position);
  }

 private:
  const PageTokens& tokens_;
  const std::shared_ptr<Watcher> watcher_;
};

uint64_t MailboxWatchers::Standing::id() const { return watcher->id(); }

const Caller& MailboxWatchers::Standing::caller() const {
  return watcher->caller();
}

v1::Purpose MailboxWatchers::Standing::purpose() const {
  return watcher->purpose();
}

int32_t MailboxWatchers::Standing::page_size() const {
  return watcher->page_size();
}

MailboxWatchers::Promise::~Promise() {
  if (watcher_ != nullptr) watcher_->Break(number_);
}

void MailboxWatchers::Promise::Keep(v1::PullResponse page) && {
  std::exchange(watcher_, nullptr)->Keep(number_, std::move(page));
}

std::shared_ptr<MailboxWatch> MailboxWatchers::Watch(
    const Caller& caller, const v1::WatchRequest& request,
    MailboxReader reader) {
  const std::lock_guard lock(mutex_);
  const auto watcher =
      std::make_shared<Watcher>(next_id_++, caller, request, std::move(reader));
  std::erase_if(watchers_,
                [](const auto& entry) { return entry.second.expired(); });
  watchers_.emplace(caller.agency, watcher);
  return std::make_shared<Ticket>(tokens_, watcher);
}

std::vector<MailboxWatchers::Standing> MailboxWatchers::StandingBy(
    const std::string& agency) const {
  std::vector<Standing> standing;
  for (std::shared_ptr<Watcher>& watcher : Of(agency)) {
    if (auto one = watcher->standing()) {
      one->watcher = std::move(watcher);
      standing.push_back(*std::move(one));
    }
  }
  return standing;
}

std::optional<MailboxWatchers::Promise> MailboxWatchers::MakePromise(
    const Standing& standing, uint64_t entries) {
  const auto number = standing.watcher->Promise(standing.position, entries);
  if (!number.has_value()) return std::nullopt;
  return Promise(standing.watcher, *number);
}

void MailboxWatchers::PassOver(const Standing& standing) {
  standing.watcher->PassOver();
}

void MailboxWatchers::Wake(const std::string& agency) {
  for (const std::shared_ptr<Watcher>& watcher : Of(agency)) watcher->Wake();
}

uint32_t MailboxWatchers::Count(const std::string& agency) const {
  return static_cast<uint32_t>(Of(agency).size());
}

std::vector<std::shared_ptr<MailboxWatchers::Watcher>> MailboxWatchers::Of(
    const std::string& agency) const {
  std::vector<std::shared_ptr<Watcher>> found;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(agency);
  for (auto entry = begin; entry != end; ++entry) {
    if (auto watcher = entry->second.lock()) found.push_back(watcher);
  }
  return found;
}

}  // namespace waystation::hub
