// SPDX-License-Identifier: Apache-2.0
#include "server/hub/own_groups.h"

#include <algorithm>
#include <utility>

#include "server/domain/link.h"

namespace waystation::hub {

using storage::Uid;

std::vector<std::vector<Uid>> OwnGroupsOf(const AgencyEntry& agency,
                                          std::span<const RecordPtr> records,
                                          const PairRulings& rulings) {
  std::vector<const Record*> own;
  for (const RecordPtr& record : records) {
    if (record->agency == agency.number) own.push_back(record.get());
  }
  if (own.empty()) return {};
  if (own.size() == 1) return {{own.front()->uid}};
  std::vector<domain::LinkFeatures> features;
  features.reserve(own.size());
  for (const Record* record : own) {
    // The sector plays no part among records of one agency.
    features.push_back(
        domain::FeaturesOf({.uid = record->uid,
                            .sector = {},
                            .record = &record->stored,
                            .unique_keys = agency.agency.unique_keys()}));
  }
  return domain::OwnGroups(features, {}, rulings.must(), rulings.cannot(), {});
}

std::vector<Uid> OwnGroupWith(Uid uid, const AgencyEntry& agency,
                              std::span<const RecordPtr> records,
                              const PairRulings& rulings) {
  for (std::vector<Uid>& group : OwnGroupsOf(agency, records, rulings)) {
    if (std::ranges::binary_search(group, uid)) return std::move(group);
  }
  return {};
}

}  // namespace waystation::hub
