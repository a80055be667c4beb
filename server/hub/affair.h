// SPDX-License-Identifier: Apache-2.0
// What a group of updates means for persons: for each set of persons that
// exchanged records or had one changed, the two sides, before and after, as
// disclosure and resolution take them.
#ifndef WAYSTATION_SERVER_HUB_AFFAIR_H_
#define WAYSTATION_SERVER_HUB_AFFAIR_H_

#include <memory>
#include <span>
#include <vector>

#include "server/domain/claims.h"
#include "server/domain/resolve.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// One person on one side.
struct PersonSide {
  storage::PersonId person = 0;
  std::vector<storage::Uid> members;
  std::vector<RecordPtr> records;
  // Of the records, then of the office's own claims.
  std::vector<domain::RecordView> views;
  domain::PersonClaims claims;
  // The attributes that `claims` are of.
  domain::AttributeSet wanted = 0;
  // Active value decisions that name a member.
  std::vector<const store::v1::StoredDecision*> decisions;
};

// Sides hold the claims that can matter: on what changed, and on what opens the
// scope of own records. If the latter changed itself, all of them.
struct Affair {
  std::vector<std::unique_ptr<PersonSide>> before;
  std::vector<std::unique_ptr<PersonSide>> after;
  // Records that were changed, of whichever person.
  std::vector<const ChangedRecord*> changed;
  // Attributes on which claims or decisions changed; all, if records moved.
  domain::AttributeSet attributes = 0;
  // Persons are not the same sets of records as before.
  bool moved = false;
};

// `decisions` are active; those that name no member are left aside. So are
// claims on attributes that are not `wanted`.
std::unique_ptr<PersonSide> MakeSide(
    const Snapshot& registry, std::vector<RecordPtr> records,
    std::span<const DecisionPtr> decisions,
    domain::AttributeSet wanted = ~domain::AttributeSet{0});

// The affairs that the records `touched` belong to, each once. Their persons
// are known to the planning, before and after.
std::vector<Affair> AffairsOf(const Planning& planning,
                              std::span<const storage::Uid> touched);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_AFFAIR_H_
