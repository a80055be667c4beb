// SPDX-License-Identifier: Apache-2.0
#include "server/hub/open_conflicts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "proto/errors/reason.h"

namespace waystation::hub {
namespace {

using storage::OpenItem;
using storage::OpenItemKey;

bool HasOneSource(std::span<const domain::Claim> claims) {
  return std::ranges::all_of(claims, [&](const domain::Claim& claim) {
    return claim.uid == claims.front().uid;
  });
}

OpenItem MakeItem(const Planning& planning, const PersonSide& side,
                  domain::AttributeNumber attribute,
                  const domain::Resolution& resolution) {
  const errors::Reason* reason =
      errors::FindReason(domain::ReasonOf(resolution.why));
  return {.kind = OpenItem::Kind::kConflict,
          .a = side.person,
          .attribute = static_cast<uint32_t>(attribute),
          .entry = planning.core.hashes.Entry(static_cast<uint32_t>(attribute),
                                              resolution.entry_key),
          .opened_time = planning.now,
          .reopened = resolution.kept_open == 0 && !resolution.reopened.empty(),
          .agencies = AgenciesOf(resolution, side),
          .etag = ConflictEtag(planning.core.hashes, resolution),
          .reason = reason == nullptr ? 0 : reason->number};
}

}  // namespace

std::vector<storage::AgencyNumber> AgenciesOf(
    const domain::Resolution& resolution, const PersonSide& side) {
  std::vector<storage::AgencyNumber> agencies;
  for (const domain::Group& group : resolution.groups) {
    for (const uint32_t member : group.members) {
      if (resolution.claims[member].is_office()) continue;
      const auto record = std::ranges::lower_bound(
          side.records, resolution.claims[member].uid, {},
          [](const RecordPtr& held) { return held->uid; });
      agencies.push_back((*record)->agency);
    }
  }
  std::ranges::sort(agencies);
  agencies.erase(std::unique(agencies.begin(), agencies.end()), agencies.end());
  return agencies;
}

storage::KeyHash ConflictEtag(const Hashes& hashes,
                              const domain::Resolution& resolution) {
  std::string state = resolution.entry_key;
  for (const domain::Claim& claim : resolution.claims) {
    absl::StrAppend(&state, "\n", claim.uid, " ", claim.revision, " ",
                    static_cast<int>(claim.grade), " ",
                    claim.full->SerializeAsString());
  }
  absl::StrAppend(&state, "\nruled ", resolution.ruled_by);
  if (resolution.kept_open != 0) {
    absl::StrAppend(&state, " kept_open ", resolution.kept_open);
  }
  for (const uint64_t number : resolution.reopened) {
    absl::StrAppend(&state, " ", number);
  }
  return hashes.Etag(state);
}

void UpdateConflicts(Planning& planning, const Affair& affair,
                     const Outlook& outlook) {
  // What was open of this, by attribute and entry: since when. Of two persons
  // that became one the older item goes on.
  std::map<std::pair<uint32_t, storage::KeyHash>, int64_t> open_since;
  for (const std::unique_ptr<PersonSide>& side : affair.before) {
    const auto& items = planning.state.items();
    for (auto item = items.lower_bound({.a = side->person});
         item != items.end() && item->first.kind == OpenItem::Kind::kConflict &&
         item->first.a == side->person;
         ++item) {
      const OpenItemKey& key = item->first;
      if ((affair.attributes &
           domain::BitOf(static_cast<int>(key.attribute))) == 0) {
        continue;
      }
      planning.change.items[key] = std::nullopt;
      int64_t& since =
          open_since
              .try_emplace({key.attribute, key.entry}, item->second.opened_time)
              .first->second;
      since = std::min(since, item->second.opened_time);
    }
  }
  for (const std::unique_ptr<PersonSide>& side : affair.after) {
    if (side->views.size() < 2) continue;
    domain::ForEachAttribute(
        affair.attributes & side->claims.attributes(),
        [&](domain::AttributeNumber attribute) {
          const auto claims = side->claims.Of(attribute);
          if (HasOneSource(claims)) return;
          for (const domain::Resolution& resolution :
               domain::Resolve(outlook.rules->Of(attribute), claims,
                               side->decisions, outlook.as_of)) {
            if (!resolution.is_conflict()) continue;
            OpenItem item = MakeItem(planning, *side, attribute, resolution);
            const auto since = open_since.find({item.attribute, item.entry});
            if (since != open_since.end()) item.opened_time = since->second;
            const OpenItemKey key = KeyOf(item);
            planning.change.items[key] = std::move(item);
          }
        });
  }
}

}  // namespace waystation::hub
