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

}  // namespace waystation::hub
