// SPDX-License-Identifier: Apache-2.0
#include "server/domain/train.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

using Rows = std::vector<LevelCounts::Row>;
// By Level.
using Shares = std::array<double, kLevels>;

constexpr FieldSet kAllFields = (FieldSet{1} << kFields) - 1;
// Pairs of one person that a kind of key, and a field, must have.
constexpr double kLeastMatches = 30;
// Mean probability of a pair of one person, below which a kind of key cannot
// tell them apart.
constexpr double kLeastCertainty = 0.8;
// How much u counts against the pairs of different persons in a fit, as a share
// of all its pairs.
constexpr double kDrawnToU = 0.05;
// Pairs as which the defaults of m count: a share of those of one person, and
// at least so many. What was never seen is not impossible for that.
constexpr double kDefaultShare = 0.01;
constexpr double kDefaultPairs = 2;
// Pairs by which no share of u is 0.
constexpr double kLeastPairs = 0.5;
// Thresholds are proposed in steps of this many bits.
constexpr double kStep = 0.5;

std::size_t IndexOf(Level level) { return static_cast<std::size_t>(level); }

Shares DefaultM() {
  Shares shares{};
  for (std::size_t i = 0; i < kLevels; ++i) shares[i] = Levels()[i].m;
  return shares;
}

// The share of each level among those of its field.
Shares SharesOf(const Shares& counts) {
  std::array<double, kFields> sums{};
  for (std::size_t i = 0; i < kLevels; ++i) {
    sums[static_cast<std::size_t>(Levels()[i].field)] += counts[i];
  }
  Shares shares{};
  for (std::size_t i = 0; i < kLevels; ++i) {
    const double sum = sums[static_cast<std::size_t>(Levels()[i].field)];
    shares[i] = sum > 0 ? counts[i] / sum : 0;
  }
  return shares;
}

double SumOf(const Shares& counts, Field field) {
  double sum = 0;
  for (std::size_t i = 0; i < kLevels; ++i) {
    if (Levels()[i].field == field) sum += counts[i];
  }
  return sum;
}

// Two classes of pairs.
struct Mixture {
  // Of the pairs, those of one person.
  double share = 0.5;
  Shares m{};
  Shares u{};
};

// Rows, given to both classes by how probable each is.
struct Split {
  Shares matches{};
  Shares others{};
  double pairs = 0;
  double of_one_person = 0;
  // Sum of squared probabilities.
  double certain = 0;
};

Split SplitRows(const Rows& rows, const Mixture& mixture) {
  Shares log_odds{};
  for (std::size_t i = 0; i < kLevels; ++i) {
    log_odds[i] = std::log(mixture.m[i] / mixture.u[i]);
  }
  const double at_first = std::log(mixture.share) - std::log1p(-mixture.share);
  Split split;
  for (const LevelCounts::Row& row : rows) {
    const auto pairs = static_cast<double>(row.pairs);
    double sum = at_first;
    for (const Level level : row.levels) {
      if (level != Level::kMissing) sum += log_odds[IndexOf(level)];
    }
    const double probability = 1 / (1 + std::exp(-sum));
    split.pairs += pairs;
    split.of_one_person += pairs * probability;
    split.certain += pairs * probability * probability;
    for (const Level level : row.levels) {
      if (level == Level::kMissing) continue;
      split.matches[IndexOf(level)] += pairs * probability;
      split.others[IndexOf(level)] += pairs * (1 - probability);
    }
  }
  return split;
}

// Counts with so many pairs added that are spread as `shares` are.
Shares Drawn(Shares counts, const Shares& shares, double pairs) {
  for (std::size_t i = 0; i < kLevels; ++i) counts[i] += pairs * shares[i];
  return SharesOf(counts);
}

// m, from what pairs of one person looked like.
Shares DrawnToDefaults(const Shares& matches) {
  const Shares defaults = SharesOf(DefaultM());
  Shares counts = matches;
  for (std::size_t i = 0; i < kLevels; ++i) {
    counts[i] += std::max(kDefaultPairs,
                          kDefaultShare * SumOf(matches, Levels()[i].field)) *
                 defaults[i];
  }
  return SharesOf(counts);
}

double LargestChange(const Shares& a, const Shares& b) {
  double largest = 0;
  for (std::size_t i = 0; i < kLevels; ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

double ShareOfMatches(const Split& split) {
  // Neither class is ever empty.
  return std::clamp(split.of_one_person / split.pairs, 1e-12, 1 - 1e-6);
}

// What different persons look like: random pairs, without those that `m` says
// are one.
Split SplitRandom(const Rows& rows, const Shares& m,
                  const TrainOptions& options, Shares& u) {
  Shares even{};
  even.fill(1);
  Split split;
  for (const LevelCounts::Row& row : rows) {
    for (const Level level : row.levels) {
      if (level == Level::kMissing) continue;
      split.others[IndexOf(level)] += static_cast<double>(row.pairs);
    }
  }
  const auto smooth = [&](const Shares& counts) {
    return Drawn(counts, even, kLeastPairs);
  };
  u = smooth(split.others);
  Mixture mixture{.share = 1e-6, .m = m, .u = u};
  for (int round = 0; round < options.most_rounds && !rows.empty(); ++round) {
    split = SplitRows(rows, mixture);
    mixture.u = smooth(split.others);
    mixture.share = ShareOfMatches(split);
    const double change = LargestChange(mixture.u, u);
    u = mixture.u;
    if (change <= options.least_change) break;
  }
  return split;
}

// Fits one kind of key; what its matches look like goes into `matches`.
SessionFit Fit(const Session& session, const Shares& u,
               const TrainOptions& options, Shares& matches) {
  SessionFit fit{.given = session.given, .pairs = session.counts.pairs()};
  const Rows rows = session.counts.Rows(kAllFields & ~session.given);
  if (rows.empty()) return fit;
  Mixture mixture{.share = 0.5, .m = SharesOf(DefaultM()), .u = u};
  const double drawn = kDrawnToU * static_cast<double>(fit.pairs);
  Split split;
  while (fit.rounds < options.most_rounds && !fit.converged) {
    ++fit.rounds;
    split = SplitRows(rows, mixture);
    const Mixture next{.share = ShareOfMatches(split),
                       .m = DrawnToDefaults(split.matches),
                       .u = Drawn(split.others, u, drawn)};
    fit.converged = std::max({LargestChange(next.m, mixture.m),
                              LargestChange(next.u, mixture.u),
                              std::abs(next.share - mixture.share)}) <=
                    options.least_change;
    mixture = next;
  }
  fit.matches = split.of_one_person;
  fit.certainty =
      split.of_one_person > 0 ? split.certain / split.of_one_person : 0;
  fit.used = fit.matches >= kLeastMatches && fit.certainty >= kLeastCertainty;
  if (fit.used) {
    for (std::size_t i = 0; i < kLevels; ++i) matches[i] += split.matches[i];
  }
  return fit;
}

// --- how much is enough ---

struct Scored {
  double score = 0;
  double pairs = 0;
  bool has_number = false;
};

// By falling score.
std::vector<Scored> Score(const LevelCounts& candidates,
                          const Weights& weights) {
  std::vector<Scored> scored;
  for (const LevelCounts::Row& row : candidates.Rows(kAllFields)) {
    Scored& one = scored.emplace_back();
    one.score = Weigh(row.levels, weights).score;
    one.pairs = static_cast<double>(row.pairs);
    one.has_number = row.levels[0] == Level::kNumberSame;
  }
  std::ranges::stable_sort(scored, std::ranges::greater{}, &Scored::score);
  return scored;
}

// Of all pairs, so that it is what the scores of the candidates make of it.
double MatchShare(const std::vector<Scored>& scored, double all_pairs,
                  const TrainOptions& options) {
  double share = 1 / all_pairs;
  for (const Scored& one : scored) share += one.pairs / all_pairs / 2;
  share = std::min(share, 0.5);
  for (int round = 0; round < options.most_rounds; ++round) {
    double matches = 0;
    for (const Scored& one : scored) {
      matches += one.pairs * ProbabilityOf(one.score, share);
    }
    const double next = std::clamp(matches / all_pairs, 1e-18, 0.5);
    const bool stands = std::abs(next - share) <= options.least_change * share;
    share = next;
    if (stands) break;
  }
  return share;
}

// The score of that probability.
double ScoreOf(double probability, double match_share) {
  return std::log2(probability / (1 - probability)) -
         std::log2(match_share / (1 - match_share));
}

double RoundUp(double bits) { return std::ceil(bits / kStep) * kStep; }

void ProposeThresholds(const std::vector<Scored>& scored,
                       const TrainOptions& options, Trained& trained) {
  double upper = ScoreOf(options.least_probability, trained.match_share);
  double joined = 0;
  double wrong = 0;
  for (const Scored& one : scored) {
    // Those are joined by their number.
    if (one.has_number) continue;
    if (one.score < upper) break;
    joined += one.pairs;
    wrong += one.pairs * (1 - ProbabilityOf(one.score, trained.match_share));
    if (wrong > options.false_links * joined) {
      upper = one.score + kStep;
      break;
    }
  }
  trained.thresholds.upper = RoundUp(upper);
  trained.thresholds.lower =
      std::min(RoundUp(ScoreOf(options.asked_probability, trained.match_share)),
               trained.thresholds.upper);
}

void Expect(const std::vector<Scored>& scored, Trained& trained) {
  double joined = 0;
  double wrong = 0;
  double seen = 0;
  double all = 0;
  for (const Scored& one : scored) {
    if (one.has_number) continue;
    const double probability = ProbabilityOf(one.score, trained.match_share);
    all += one.pairs * probability;
    if (one.score >= trained.thresholds.lower) seen += one.pairs * probability;
    if (one.score < trained.thresholds.upper) continue;
    joined += one.pairs;
    wrong += one.pairs * (1 - probability);
  }
  trained.false_links = joined > 0 ? wrong / joined : 0;
  trained.found = all > 0 ? seen / all : 1;
}

}  // namespace

double ProbabilityOf(double score, double match_share) {
  return 1 / (1 + (1 - match_share) / match_share * std::exp2(-score));
}

Weights Trained::MakeWeights() const {
  Weights weights;
  for (std::size_t i = 0; i < kLevels; ++i) {
    weights.Set(static_cast<Level>(i), levels[i].m, levels[i].u);
  }
  return weights;
}

Trained Train(const PairCounts& counts, const TrainOptions& options) {
  Trained trained;
  const Rows random = counts.random.Rows(kAllFields);
  Shares u{};
  Split others = SplitRandom(random, SharesOf(DefaultM()), options, u);
  Shares matches{};
  for (const Session& session : counts.sessions) {
    trained.sessions.push_back(Fit(session, u, options, matches));
  }
  const Shares m = DrawnToDefaults(matches);
  // Once more, now that it is known what one person's records look like.
  others = SplitRandom(random, m, options, u);
  for (std::size_t i = 0; i < kLevels; ++i) {
    const LevelInfo& info = Levels()[i];
    LevelEstimate& level = trained.levels[i];
    level = {.m = info.m,
             .u = info.u,
             .matches = matches[i],
             .others = others.others[i],
             .learned = SumOf(matches, info.field) >= kLeastMatches &&
                        SumOf(others.others, info.field) >= kLeastMatches &&
                        matches[i] + others.others[i] >= 1};
    if (level.learned) {
      level.m = m[i];
      level.u = u[i];
    }
  }
  if (std::ranges::none_of(trained.levels, &LevelEstimate::learned)) {
    return trained;
  }
  const std::vector<Scored> scored =
      Score(counts.candidates, trained.MakeWeights());
  trained.match_share = MatchShare(scored, counts.all_pairs, options);
  ProposeThresholds(scored, options, trained);
  Expect(scored, trained);
  return trained;
}

void WriteTrained(const Trained& trained, config::v1::Linking& linking) {
  for (std::size_t i = 0; i < kLevels; ++i) {
    const LevelInfo& info = Levels()[i];
    config::v1::LevelWeight& weight = *linking.add_levels();
    weight.set_field(std::string(NameOf(info.field)));
    weight.set_level(std::string(info.name));
    weight.set_m(trained.levels[i].m);
    weight.set_u(trained.levels[i].u);
  }
  linking.mutable_thresholds()->set_upper(trained.thresholds.upper);
  linking.mutable_thresholds()->set_lower(trained.thresholds.lower);
}

}  // namespace waystation::domain
