// SPDX-License-Identifier: Apache-2.0
#include "server/hub/mailbox_page.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/domain/disclosure.h"
#include "server/hub/disclosure.h"
#include "server/hub/leaf_work.h"
#include "server/hub/page_size.h"

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

std::vector<Coalesced> Coalesce(
    const AgencyEntry& agency, std::span<const storage::MailboxRow> rows,
    std::span<const std::shared_ptr<const Person>> persons) {
  std::map<Uid, Coalesced> by_handle;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (persons[i] == nullptr) continue;
    std::vector<Uid> own = persons[i]->OwnGroup(agency.number, rows[i].uid);
    if (own.empty()) continue;
    Coalesced& entry = by_handle[own.front()];
    entry.person = persons[i];
    entry.own = std::move(own);
    entry.attributes |= rows[i].attributes;
    entry.position = rows[i].position;
    if (Weight(rows[i].kind) > Weight(entry.kind)) entry.kind = rows[i].kind;
  }
  std::vector<Coalesced> entries;
  entries.reserve(by_handle.size());
  for (auto& [handle, entry] : by_handle) entries.push_back(std::move(entry));
  std::ranges::sort(entries, {}, &Coalesced::position);
  return entries;
}

}  // namespace

Purse MailboxReading::purse() const {
  return {.agency = agency.number,
          .purpose = purpose,
          .budget = access.budget,
          .now = now};
}

absl::StatusOr<size_t> MailboxReading::SizeOf(int32_t asked) const {
  const size_t most = access.budget.page_size == 0
                          ? kMostOnPage
                          : static_cast<size_t>(access.budget.page_size);
  return PageSize(asked, {.usual = most, .most = most});
}

std::vector<Uid> PreparedPage::uids() const {
  std::vector<Uid> uids;
  uids.reserve(details.size());
  for (const storage::DetailRow& detail : details) uids.push_back(detail.uid);
  return uids;
}

std::optional<PreparedPage> PreparePage(
    Core& core, const MailboxReading& reading,
    std::span<const storage::MailboxRow> rows,
    std::span<const std::shared_ptr<const Person>> persons) {
  const AgencyEntry& agency = reading.agency;
  const domain::Permissions& permissions = reading.access.permissions;
  const codes::Date today = domain::DayOf(reading.now);
  PreparedPage prepared;
  domain::AttributeSet all = 0;
  size_t bytes = 0;
  for (const Coalesced& entry : Coalesce(agency, rows, persons)) {
    const domain::AttributeSet told = entry.attributes & permissions.Visible();
    const bool regrouped =
        entry.kind == ChangeKind::kMerged || entry.kind == ChangeKind::kSplit;
    const Look look =
        LookOf(*entry.person, agency, permissions, entry.own, today);
    const domain::PersonClaims& claims = entry.person->side->claims;
    if (permissions.empty() || (told == 0 && !regrouped) ||
        !domain::InScope(look.viewer, claims)) {
      continue;
    }
    v1::MailboxEntry& shown = *prepared.page.add_entries();
    shown.set_kind(ToMessage(entry.kind));
    *shown.mutable_view() = domain::View(look.viewer, claims, look.context);
    shown.mutable_view()->set_handle(agency.handles.Encode(entry.own.front()));
    for (const std::string& name : domain::AttributeNames(told)) {
      shown.add_attributes(name);
    }
    bytes += shown.ByteSizeLong();
    if (bytes > kPageBytes && prepared.page.entries_size() > 1) {
      return std::nullopt;
    }
    const domain::AttributeSet seen = AttributesOf(shown.view());
    all |= seen;
    prepared.details.push_back(DisclosureDetail(
        core, *entry.person->Find(entry.own.front()), seen, agency.id()));
  }
  *prepared.page.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(reading.now);

  v1::AuditEvent& event = prepared.event;
  event.set_kind(v1::AuditEvent::KIND_PAGE);
  event.set_actor(reading.caller.path);
  event.set_agency(reading.caller.agency);
  event.set_purpose(reading.purpose);
  event.set_agreement(reading.access.agreements);
  event.set_count(static_cast<uint32_t>(prepared.page.entries_size()));
  for (const std::string& name : domain::AttributeNames(all)) {
    event.add_attributes(name);
  }
  SetDetailsRoot(prepared.details, event);
  return prepared;
}

void SetRange(const Core& core, const Caller& caller, uint64_t first,
              uint64_t last, v1::MailboxPage& page) {
  page.set_first_token(TokenOf(core.tokens, caller, first));
  page.set_last_token(TokenOf(core.tokens, caller, last));
}

std::string TokenOf(const PageTokens& tokens, const Caller& caller,
                    uint64_t position) {
  return tokens.Encode(ListOf(caller), position);
}

absl::StatusOr<uint64_t> PositionOf(const PageTokens& tokens,
                                    const Caller& caller,
                                    std::string_view token) {
  return tokens.DecodeNumber(ListOf(caller), token);
}

void SetLeaf(Core& core, uint64_t leaf, v1::MailboxPage& page) {
  page.mutable_leaf()->set_origin(core.log_origin);
  page.mutable_leaf()->set_index(leaf);
  core.counters.reads_answered += static_cast<uint64_t>(page.entries_size());
}

}  // namespace waystation::hub
