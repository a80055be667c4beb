// SPDX-License-Identifier: Apache-2.0
#include "server/hub/business_index.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "server/domain/business.h"

namespace waystation::hub {
namespace {

using domain::BusinessTie;

// What is tied in `from` and not in `to`.
std::vector<storage::IdentifierRow> Rows(const Hashes& hashes, storage::Uid uid,
                                         const std::vector<BusinessTie>& from,
                                         const std::vector<BusinessTie>& to) {
  std::vector<BusinessTie> rest;
  std::ranges::set_difference(from, to, std::back_inserter(rest));
  std::vector<storage::IdentifierRow> rows;
  for (const BusinessTie& tie : rest) {
    rows.push_back({.hash = hashes.Business(
                        static_cast<uint32_t>(tie.attribute), tie.number),
                    .epoch = hashes.epoch(),
                    .uid = uid});
  }
  return rows;
}

}  // namespace

void IndexBusinesses(Planning& planning) {
  const Hashes& hashes = planning.core.hashes;
  for (const storage::Uid uid : planning.rescored) {
    const RecordPtr record = planning.Find(uid);
    if (record == nullptr || planning.change.records.contains(uid)) continue;
    std::ranges::move(
        Rows(hashes, uid, domain::BusinessTies(record->stored), {}),
        std::back_inserter(planning.batch.identifiers_added));
  }
  for (const storage::Uid uid : planning.change.order) {
    const ChangedRecord& changed = planning.change.records.at(uid);
    if ((changed.changed & domain::kBusinessAttributes) == 0) continue;
    std::vector<BusinessTie> before;
    if (changed.before != nullptr) {
      before = domain::BusinessTies(changed.before->stored);
    }
    const std::vector<BusinessTie> after =
        domain::BusinessTies(changed.after->stored);
    std::ranges::move(Rows(hashes, uid, before, after),
                      std::back_inserter(planning.batch.identifiers_removed));
    std::ranges::move(Rows(hashes, uid, after, before),
                      std::back_inserter(planning.batch.identifiers_added));
  }
}

}  // namespace waystation::hub
