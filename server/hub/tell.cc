// SPDX-License-Identifier: Apache-2.0
#include "server/hub/tell.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/domain/disclosure.h"
#include "server/hub/own_conflicts.h"
#include "server/hub/own_groups.h"

namespace waystation::hub {
namespace {

using domain::AttributeSet;
using storage::ChangeKind;
using storage::Uid;

std::vector<OwnGroup> GroupsOf(
    const AgencyEntry& agency,
    const std::vector<std::unique_ptr<PersonSide>>& sides,
    const PairRulings& rulings) {
  std::vector<OwnGroup> groups;
  for (const std::unique_ptr<PersonSide>& side : sides) {
    for (std::vector<Uid>& own : OwnGroupsOf(agency, side->records, rulings)) {
      groups.push_back({.side = side.get(), .own = std::move(own)});
    }
  }
  return groups;
}

std::vector<storage::AgencyNumber> AgenciesOf(const Affair& affair) {
  std::vector<storage::AgencyNumber> agencies;
  for (const auto* sides : {&affair.before, &affair.after}) {
    for (const std::unique_ptr<PersonSide>& side : *sides) {
      for (const RecordPtr& record : side->records) {
        if (std::ranges::find(agencies, record->agency) == agencies.end()) {
          agencies.push_back(record->agency);
        }
      }
    }
  }
  return agencies;
}

}  // namespace

// One agency's part in an affair.
struct Teller::Viewing {
  const Affair& affair;
  const AgencyEntry& agency;
  const domain::Permissions& permissions;
  std::vector<OwnGroup> before;
  std::vector<OwnGroup> after;
  // Its own records that were changed, and what they claimed or retracted.
  std::vector<Uid> submitted;
  AttributeSet said = 0;
  bool outlook_changed = false;
};

Teller::Teller(Planning& planning)
    : planning_(planning),
      rulings_before_(planning.DecisionsBefore()),
      rulings_after_(planning.DecisionsAfter()) {}

void Teller::Tell(const Affair& affair, std::span<const Outlook> before,
                  const Outlook& after) {
  for (const storage::AgencyNumber number : AgenciesOf(affair)) {
    const AgencyEntry* agency = planning_.registry->Find(number);
    if (agency != nullptr) TellAgency(affair, before, after, *agency);
  }
}

// The attributes on which the agency's view can have changed at all, so that
// what does not concern it costs nothing.
AttributeSet Teller::RelevantTo(const Viewing& viewing) const {
  const domain::Permissions& permissions = viewing.permissions;
  const bool several = std::ranges::any_of(
      viewing.after,
      [](const OwnGroup& group) { return group.own.size() > 1; });
  const AttributeSet seen = several ? ~AttributeSet{0} : permissions.Visible();
  if (viewing.affair.moved || viewing.outlook_changed) return seen;
  AttributeSet relevant = 0;
  for (const ChangedRecord* changed : viewing.affair.changed) {
    if (changed->after->agency == viewing.agency.number) {
      relevant |= changed->changed & seen;
      if ((changed->changed & domain::kScopeAttributes) != 0) relevant |= seen;
    } else {
      const AgencyEntry* source =
          planning_.registry->Find(changed->after->agency);
      if (source != nullptr) {
        relevant |= changed->changed & permissions.Visible(source->sector());
      }
    }
  }
  // What no record changed, a decision did.
  AttributeSet decided = 0;
  for (const auto& [number, decision] : planning_.change.decisions) {
    if (decision.after->IsValueDecision()) {
      decided |=
          domain::BitOf(static_cast<int>(decision.after->stored.attribute()));
    }
  }
  return relevant | (viewing.affair.attributes & decided & seen);
}

void Teller::TellAgency(const Affair& affair, std::span<const Outlook> before,
                        const Outlook& after, const AgencyEntry& agency) {
  Viewing viewing{
      .affair = affair,
      .agency = agency,
      .permissions = planning_.PermissionsOf(agency),
      .before = GroupsOf(agency, affair.before, rulings_before_),
      .after = GroupsOf(agency, affair.after, rulings_after_),
      .submitted = {},
      .outlook_changed = std::ranges::any_of(
          before, [&](const Outlook& one) { return one != after; })};
  for (const OwnGroup& group : viewing.after) {
    for (const Uid uid : group.own) handle_uids_[uid] = group.own.front();
  }
  for (const ChangedRecord* changed : affair.changed) {
    if (changed->after->agency != agency.number) continue;
    viewing.submitted.push_back(changed->after->uid);
    viewing.said |= changed->said;
  }
  const AttributeSet relevant = RelevantTo(viewing);
  const bool all = affair.moved || viewing.outlook_changed ||
                   planning_.reexamined == agency.number ||
                   !std::ranges::equal(viewing.before, viewing.after, {},
                                       &OwnGroup::own, &OwnGroup::own);
  UpdateOwnConflicts(planning_, agency, viewing.before, viewing.after, after,
                     all ? ~AttributeSet{0} : relevant);

  for (const OwnGroup& group : viewing.after) {
    std::vector<const OwnGroup*> earlier;
    bool split = false;
    for (const OwnGroup& was : viewing.before) {
      if (!Overlap(was, group)) continue;
      earlier.push_back(&was);
      split =
          split || std::ranges::any_of(viewing.after, [&](const OwnGroup& g) {
            return &g != &group && Overlap(was, g);
          });
    }
    const bool merged = earlier.size() > 1;
    if (relevant == 0 && !merged && !split) continue;

    const auto side_of = [&](const OwnGroup& which, const Outlook& outlook) {
      return domain::Side{.claims = &which.side->claims,
                          .viewer = {.recipient = &agency.recipient,
                                     .permissions = &viewing.permissions,
                                     .own = which.own},
                          .context = {.rules = outlook.rules,
                                      .decisions = which.side->decisions,
                                      .as_of = outlook.as_of}};
    };
    const domain::Side side_after = side_of(group, after);
    const auto compare = [&](const domain::Side& side_before) {
      return domain::Compare(side_before, side_after, relevant,
                             viewing.submitted, viewing.said);
    };
    domain::Told told;
    if (earlier.empty()) {
      domain::Side unknown = side_after;
      unknown.claims = nullptr;
      unknown.context.decisions = {};
      told = compare(unknown);
    }
    for (const OwnGroup* was : earlier) {
      for (const Outlook& outlook : before) {
        const domain::Told one = compare(side_of(*was, outlook));
        told.changed |= one.changed;
        told.withdrawn |= one.withdrawn;
      }
    }

    ChangeKind kind = ChangeKind::kChanged;
    if (merged) {
      kind = ChangeKind::kMerged;
    } else if (split) {
      kind = ChangeKind::kSplit;
    } else if (told.changed == 0) {
      continue;
    } else if (told.changed == told.withdrawn) {
      kind = ChangeKind::kWithdrawn;
    }
    planning_.batch.mailbox.push_back({.agency = agency.number,
                                       .uid = group.own.front(),
                                       .attributes = told.changed,
                                       .kind = kind});
  }
}

Uid Teller::HandleUid(Uid uid) const {
  const auto found = handle_uids_.find(uid);
  return found == handle_uids_.end() ? 0 : found->second;
}

}  // namespace waystation::hub
