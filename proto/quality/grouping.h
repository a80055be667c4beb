// SPDX-License-Identifier: Apache-2.0
// How records were put into persons, held against who they truly are.
//
// A pair is two records of one human being. It counts as found where both are
// in one person, and as seen where both are in one person or in two between
// which a candidate is open.
#ifndef WAYSTATION_PROTO_QUALITY_GROUPING_H_
#define WAYSTATION_PROTO_QUALITY_GROUPING_H_

#include <cstdint>
#include <span>
#include <utility>

#include "proto/quality/share.h"

namespace waystation::quality {

struct Grouped {
  Share precision;  // joined pairs that belong together
  Share recall;     // pairs that belong together and were joined
  Share seen;       // ... or are a candidate
  // Persons that are exactly the records of one human being, and human beings
  // whose records are exactly one person.
  Share cluster_precision;
  Share cluster_recall;
  bool operator==(const Grouped&) const = default;
};

// Of each record, by its place: who it truly is, and which person holds it.
// `candidates` are pairs of persons, in any order and as often as it may be;
// those with a person that is none of `persons` are left aside. Costs what the
// records and the candidates do, however large a group is.
Grouped Judge(
    std::span<const std::uint64_t> truly,
    std::span<const std::uint64_t> persons,
    std::span<const std::pair<std::uint64_t, std::uint64_t>> candidates);

}  // namespace waystation::quality

#endif  // WAYSTATION_PROTO_QUALITY_GROUPING_H_
