// SPDX-License-Identifier: Apache-2.0
// What pairs of records look like, counted: all that weights are learnt from.
// A pair is how its fields agree, so that some ten thousand numbers stand for
// billions of pairs, and none of them names anybody.
#ifndef WAYSTATION_SERVER_DOMAIN_PAIR_COUNTS_H_
#define WAYSTATION_SERVER_DOMAIN_PAIR_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/domain/blocking.h"
#include "server/domain/score.h"

namespace waystation::domain {

// How many pairs agree just so. At most one number for each combination of
// levels that there can be: 86,400.
class LevelCounts {
 public:
  void Add(const LevelsOfPair& levels, std::uint64_t times = 1);

  std::uint64_t pairs() const { return pairs_; }

  struct Row {
    LevelsOfPair levels;
    std::uint64_t pairs = 0;
    bool operator==(const Row&) const = default;
  };
  // Ascending by levels, whatever the order in which they were added. Fields
  // outside `fields` are taken for missing.
  std::vector<Row> Rows(FieldSet fields) const;

 private:
  absl::flat_hash_map<std::uint64_t, std::uint64_t> counts_;
  std::uint64_t pairs_ = 0;
};

// Pairs that were found because they agree on something.
struct Session {
  // What they agree on, or what follows from that: it says nothing of how often
  // records of one person agree.
  FieldSet given = 0;
  LevelCounts counts;
};

struct PairCounts {
  // Drawn from all pairs.
  LevelCounts random;
  // One for each kind of key, and one for the numbers that identify.
  std::vector<Session> sessions;
  // Each pair that any session has, once: what would be held against each
  // other.
  LevelCounts candidates;
  // All pairs that there are.
  double all_pairs = 0;
};

struct CountOptions {
  std::uint64_t random_pairs = 4'000'000;
  std::uint64_t seed = 1;
  std::size_t block_cap = kBlockCap;
  // Asked now and then; true ends it, with what was counted so far.
  std::function<bool()> stop = {};
};

// Compares the pairs of each block, and `random_pairs` drawn by `seed` (all
// there are if they are no more). The same records in the same order give the
// same counts; in another order other random pairs are drawn. Memory: 100 bytes
// a record beside the records.
PairCounts CountPairs(std::span<const MatchVector> records,
                      const CountOptions& options = {});

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_PAIR_COUNTS_H_
