// SPDX-License-Identifier: Apache-2.0
// Learning the weights from records whose truth nobody knows (design 6), by
// expectation maximisation (Dempster, Laird and Rubin, JRSS B 39, 1977) of
// Fellegi and Sunter's two classes, whose fields are held for independent.
//
//   u   from pairs drawn from all: nearly none of them is one person. What few
//       are, which a small file has, are weighed out.
//   m   from the pairs that share a key, one kind of key after the other. A
//   kind
//       says nothing of the fields that it is made of, since its pairs agree on
//       them by choice; so m of a field is taken from the kinds that do not use
//       it, as Splink does (Linacre and others, IJPDS 7:3, 2022). Within a kind
//       the class of different persons may look otherwise than random pairs do
//       (members of a household share more than a phone), and is fitted beside
//       m, drawn to u as far as its own pairs are few.
//
// How likely two records are one person follows from the score alone, whatever
// key they share:
//
//   odds of a pair := match share of all pairs * 2^score
//
// Pure, deterministic; the order of records and pairs does not matter.
#ifndef WAYSTATION_SERVER_DOMAIN_TRAIN_H_
#define WAYSTATION_SERVER_DOMAIN_TRAIN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "server/domain/link.h"
#include "server/domain/pair_counts.h"
#include "server/domain/score.h"

namespace waystation::config::v1 {
class Linking;
}  // namespace waystation::config::v1

namespace waystation::domain {

struct TrainOptions {
  // Most rounds of a fit; it ends before when no share moves by more than that.
  int most_rounds = 500;
  double least_change = 1e-7;
  // Of the pairs that are joined by score, the share that may be wrong, and the
  // least probability of any of them.
  double false_links = 0.0002;
  double least_probability = 0.99;
  // Pairs with at least this probability are put before a clerk.
  double asked_probability = 0.05;
};

struct LevelEstimate {
  double m = 0;
  double u = 0;
  // Pairs of one person and of two that were seen at this level, as far as they
  // were expected to be.
  double matches = 0;
  double others = 0;
  // False: too few pairs of one person know the field, or none at all was seen
  // at this level; m and u are the defaults.
  bool learned = false;
};

// What became of one kind of key.
struct SessionFit {
  FieldSet given = 0;
  std::uint64_t pairs = 0;
  // Pairs that were expected to be one person, and how sure that was: the mean
  // probability of a pair of theirs.
  double matches = 0;
  double certainty = 0;
  int rounds = 0;
  bool converged = false;
  // m was taken from it. Otherwise it had too few matches, or could not tell
  // them apart.
  bool used = false;
};

struct Trained {
  // By Level.
  std::array<LevelEstimate, kLevels> levels{};
  std::vector<SessionFit> sessions;
  // Of all pairs; 0 if nothing could be learnt.
  double match_share = 0;
  // `upper` and `lower` are proposed, the rest are the defaults.
  Thresholds thresholds;
  // Expected of the proposal, of pairs without a number in common: the share of
  // wrong ones among those joined, and of those joined or asked about among all
  // that are one person.
  double false_links = 0;
  double found = 0;

  Weights MakeWeights() const;
};

Trained Train(const PairCounts& counts, const TrainOptions& options = {});

// The probability that a pair of that score is one person.
double ProbabilityOf(double score, double match_share);

// Adds to the rules file's section: levels and thresholds.
void WriteTrained(const Trained& trained,
                  ::waystation::config::v1::Linking& linking);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_TRAIN_H_
