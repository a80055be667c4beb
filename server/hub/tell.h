// SPDX-License-Identifier: Apache-2.0
// Who is told of a change, and of what: entries for mailboxes, without values
// (design 8 and 9), and what agencies' own clerks are asked about conflicts.
#ifndef WAYSTATION_SERVER_HUB_TELL_H_
#define WAYSTATION_SERVER_HUB_TELL_H_

#include <span>

#include "absl/container/flat_hash_map.h"
#include "proto/codes/date.h"
#include "server/domain/rules.h"
#include "server/hub/affair.h"
#include "server/hub/planning.h"

namespace waystation::hub {

class Teller {
 public:
  // Borrowed.
  explicit Teller(Planning& planning);

  // `before` are the outlooks of which each recipient was told under one, or
  // under several of them.
  void Tell(const Affair& affair, std::span<const Outlook> before,
            const Outlook& after);

  // The smallest uid of the agency's own group around a record that Tell has
  // looked at, which is what its handle names; 0 for one that it has not.
  storage::Uid HandleUid(storage::Uid uid) const;

  const PairRulings& rulings_after() const { return rulings_after_; }

 private:
  struct Viewing;
  void TellAgency(const Affair& affair, std::span<const Outlook> before,
                  const Outlook& after, const AgencyEntry& agency);
  domain::AttributeSet RelevantTo(const Viewing& viewing) const;

  Planning& planning_;
  const PairRulings rulings_before_;
  const PairRulings rulings_after_;
  absl::flat_hash_map<storage::Uid, storage::Uid> handle_uids_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_TELL_H_
