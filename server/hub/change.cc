// SPDX-License-Identifier: Apache-2.0
#include "server/hub/change.h"

#include <algorithm>
#include <iterator>

namespace waystation::hub {

void ChangedBlock::ApplyTo(std::vector<storage::Uid>& members) const {
  std::vector<storage::Uid> rest;
  std::ranges::set_difference(members, lost, std::back_inserter(rest));
  members.clear();
  std::ranges::set_union(rest, gained, std::back_inserter(members));
}

void PutOver(const std::map<storage::KeyHash, ChangedCode>& changed,
             storage::Uid uid, std::vector<storage::HolderCodeRow>& codes) {
  for (const auto& [hash, code] : changed) {
    if (code.after.uid != uid) continue;
    const auto place = std::ranges::lower_bound(codes, hash, {},
                                                &storage::HolderCodeRow::hash);
    if (place != codes.end() && place->hash == hash) {
      *place = code.after;
    } else {
      codes.insert(place, code.after);
    }
  }
}

}  // namespace waystation::hub
