// SPDX-License-Identifier: Apache-2.0
#include "server/hub/mailbox.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/disclosure.h"
#include "server/hub/disclosure.h"
#include "server/hub/leaf_work.h"
#include "server/hub/page_size.h"
#include "server/hub/person_reader.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::ChangeKind;
using storage::Uid;

// What a reader takes in one message (design 17). A page of large views covers
// fewer changes; one view alone may be larger.
constexpr size_t kPageBytes = (size_t{1} << 20) - (4 << 10);

std::string ListOf(const Caller& caller) { return "mailbox " + caller.agency; }

// Entries of one person on one page, as one: all attributes of all of them, and
// of the kinds the one that asks most of the reader.
struct Coalesced {
  std::shared_ptr<const Person> person;
  std::vector<Uid> own;
  domain::AttributeSet attributes = 0;
  ChangeKind kind = ChangeKind::kWithdrawn;
  // Of the last entry: the order on the page.
  uint64_t position = 0;
};

int Weight(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kSplit:
      return 3;
    case ChangeKind::kMerged:
      return 2;
    case ChangeKind::kChanged:
      return 1;
    case ChangeKind::kWithdrawn:
      return 0;
  }
  return 0;
}

v1::ChangeKind ToMessage(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kChanged:
      return v1::CHANGE_KIND_CHANGED;
    case ChangeKind::kMerged:
      return v1::CHANGE_KIND_MERGED;
    case ChangeKind::kSplit:
      return v1::CHANGE_KIND_SPLIT;
    case ChangeKind::kWithdrawn:
      return v1::CHANGE_KIND_WITHDRAWN;
  }
  return v1::CHANGE_KIND_UNSPECIFIED;
}

std::vector<Uid> UidsOf(const std::vector<storage::DetailRow>& details) {
  std::vector<Uid> uids;
  for (const storage::DetailRow& detail : details) uids.push_back(detail.uid);
  return uids;
}

// A page in the making, for one agency and purpose.
class PageMaker {
 public:
  PageMaker(Core& core, const AgencyEntry& agency, const Access& access,
            codes::Date today)
      : core_(core), agency_(agency), access_(access), today_(today) {}

  absl::Status Add(std::span<const storage::MailboxRow> rows) {
    std::vector<Uid> uids;
    for (const storage::MailboxRow& row : rows) uids.push_back(row.uid);
    const auto persons = ReadPersons(core_, uids);
    if (!persons.ok()) return persons.status();
    std::map<Uid, Coalesced> by_handle;
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::shared_ptr<const Person>& person = (*persons)[i];
      if (person == nullptr) continue;
      std::vector<Uid> own = person->OwnGroup(agency_.number, rows[i].uid);
      if (own.empty()) continue;
      Coalesced& entry = by_handle[own.front()];
      entry.person = person;
      entry.own = std::move(own);
      entry.attributes |= rows[i].attributes;
      entry.position = rows[i].position;
      if (Weight(rows[i].kind) > Weight(entry.kind)) entry.kind = rows[i].kind;
    }
    for (auto& [handle, entry] : by_handle) {
      entries_.push_back(std::move(entry));
    }
    std::ranges::sort(entries_, {}, &Coalesced::position);
    return absl::OkStatus();
  }

  // Puts what may be told into `page`, and commits to it in `event`. An entry
  // that by now tells nothing is left out without trace. False if it is too
  // much for one page.
  bool Write(v1::MailboxPage& page, v1::AuditEvent& event,
             std::vector<storage::DetailRow>& details) {
    domain::AttributeSet all = 0;
    size_t bytes = 0;
    for (const Coalesced& entry : entries_) {
      const domain::AttributeSet told =
          entry.attributes & access_.permissions.Visible();
      const bool regrouped =
          entry.kind == ChangeKind::kMerged || entry.kind == ChangeKind::kSplit;
      const Look look = LookOf(*entry.person, agency_, access_.permissions,
                               entry.own, today_);
      const domain::PersonClaims& claims = entry.person->side->claims;
      if (access_.permissions.empty() || (told == 0 && !regrouped) ||
          !domain::InScope(look.viewer, claims)) {
        continue;
      }
      v1::MailboxEntry& shown = *page.add_entries();
      shown.set_kind(ToMessage(entry.kind));
      *shown.mutable_view() = domain::View(look.viewer, claims, look.context);
      shown.mutable_view()->set_handle(
          agency_.handles.Encode(entry.own.front()));
      for (const std::string& name : domain::AttributeNames(told)) {
        shown.add_attributes(name);
      }
      bytes += shown.ByteSizeLong();
      if (bytes > kPageBytes && page.entries_size() > 1) return false;
      const domain::AttributeSet seen = AttributesOf(shown.view());
      all |= seen;
      details.push_back(DisclosureDetail(
          core_, *entry.person->Find(entry.own.front()), seen, agency_.id()));
    }
    event.set_count(static_cast<uint32_t>(page.entries_size()));
    for (const std::string& name : domain::AttributeNames(all)) {
      event.add_attributes(name);
    }
    return true;
  }

 private:
  Core& core_;
  const AgencyEntry& agency_;
  const Access& access_;
  const codes::Date today_;
  std::vector<Coalesced> entries_;
};

}  // namespace

struct MailboxWatchers::Watcher {
  // Recursive: `wake` may give its own ticket back.
  std::recursive_mutex mutex;
  std::function<void()> wake;
};

std::shared_ptr<void> MailboxWatchers::Watch(std::string_view agency,
                                             std::function<void()> wake) {
  auto watcher = std::make_shared<Watcher>();
  watcher->wake = std::move(wake);
  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_,
                [](const auto& entry) { return entry.second.expired(); });
  watchers_.emplace(std::string(agency), watcher);
  // Destroying the ticket waits for a call that is under way.
  return {watcher.get(), [watcher](void*) {
            const std::lock_guard quiet(watcher->mutex);
            watcher->wake = nullptr;
          }};
}

void MailboxWatchers::Wake(const std::string& agency) {
  std::vector<std::shared_ptr<Watcher>> awake;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = watchers_.equal_range(agency);
    for (auto entry = begin; entry != end; ++entry) {
      if (auto watcher = entry->second.lock()) awake.push_back(watcher);
    }
  }
  for (const std::shared_ptr<Watcher>& watcher : awake) {
    const std::lock_guard lock(watcher->mutex);
    if (watcher->wake) watcher->wake();
  }
}

uint32_t MailboxWatchers::Count(const std::string& agency) const {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(agency);
  return static_cast<uint32_t>(std::count_if(
      begin, end, [](const auto& entry) { return !entry.second.expired(); }));
}

void Mailbox::Pull(const Caller& caller, const v1::PullRequest& request,
                   Hub::Callback<v1::PullResponse> done) {
  if (request.purpose() == v1::PURPOSE_UNSPECIFIED) {
    return done(errors::Error("PURPOSE_MISSING", {.field = "purpose"}));
  }
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const int64_t now = core_.clock.Now();
  const codes::Date today = domain::DayOf(now);
  const std::shared_ptr<const Access> access =
      registry->AccessOf(*agency, today, request.purpose());
  const Purse purse{.agency = agency->number,
                    .purpose = request.purpose(),
                    .budget = access->budget,
                    .now = now};
  const auto refuse = [&](const absl::Status& why) {
    refusals_.Count(caller.path, "MailboxService.Pull", errors::ReasonOf(why));
    ++core_.counters.refusals;
    done(why);
  };
  if (auto spent = core_.budgets.Call(purse); !spent.ok()) return refuse(spent);
  const size_t most = access->budget.page_size == 0
                          ? 256
                          : static_cast<size_t>(access->budget.page_size);
  const auto size =
      PageSize(request.page_size(), {.usual = most, .most = most});
  if (!size.ok()) return done(size.status());
  auto after = core_.tokens.DecodeNumber(ListOf(caller), request.page_token());
  if (!after.ok()) return done(after.status());
  const auto state = core_.store.GetMailbox(agency->number);
  if (!state.ok()) return done(StoreError(state.status()));
  if (request.page_token().empty()) after = state->acknowledged;
  const auto found = core_.store.ReadMailbox(agency->number, *after, *size);
  if (!found.ok()) return done(StoreError(found.status()));

  v1::PullResponse response;
  v1::MailboxPage& page = *response.mutable_page();
  v1::AuditEvent event;
  std::vector<storage::DetailRow> details;
  // The changes that the page covers: half as many while they do not fit.
  std::span<const storage::MailboxRow> rows(*found);
  for (;; rows = rows.first((rows.size() + 1) / 2)) {
    PageMaker maker(core_, *agency, *access, today);
    if (auto status = maker.Add(rows); !status.ok()) return done(status);
    if (maker.Write(page, event, details)) {
      const absl::Status within = core_.budgets.Tell(purse, UidsOf(details));
      if (within.ok()) break;
      if (rows.size() <= 1) return refuse(within);
    }
    page.Clear();
    event.Clear();
    details.clear();
  }
  const uint64_t last = rows.empty() ? *after : rows.back().position;
  page.set_first_token(core_.tokens.Encode(ListOf(caller), *after));
  page.set_last_token(core_.tokens.Encode(ListOf(caller), last));
  page.set_at_end(found->size() < *size ? rows.size() == found->size()
                                        : last >= state->last);
  *page.mutable_as_of_time() = TimeUtil::MicrosecondsToTimestamp(now);
  if (page.entries().empty()) return done(std::move(response));

  event.set_kind(v1::AuditEvent::KIND_PAGE);
  event.set_actor(caller.path);
  event.set_agency(caller.agency);
  event.set_purpose(request.purpose());
  event.set_agreement(access->agreements);
  SetDetailsRoot(details, event);
  committer_.Submit(std::make_unique<LeafWork>(
      std::move(event), std::move(details),
      [this, done = std::move(done),
       response = std::move(response)](absl::StatusOr<uint64_t> leaf) mutable {
        if (!leaf.ok()) return done(leaf.status());
        v1::LeafReference& reference = *response.mutable_page()->mutable_leaf();
        reference.set_origin(core_.log_origin);
        reference.set_index(*leaf);
        core_.counters.reads_answered +=
            static_cast<uint64_t>(response.page().entries_size());
        done(std::move(response));
      }));
}

absl::Status Mailbox::Acknowledge(const Caller& caller,
                                  const v1::AcknowledgeRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  if (request.page_token().empty()) {
    return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
  }
  const auto position =
      core_.tokens.DecodeNumber(ListOf(caller), request.page_token());
  if (!position.ok()) return position.status();
  return StoreError(core_.store.AcknowledgeMailbox(agency->number, *position,
                                                   core_.clock.Now()));
}

absl::StatusOr<v1::GetMailboxResponse> Mailbox::Get(const Caller& caller) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto state = core_.store.GetMailbox(agency->number);
  if (!state.ok()) return StoreError(state.status());
  v1::GetMailboxResponse response;
  response.set_acknowledged_token(
      core_.tokens.Encode(ListOf(caller), state->acknowledged));
  response.set_waiting(state->last - state->acknowledged);
  if (state->acknowledged_time != 0) {
    *response.mutable_acknowledged_time() =
        TimeUtil::MicrosecondsToTimestamp(state->acknowledged_time);
  }
  return response;
}

}  // namespace waystation::hub
