// SPDX-License-Identifier: Apache-2.0
// Precision and recall of linking, estimated from what clerks said of a random
// sample of pairs, band by band.
//
// The share of pairs of one human being is estimated in each band by itself,
// with Wilson's interval, and the bands are put together by how many pairs they
// have. Intervals of sums and ratios are recovered from those of their parts
// (MOVER: Zou, Huang and Zhang, Computational Statistics and Data Analysis 53,
// 2009; Donner and Zou, Statistical Methods in Medical Research 21, 2012), so
// that a band in which all answers were alike keeps its doubt. How many pairs a
// band has may be an estimate itself: its error enters to first order. That
// several pairs may be of one record, and that clerks err, does not.
#ifndef WAYSTATION_SERVER_DOMAIN_LINKAGE_ESTIMATE_H_
#define WAYSTATION_SERVER_DOMAIN_LINKAGE_ESTIMATE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "proto/quality/share.h"
#include "server/domain/linkage_sample.h"

namespace waystation::domain {

// A band with fewer answers than this, and not all of its pairs answered, says
// too little.
inline constexpr std::uint64_t kLeastAnswers = 5;

struct Stratum {
  Band band = Band::kNumber;
  BandSize size = {};
  // Pairs that were drawn.
  std::uint64_t drawn = 0;
  // Of these, those of one human being and those of two, as clerks said.
  std::uint64_t same = 0;
  std::uint64_t different = 0;
};

struct Estimate {
  double value = 0;
  // At 95 %.
  quality::Interval interval = {};
};

// Of pairs of one human being, among those of a stratum; nullopt where too
// little was answered.
std::optional<Estimate> ShareOfSame(const Stratum& stratum);

// Of the pairs that are one person by the rules alone, those that are one human
// being. nullopt where a band of these has too few answers, or there is none.
std::optional<Estimate> EstimatePrecision(std::span<const Stratum> strata);

// Of the pairs of one human being, those that are one person or a candidate;
// pairs below all bands left aside. nullopt where a band has too few answers,
// or no pair was one human being.
std::optional<Estimate> EstimateRecall(std::span<const Stratum> strata);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_LINKAGE_ESTIMATE_H_
