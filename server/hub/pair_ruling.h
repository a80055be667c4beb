// SPDX-License-Identifier: Apache-2.0
// Clerks' SAME and DIFFERENT as linking takes them.
#ifndef WAYSTATION_SERVER_HUB_PAIR_RULING_H_
#define WAYSTATION_SERVER_HUB_PAIR_RULING_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "server/domain/linking.h"
#include "server/hub/hashes.h"
#include "server/hub/record.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::hub {

// Of two rulings on one pair the later one counts, by number.
class PairRulings {
 public:
  PairRulings() = default;
  // `decisions` are active; value decisions are left aside.
  explicit PairRulings(std::span<const DecisionPtr> decisions);

  bool empty() const { return by_pair_.empty(); }
  std::span<const domain::Pair> must() const { return must_; }
  std::span<const domain::Pair> cannot() const { return cannot_; }
  const std::map<domain::Pair, DecisionPtr>& by_pair() const {
    return by_pair_;
  }

 private:
  std::map<domain::Pair, DecisionPtr> by_pair_;
  std::vector<domain::Pair> must_;
  std::vector<domain::Pair> cannot_;
};

// What a ruling on two records saw of one of them: identifiers, name, sex and
// birth date, as claimed.
waystation::v1::Person PinOf(const store::v1::StoredRecord& record);

// Keyed hash over what else is compared of it: household, residence, contact.
storage::KeyHash HashOfRest(const Hashes& hashes,
                            const store::v1::StoredRecord& record);

// What the two score, whether or not they are held against each other.
domain::Weighed WeighPair(const domain::Linking& linking, const Record& a,
                          const Record& b);

// Whether the ruling still rests on what it saw. One that does not stays in
// force, but the pair goes back to a clerk if there is still something to ask:
// records ruled different that agree, or records ruled one that their own
// claims would not join.
bool Holds(const Hashes& hashes, const domain::Linking& linking,
           const LoadedDecision& ruling, const Record& a, const Record& b);

// What a clerk sees of a pair, as a hash: changes with what is compared, and
// with the ruling that stands.
storage::KeyHash CandidateEtag(const Hashes& hashes, const Record& a,
                               const Record& b, const PairRulings& rulings);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PAIR_RULING_H_
