// SPDX-License-Identifier: Apache-2.0
// How complete and sound records are, and of how many people who moved both
// sides know, counted (domain facts 2.4). Pure.
//
// Counting adds up: it does not matter in which order records are read.
#ifndef WAYSTATION_SERVER_DOMAIN_RECORD_RATES_H_
#define WAYSTATION_SERVER_DOMAIN_RECORD_RATES_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/domain/claims.h"
#include "waystation/v1/record_rates.pb.h"

namespace waystation::v1 {
class Agency;
}  // namespace waystation::v1

namespace waystation::domain {

// Where a record says that its person is registered and lives: two counties, 6
// digits each.
struct Move {
  std::string origin;
  std::string residence;
  bool operator==(const Move&) const = default;
};

// nullopt where one of the two is not claimed or not known to the county, or
// both are one county.
std::optional<Move> MoveOf(const PersonClaims& claims);

// Finds the agency of the same sector that has the other side of a move, and
// remembers it. Not thread-safe.
class OtherSides {
 public:
  // Borrowed, as FindResponsible takes them.
  explicit OtherSides(std::span<const v1::Agency* const> agencies)
      : agencies_(agencies) {}

  // nullptr where `agency` answers for both sides or for neither, or not one
  // agency answers for the other.
  const v1::Agency* Of(const v1::Agency& agency, const Move& move);

 private:
  const v1::Agency* Responsible(std::string_view sector,
                                const std::string& county);

  std::span<const v1::Agency* const> agencies_;
  std::map<std::pair<std::string, std::string>, const v1::Agency*> known_;
};

// What is known of the sides of one record.
enum class Sides : std::uint8_t {
  // Not asked, or the person did not move.
  kNone,
  kMoved,
  kHasOtherSide,
  kOnBothSides,
};

// v1.RecordCounts says what each is.
struct RecordTally {
  std::uint64_t records = 0;
  std::uint64_t claims = 0;
  std::uint64_t sound_claims = 0;
  std::uint64_t with_core = 0;
  std::uint64_t with_number = 0;
  std::uint64_t with_sound_number = 0;
  std::uint64_t fresh = 0;
  std::uint64_t moved = 0;
  std::uint64_t has_other_side = 0;
  std::uint64_t on_both_sides = 0;
  // By attribute number.
  std::array<std::uint64_t, 64> held{};
  std::array<std::uint64_t, 64> sound{};

  // `claims_of` are those of one record.
  void Add(const PersonClaims& claims_of, bool is_fresh, Sides sides);
  void Merge(const RecordTally& other);
  bool operator==(const RecordTally&) const = default;
};

// Counts and rates of a tally; without values.
v1::RecordRatesRow RowOf(const RecordTally& tally);

// How each figure of a row is counted, in its order.
std::span<const v1::NoticeConvention> RecordConventions();

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RECORD_RATES_H_
