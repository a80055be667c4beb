// SPDX-License-Identifier: Apache-2.0
// All records blocked, scored and put into persons at once, as design 6 says,
// and held against the truth.
//
// Counted as proto/quality/grouping.h has it.
#ifndef TESTS_BENCH_LINKAGE_QUALITY_H_
#define TESTS_BENCH_LINKAGE_QUALITY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/quality/share.h"
#include "server/domain/link.h"
#include "server/domain/score.h"
#include "tests/bench/linked_records.h"

namespace waystation::bench {

struct Compared {
  std::vector<domain::Edge> edges;
  std::uint64_t pairs = 0;
  // Of one human being.
  std::uint64_t true_pairs = 0;
  std::uint64_t blocks = 0;
  std::uint64_t over_cap = 0;
  std::uint64_t largest = 0;
  double block_seconds = 0;
  double score_seconds = 0;
};

// All pairs are scored `rounds` times.
Compared CompareAll(const std::vector<Entry>& entries,
                    const domain::Weights& weights, std::size_t cap,
                    double lower, int rounds);

struct Linked {
  // By place in the list.
  std::vector<std::uint32_t> person_of;
  // Persons between which a candidate is open.
  std::set<std::pair<std::uint32_t, std::uint32_t>> candidates;
  std::map<domain::Doubt, std::uint64_t> doubts;
  std::uint64_t over_limit = 0;
};

Linked Link(const std::vector<Entry>& entries,
            const std::vector<domain::Edge>& edges,
            const domain::Thresholds& thresholds);

using quality::F1;
using quality::Share;

struct Quality {
  Share precision;  // joined pairs that belong together
  Share recall;     // pairs that belong together and were joined
  Share seen;       // ... or are a candidate
};

void Print(const char* what, const Share& share);

struct Report {
  Quality all;
  // Of which at least one record has no number that identifies.
  Quality without_number;
  std::map<std::string, Quality> by_sectors;
  std::map<std::string, Quality> by_defect;
  // Of which at least one record is of somebody of that kind (kin.h of the
  // population).
  std::map<std::string, Quality> by_kind;
  // Persons that are exactly the records of one human being, and human beings
  // whose records are exactly one person.
  Share cluster_precision;
  Share cluster_recall;
  // Pairs of records that are one person and are not one human being.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> wrong;
};

Report Judge(const std::vector<Entry>& entries, const Linked& linked);

}  // namespace waystation::bench

#endif  // TESTS_BENCH_LINKAGE_QUALITY_H_
