// SPDX-License-Identifier: Apache-2.0
#include "server/hub/own_conflicts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/hub/access_places.h"

namespace waystation::hub {
namespace {

using domain::AttributeSet;
using storage::OpenItem;
using storage::OpenItemKey;
using storage::Uid;

bool IsOwnClaim(const domain::Claim& claim, std::span<const Uid> own) {
  return !claim.is_office() && std::ranges::binary_search(own, claim.uid);
}

const domain::Claim& ShowsOf(const domain::Resolution& resolution,
                             const domain::Group& group,
                             std::span<const Uid> own) {
  const auto member =
      std::ranges::find_if(group.members, [&](const uint32_t place) {
        return IsOwnClaim(resolution.claims[place], own);
      });
  return resolution
      .claims[member == group.members.end() ? group.shows : *member];
}

OpenItem MakeItem(const Planning& planning, const AgencyEntry& agency,
                  const std::vector<Uid>& own,
                  domain::AttributeNumber attribute,
                  const domain::Resolution& resolution) {
  const Hashes& hashes = planning.core.hashes;
  const errors::Reason* reason =
      errors::FindReason(domain::ReasonOf(resolution.why));
  return {.kind = OpenItem::Kind::kOwnConflict,
          .a = own.front(),
          .attribute = static_cast<uint32_t>(attribute),
          .entry = hashes.Entry(static_cast<uint32_t>(attribute),
                                resolution.entry_key),
          .opened_time = planning.now,
          .agencies = {agency.number},
          .etag = OwnConflictEtag(hashes, domain::GetAttribute(attribute),
                                  resolution, own),
          .reason = reason == nullptr ? 0 : reason->number};
}

// Of an agency's group before, what was open.
struct Before {
  const OwnGroup* group = nullptr;
  OpenItem item;
};

// Takes what is open of these attributes out of the queue.
std::vector<Before> TakeOpen(Planning& planning,
                             std::span<const OwnGroup> groups,
                             AttributeSet attributes) {
  std::vector<Before> open;
  const auto& items = planning.state.items();
  for (const OwnGroup& group : groups) {
    const Uid named = group.own.front();
    for (auto item = items.lower_bound(
             {.kind = OpenItem::Kind::kOwnConflict, .a = named});
         item != items.end() &&
         item->first.kind == OpenItem::Kind::kOwnConflict &&
         item->first.a == named;
         ++item) {
      const OpenItemKey& key = item->first;
      if ((attributes & domain::BitOf(static_cast<int>(key.attribute))) == 0) {
        continue;
      }
      planning.change.items[key] = std::nullopt;
      open.push_back({.group = &group, .item = item->second});
    }
  }
  return open;
}

}  // namespace

bool Overlap(const OwnGroup& a, const OwnGroup& b) {
  return std::ranges::any_of(
      a.own, [&](Uid uid) { return std::ranges::binary_search(b.own, uid); });
}

storage::KeyHash OwnConflictEtag(const Hashes& hashes,
                                 const domain::AttributeInfo& attribute,
                                 const domain::Resolution& resolution,
                                 std::span<const Uid> own) {
  std::string state = absl::StrCat(static_cast<int>(attribute.number), " ",
                                   resolution.entry_key);
  for (const domain::Group& group : resolution.groups) {
    absl::StrAppend(&state, "\nvalue ",
                    ShowsOf(resolution, group, own).value->SerializeAsString());
    for (const uint32_t supporter : group.supporters) {
      const domain::Claim& claim = resolution.claims[supporter];
      if (!IsOwnClaim(claim, own)) continue;
      absl::StrAppend(&state, "\nown ", claim.uid, " ", claim.revision, " ",
                      static_cast<int>(claim.grade), " ",
                      claim.value->SerializeAsString());
    }
  }
  return hashes.Etag(state);
}

void UpdateOwnConflicts(Planning& planning, const AgencyEntry& agency,
                        std::span<const OwnGroup> before,
                        std::span<const OwnGroup> after, const Outlook& outlook,
                        AttributeSet attributes) {
  if (attributes == 0) return;
  // Of groups that became one the older item goes on.
  const std::vector<Before> open = TakeOpen(planning, before, attributes);
  const domain::Permissions& permissions = planning.PermissionsOf(agency);
  for (const OwnGroup& group : after) {
    const PersonSide* side = group.side;
    if (side->views.size() < 2) continue;
    std::unique_ptr<PersonSide> whole;
    if ((attributes & domain::AllAttributes() & ~side->wanted) != 0) {
      whole = MakeSide(*planning.registry, side->records,
                       planning.DecisionsAfter());
      side = whole.get();
    }
    const std::vector<domain::SeenConflicts> conflicts =
        domain::ConflictsIn({.recipient = &agency.recipient,
                             .permissions = &permissions,
                             .own = group.own},
                            side->claims,
                            {.rules = outlook.rules,
                             .decisions = side->decisions,
                             .as_of = outlook.as_of},
                            attributes);
    for (const domain::SeenConflicts& seen : conflicts) {
      for (const domain::Resolution& entry : seen.entries) {
        OpenItem item =
            MakeItem(planning, agency, group.own, seen.attribute, entry);
        for (const Before& one : open) {
          if (one.item.attribute == item.attribute &&
              one.item.entry == item.entry && Overlap(*one.group, group)) {
            item.opened_time = std::min(item.opened_time, one.item.opened_time);
          }
        }
        const OpenItemKey key = KeyOf(item);
        planning.change.items[key] = std::move(item);
      }
    }
  }
}

bool OwnConflict::IsOwn(const domain::Claim& claim) const {
  return IsOwnClaim(claim, own);
}

const domain::Claim& OwnConflict::Shows(const domain::Group& group) const {
  return ShowsOf(resolution, group, own);
}

bool OwnConflict::IsAmongOwn() const {
  return std::ranges::all_of(
      resolution.claims,
      [&](const domain::Claim& claim) { return IsOwn(claim); });
}

absl::StatusOr<std::optional<OwnConflict>> FindOwnConflict(
    Core& core, const AgencyEntry& agency,
    const domain::Permissions& permissions,
    const SubjectCodec::Conflict& named) {
  OwnConflict conflict;
  conflict.attribute = domain::FindAttribute(static_cast<int>(named.attribute));
  if (!named.own || conflict.attribute == nullptr) return std::nullopt;
  auto person = ReadPerson(core, named.uid);
  if (!person.ok()) return person.status();
  conflict.person = *std::move(person);
  if (conflict.person == nullptr) return std::nullopt;
  conflict.record = conflict.person->Find(named.uid);
  if (conflict.record == nullptr || conflict.record->agency != agency.number) {
    return std::nullopt;
  }
  conflict.own = conflict.person->OwnGroup(agency.number, named.uid);
  const Look look =
      LookOf(*conflict.person, agency, permissions, conflict.own, core.Today());
  for (domain::SeenConflicts& seen :
       domain::ConflictsIn(look.viewer, conflict.person->side->claims,
                           look.context, conflict.attribute->bit())) {
    for (domain::Resolution& entry : seen.entries) {
      if (core.hashes.Entry(named.attribute, entry.entry_key) != named.entry) {
        continue;
      }
      conflict.resolution = std::move(entry);
      conflict.cuts = std::move(seen.cuts);
      return std::optional(std::move(conflict));
    }
  }
  return std::nullopt;
}

absl::Status WhyNotDecided(Core& core, const Caller& caller,
                           const SubjectCodec::Conflict& named) {
  const auto not_available = [] {
    return errors::Error("NOT_AVAILABLE", {.field = "subject"});
  };
  const std::shared_ptr<const Snapshot> registry = core.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return not_available();
  const auto access = registry->AccessOf(*agency, core.Today());
  const auto conflict =
      FindOwnConflict(core, *agency, access->permissions, named);
  if (!conflict.ok()) return conflict.status();
  if (!conflict->has_value()) return not_available();
  return errors::Error((*conflict)->IsAmongOwn() ? "CORRECT_OWN_RECORD"
                                                 : "CONFLICT_IS_THE_OFFICES",
                       {.field = "subject"});
}

OwnConflictCheck::OwnConflictCheck(Core& core, const Reviewer& reviewer)
    : core_(core), registry_(core.registry.Get()) {
  if (reviewer.is_office()) return;
  agency_ = registry_->Find(reviewer.agency());
  if (agency_ == nullptr) return;
  access_ = registry_->AccessOf(*agency_, core.Today());
  is_current_ = core.access_places.IsCurrent(
      agency_->number, VisibleTo(*agency_, access_->permissions));
}

absl::StatusOr<bool> OwnConflictCheck::MayShow(
    const storage::OpenItem& item) const {
  if (item.kind != OpenItem::Kind::kOwnConflict) return true;
  if (agency_ == nullptr) return false;
  if (is_current_) return true;
  const auto conflict = FindOwnConflict(core_, *agency_, access_->permissions,
                                        {.uid = item.a,
                                         .attribute = item.attribute,
                                         .entry = item.entry,
                                         .own = true});
  if (!conflict.ok()) return conflict.status();
  return conflict->has_value();
}

}  // namespace waystation::hub
