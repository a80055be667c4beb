// SPDX-License-Identifier: Apache-2.0
// Who is who (design 6): which records are one person. Records are held against
// records, never against a person, and nothing here depends on the order in
// which anything arrived: ties break by agency and record key.
//
//   neighbourhood := component over shared linking identifiers, scored edges
//                    at or over the lower threshold, and must-links
//   Partition(neighbourhood) = Partition(everything), restricted to it
#ifndef WAYSTATION_SERVER_DOMAIN_LINK_H_
#define WAYSTATION_SERVER_DOMAIN_LINK_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/codes/date.h"
#include "proto/codes/sex.h"
#include "server/domain/block_list.h"
#include "server/domain/claims.h"
#include "server/domain/ids.h"

namespace waystation::domain {

// What one record brings to linking.
struct LinkFeatures {
  Uid uid = 0;
  std::string agency;
  std::string record_key;
  // Valid numbers that identify a person, normalised, ascending; placeholders
  // and failed checks are not among them. Equal strings are equal identifiers,
  // whatever kind their agencies filed them under.
  std::vector<std::string> identifiers;
  // Empty where missing or a placeholder.
  std::string name;
  std::optional<codes::PartialDate> birth_date;
  codes::Sex sex = codes::Sex::kUnknown;
  // Of an agency at which each person has one record, and this is live: it is
  // joined with another such record of the agency by a clerk only.
  bool is_only = false;
};

// Of a record as it stands, without what identifies nobody. A record that
// claims nothing has no identifiers.
LinkFeatures FeaturesOf(const RecordView& record,
                        const BlockList& block_list = {});

// Identifiers of a record that link, normalised, ascending. The keyed
// identifier index holds them whatever the rules say; those on the block list
// join nobody.
std::vector<std::string> LinkingIdentifiers(
    const ::waystation::store::v1::StoredRecord& record,
    const BlockList& block_list = {});

// Why a pair of records is left to a clerk.
enum class Doubt : std::uint8_t {
  // NAME_CONTRADICTS: one number, two names; numbers were issued twice.
  kNameContradicts = 1,
  // NAME_MISSING: one number, but a name is missing and the birth date does not
  // agree.
  kNameMissing = 2,
  // AGREES_WITH_SEVERAL: with two that contradict each other; the better one is
  // never picked.
  kRival = 3,
  // KEPT_APART: a join that a cannot-link stops.
  kKeptApart = 4,
  // SCORE_BETWEEN_THRESHOLDS.
  kBetweenThresholds = 5,
  // BRIDGES_LARGE_SETS: the only edge between them.
  kBridge = 6,
  // TOO_MANY_CANDIDATES: the neighbourhood is over its limit.
  kTooMany = 7,
};

// Its reason in proto/errors.
std::string_view ReasonOf(Doubt doubt);

// An edge between two records.
struct Edge {
  enum class Kind : std::uint8_t { kStrong, kScored };
  Uid a = 0;
  Uid b = 0;
  // Strong: 1 to 5, more for the better agreement. Scored: the weight.
  double score = 0;
  Kind kind = Kind::kStrong;
  bool operator==(const Edge&) const = default;
};

// Two records, smaller uid first.
struct Pair {
  Uid a = 0;
  Uid b = 0;
  static Pair Of(Uid x, Uid y) { return x < y ? Pair{x, y} : Pair{y, x}; }
  auto operator<=>(const Pair&) const = default;
};

struct Candidate {
  Pair pair;
  Doubt doubt = Doubt::kNameContradicts;
  bool operator==(const Candidate&) const = default;
};

// What strong identifiers say of a set of records.
struct Strong {
  std::vector<Edge> edges;
  // Pairs that share a number and are not to be joined by it.
  std::vector<Candidate> doubts;
};

// Joins the holders of each identifier as a star, so that cost grows with the
// number of different names that one number has, not with pairs of holders.
// `must` are the clerks' SAME: names that one ruling joins do not contradict.
Strong StrongEdges(std::span<const LinkFeatures> records,
                   std::span<const Pair> must);

// In bits of score.h. The defaults go with its default weights: over the
// synthetic population (tests/bench, `linkage`) false links begin below 21, and
// below 10 so many pairs are near that neighbourhoods of a million people grow
// together.
struct Thresholds {
  // Scored edges at or over it may join, unless names or birth dates contradict
  // each other (score.h): those are asked about.
  double upper = 24;
  // Scored edges under it are nothing.
  double lower = 12;
  // An edge this close to a better one rivals it.
  double margin = 6;
  // A lone edge between two sets of at least this many records is a bridge.
  std::size_t large_set = 8;
  // Over it scored edges are left aside.
  std::size_t neighbourhood_limit = 512;
  bool operator==(const Thresholds&) const = default;
};

struct LinkInput {
  std::span<const LinkFeatures> records = {};
  // Scored edges between them.
  std::span<const Edge> scored = {};
  // Decisions SAME and DIFFERENT that are inputs, as pairs of records. Pairs
  // with a record outside `records` are ignored.
  std::span<const Pair> must = {};
  std::span<const Pair> cannot = {};
  Thresholds thresholds = {};
  // Those of `records` from which edges lead out of it, since there is too much
  // to look at: their neighbourhoods are over the limit, whatever is seen.
  std::span<const Uid> cut = {};
};

struct Partitioned {
  // Each person's records by rising uid; persons by their smallest uid. Every
  // record is in exactly one.
  std::vector<std::vector<Uid>> persons;
  // At most one per pair of persons: the gravest doubt (in the order of Doubt),
  // and of equal ones the first pair by (agency, record key).
  // None between persons that a clerk ruled DIFFERENT.
  std::vector<Candidate> candidates;
  // Those whose neighbourhoods were over the limit, so that scored edges were
  // left aside; ascending.
  std::vector<Uid> over_limit;
};

// How a partition came to be, for whoever asks: written by the passes
// themselves.
struct PartitionTrace {
  enum class Basis : std::uint8_t { kRuling, kNumber, kScore };
  // What keeps two sets of records apart.
  enum class Apart : std::uint8_t {
    kNothing,
    kRuling,      // a clerk's DIFFERENT
    kNames,       // one number, two names
    kUniqueKeys,  // two records of an agency at which each person has one
    kNumbers,     // different numbers of one sort
  };
  // Two sets became one by a pair of records.
  struct Step {
    Pair pair;
    Basis basis = Basis::kRuling;
    // As of Edge; 0 of a ruling.
    double score = 0;
    // Records in the set that came of it.
    std::size_t size = 0;
    bool operator==(const Step&) const = default;
  };
  // A pair that did not join anything.
  struct Aside {
    Pair pair;
    Basis basis = Basis::kRuling;
    Doubt doubt = Doubt::kNameContradicts;
    // Of a number: 0 where it may not join at all.
    double score = 0;
    // Of kKeptApart.
    Apart apart = Apart::kNothing;
    // Of kRival by score: a pair that is as close.
    std::optional<Pair> rival;
    bool operator==(const Aside&) const = default;
  };
  // Each in the order in which it was met.
  std::vector<Step> steps;
  std::vector<Aside> asides;
};

// The partition in three passes (design 6). Writes into `trace`, if there is
// one; nothing else depends on it.
Partitioned Partition(const LinkInput& input, PartitionTrace* trace = nullptr);

// Groups of one agency's records that the agency may know to be one person:
// joined by edges among these records alone and by decisions that name two of
// them. `records` are the agency's records of one person; groups by their
// smallest uid, each by rising uid.
std::vector<std::vector<Uid>> OwnGroups(std::span<const LinkFeatures> records,
                                        std::span<const Edge> scored,
                                        std::span<const Pair> must,
                                        std::span<const Pair> cannot,
                                        const Thresholds& thresholds);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_LINK_H_
