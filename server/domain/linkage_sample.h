// SPDX-License-Identifier: Apache-2.0
// A random sample of pairs of records around the thresholds, for clerks to say
// which are one human being: by bands of how the pairs stand, so that the few
// near a threshold are asked about as well as the many that a number joins.
//
// Records are drawn without repetition, and each is held against all that it
// shares a key or a person with. A pair of a band is found when one of its
// records is drawn; so all pairs of a band are found alike often, and how many
// there are is known from how many pairs of the band each drawn record has.
#ifndef WAYSTATION_SERVER_DOMAIN_LINKAGE_SAMPLE_H_
#define WAYSTATION_SERVER_DOMAIN_LINKAGE_SAMPLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/domain/link.h"

namespace waystation::domain {

// Numbers stay: they are stored, and named in the API.
enum class Band : std::uint8_t {
  kNumber = 1,     // one person; the two hold one number
  kFarAbove = 2,   // one person; they score well over the upper threshold
  kNearAbove = 3,  // one person; they score at least the lower one
  kThrough = 4,    // one person by records between them alone
  kCandidate = 5,  // two persons, between which a candidate is open
  kLeftAside = 6,  // two persons, and nobody is asked, though they score at
                   // least the lower threshold or hold one number
  kJustBelow = 7,  // two persons; they score little under the lower one
};
inline constexpr std::size_t kBands = 7;

// Whether the pairs of a band are one person, by the rules alone; and whether
// they are that or shown to a clerk.
constexpr bool IsLinked(Band band) { return band <= Band::kThrough; }
constexpr bool IsSeen(Band band) { return band <= Band::kCandidate; }

// How a pair stands on which nobody has ruled.
struct PairStanding {
  bool joined = false;
  // Of their two persons.
  bool candidate = false;
  bool shares_number = false;
  double score = 0;
};

// nullopt for what lies further below the thresholds than `width` bits.
std::optional<Band> BandOf(const PairStanding& pair,
                           const Thresholds& thresholds, double width);

// Whole numbers that look random, and are the same for the same seed on every
// machine (splitmix64: Steele, Lea and Flood, Fast splittable pseudorandom
// number generators, OOPSLA 2014).
class SeededNumbers {
 public:
  explicit SeededNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // One of 0 to `size` - 1, each alike often. Precondition: size > 0.
  std::uint64_t Below(std::uint64_t size);

 private:
  std::uint64_t state_;
};

// Draws 1 to `size` without repetition.
class Lottery {
 public:
  Lottery(std::uint64_t seed, std::uint64_t size)
      : numbers_(seed), size_(size) {}
  // nullopt when all have been drawn.
  std::optional<std::uint64_t> Draw();

 private:
  SeededNumbers numbers_;
  const std::uint64_t size_;
  std::uint64_t drawn_ = 0;
  // What stands in a place of the list that is shuffled, where it is not the
  // place itself.
  absl::flat_hash_map<std::uint64_t, std::uint64_t> moved_;
};

// How many pairs of a band there are.
struct BandSize {
  double pairs = 0;
  // Standard error; 0 where all records were looked at.
  double error = 0;
  bool operator==(const BandSize&) const = default;
};

// Collects what the drawn records show, and draws the pairs.
class PairSample {
 public:
  // At most `most` pairs are drawn.
  PairSample(std::uint64_t seed, std::size_t most) : seed_(seed), most_(most) {}

  // One drawn number was looked at: the pairs of the record that has it, or
  // none where no record does. Each pair once.
  void Look(std::span<const std::pair<Pair, Band>> pairs);

  std::uint64_t looked() const { return looked_; }
  // Of `all` numbers that might have been drawn.
  BandSize SizeOf(Band band, std::uint64_t all) const;
  // As many of each band as of any other, as long as there are, ascending. The
  // same pairs whatever the order in which they were found.
  std::array<std::vector<Pair>, kBands> Draw() const;

 private:
  struct Found {
    // Of all records, those that have been looked at.
    double sum = 0;
    double squares = 0;
    // The first by a number that the seed gives each pair.
    std::set<std::pair<std::uint64_t, Pair>> first;
  };
  const std::uint64_t seed_;
  const std::size_t most_;
  std::uint64_t looked_ = 0;
  std::array<Found, kBands> found_{};
};

// How many of each to take, of those that there are: as many of each as of any
// other, and `most` in all.
std::vector<std::size_t> Allot(std::size_t most,
                               std::span<const std::size_t> there);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_LINKAGE_SAMPLE_H_
