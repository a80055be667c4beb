// SPDX-License-Identifier: Apache-2.0
// How pairs of records stand around some of them, read from the store as
// linking would: by blocking keys, shared numbers and persons, never by going
// through all pairs. Pairs that clerks have ruled on are left out.
#ifndef WAYSTATION_SERVER_HUB_PAIR_SURVEY_H_
#define WAYSTATION_SERVER_HUB_PAIR_SURVEY_H_

#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "server/domain/linkage_sample.h"
#include "server/domain/linking.h"
#include "server/domain/score.h"
#include "server/hub/core.h"
#include "server/storage/store.h"

namespace waystation::hub {

class PairSurvey {
 public:
  using Pairs = std::vector<std::pair<domain::Pair, domain::Band>>;

  // Both are borrowed.
  PairSurvey(const Core& core, const domain::Linking& linking, double width)
      : core_(core), linking_(linking), width_(width) {}

  // The banded pairs of each; nullopt where no record has that uid, or what had
  // it was erased. A pair is found from either of its records.
  absl::StatusOr<std::vector<std::optional<Pairs>>> LookAt(
      std::span<const storage::Uid> uids);

 private:
  using Uids = std::vector<storage::Uid>;

  absl::Status LoadVectors(const Uids& uids);
  absl::Status LoadPersons(const Uids& uids);
  // Who shares a key or a number with each of these.
  absl::Status FindPartners(const Uids& live);
  absl::Status AddMembers(const Uids& live);
  absl::Status FindCandidates();
  absl::Status FindRuled(const Uids& live);
  std::optional<domain::Band> BandOf(const domain::Pair& pair) const;

  const Core& core_;
  const domain::Linking& linking_;
  const double width_;
  // Of one call.
  absl::flat_hash_map<storage::Uid, domain::MatchVector> vectors_;
  absl::flat_hash_map<storage::Uid, storage::PersonId> person_of_;
  std::map<storage::Uid, std::set<storage::Uid>> partners_;
  // Members of the persons that were asked about.
  std::map<storage::PersonId, Uids> members_;
  std::set<std::pair<storage::PersonId, storage::PersonId>> candidates_;
  std::set<domain::Pair> ruled_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PAIR_SURVEY_H_
