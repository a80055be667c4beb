// SPDX-License-Identifier: Apache-2.0
// Which records are held against each other, and what they score (design 6).
// Blocking keys stand in the store's index and scored pairs as edges, so that a
// change costs what the changed records cost. Whoever a record is held against
// is read by its vector alone:
//
//   edges := pairs that share an uncapped block, share no number, and score at
//            least the lower threshold
//
// Records that share a number are judged by it, never by a score. A block is
// capped while it has more members than the rules allow.
#ifndef WAYSTATION_SERVER_HUB_SCORING_H_
#define WAYSTATION_SERVER_HUB_SCORING_H_

#include <map>
#include <set>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/link.h"
#include "server/domain/score.h"
#include "server/hub/planning.h"

namespace waystation::hub {

// Used by one thread, for one group.
class Scoring {
 public:
  explicit Scoring(Planning& planning) : planning_(planning) {}

  // Brings blocks and edges in step with records that the group has changed, as
  // far as they are compared; of `afresh` nothing is taken to be in step.
  // Puts what changes into change and batch.
  absl::Status Run(std::span<const storage::Uid> changed,
                   std::span<const storage::Uid> afresh);

  // Ends of the edges that Run made, changed or removed.
  const std::set<storage::Uid>& touched() const { return touched_; }

 private:
  struct Keys {
    std::vector<storage::KeyHash> before;
    std::vector<storage::KeyHash> after;
    // What is held of them is not known.
    bool is_afresh = false;
  };
  // A record as it is compared.
  struct Compared {
    domain::MatchVector vector;
    DataKey data_key;
  };
  const domain::Linking& linking() const;
  size_t cap() const { return linking().block_cap; }
  domain::MatchVector VectorIn(const Record& record) const;
  std::vector<storage::KeyHash> KeysOf(const domain::MatchVector& vector) const;

  absl::Status ReadKeys(std::span<const storage::Uid> changed,
                        std::span<const storage::Uid> afresh);
  absl::StatusOr<std::vector<storage::KeyHash>> KeysBefore(
      const Record& record) const;
  absl::Status ReadChanged(storage::Uid uid);
  absl::Status ReadAfresh(storage::Uid uid, const Record& record);
  absl::Status LoadCompared(std::span<const storage::Uid> uids);
  void ChangeBlocks();
  absl::Status LoadBlocks();
  std::vector<storage::Uid> BlockAfter(const storage::KeyHash& block) const;
  void FindPairs();
  absl::Status ScorePairs();
  absl::Status LookAtFallen();
  absl::Status FindUnsupported(std::vector<storage::EdgeKey> edges);
  absl::Status SettleEdges();
  absl::Status Put(const storage::EdgeKey& key, const domain::Weighed& weighed);
  void Remove(const storage::EdgeKey& key);
  std::vector<storage::Uid>& EditNeighbours(storage::Uid uid);

  Planning& planning_;
  // Of records that changed or are looked at afresh.
  std::map<storage::Uid, Keys> keys_;
  // That they are or were in, ascending.
  std::vector<storage::KeyHash> blocks_;
  size_t limit_ = 0;
  // Blocks whose edges have lost its support: now over their cap.
  std::vector<storage::KeyHash> fallen_;
  std::vector<domain::Pair> pairs_;
  std::map<storage::EdgeKey, domain::Weighed> wanted_;
  std::set<storage::EdgeKey> unsupported_;
  std::set<storage::Uid> touched_;
  absl::flat_hash_map<storage::Uid, Compared> compared_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_SCORING_H_
