// SPDX-License-Identifier: Apache-2.0
// Administrative divisions: GB/T 2260 to the county (six digits), with the
// years in which each code was in force, its names, and what became of it;
// extended by the statistical codes for town (nine digits) and village
// (twelve).
//
//     code := province[2] prefecture[2] county[2] (town[3] (village[3])?)?
//
// Codes die and move: 320584 Wujiang is 320509 since 2012. The table is
// compiled in from data/divisions.tsv, whose header states where each fact
// comes from. Returned views and pointers live as long as the program.
// Thread-safe.

#ifndef WAYSTATION_PROTO_CODES_DIVISION_H_
#define WAYSTATION_PROTO_CODES_DIVISION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/grade.h"

namespace waystation::codes {

enum class DivisionLevel : std::uint8_t {
  kProvince,
  kPrefecture,
  kCounty,
  kTown,
  kVillage,
};

enum class DivisionKind : std::uint8_t {
  kStandard,     // in the lists of GB/T 2260
  kCollective,   // 320501 市辖区 and the like: stands for the division above
  kStatistical,  // a unit of the statistics bureau only (开发区 and the like)
  kUnlisted,     // met on cards, in no yearly list
};

// One code under one name for the years [from, until). A code that changed its
// name has several, in the order of time; so has one that came back.
struct Division {
  static constexpr std::int16_t kStillValid = 9999;

  std::string_view code;  // six digits
  std::string_view name;  // 吴中区
  std::int16_t from = 0;  // 1980 is the first list: "since 1980 or before"
  std::int16_t until = kStillValid;
  DivisionKind kind = DivisionKind::kStandard;
  // The codes that followed, as published, of which some may have died in their
  // turn. Empty for what is valid and for what nobody wrote down.
  std::vector<std::string_view> successors = {};

  bool valid_in(int year) const { return from <= year && year < until; }
  bool is_valid() const { return until == kStillValid; }
};

// The code as this library writes it: digits only, half width, trailing groups
// of zeros beyond the sixth digit dropped (320505000000 becomes 320505),
// shorter codes filled (32 becomes 320000). FORMAT for what is no code,
// DIVISION_UNKNOWN where no list of any year has its county.
struct ReadDivision {
  std::string code;
  Grade grade = Grade::kMissing;
  bool operator==(const ReadDivision&) const = default;
};
ReadDivision ParseDivision(std::string_view given);

// The level that a code of 6, 9 or 12 digits reaches: 320000 is a province,
// 320500 a prefecture, 320505010 a town. Precondition: a code as ParseDivision
// writes it.
DivisionLevel LevelOf(std::string_view code);

// All that the six-digit code ever was, oldest first; of a longer code, its
// county. Empty for a code that was never in any list.
std::span<const Division> DivisionHistory(std::string_view code);

// The last of the history, valid or not; nullptr for an unknown code.
const Division* FindDivision(std::string_view code);

// What the code was in that year; nullptr if nothing.
const Division* FindDivision(std::string_view code, int year);

// All six-digit rows, ordered by code and time: for listings and completion.
std::span<const Division> AllDivisions();

// The code one level up: 320505010 under 320505 under 320500 under 320000.
// Empty above a province.
std::string ParentDivision(std::string_view code);

// Names from province to county as last known, joined: 江苏省苏州市吴中区.
// Towns and villages are not named here. Empty for an unknown code.
std::string DivisionPath(std::string_view code);

// The codes in force now that took over the territory of `code`, following the
// chain through every change; sorted. A valid code is its own and only
// successor. A dead one that nobody followed up gives none, as does an unknown
// one. Works on the county of a longer code.
std::vector<std::string_view> Successors(std::string_view code);

// `code` in today's numbering where that is certain, which is when it has
// exactly one successor; a town or village keeps its own digits, since those do
// not carry over. Otherwise `code` itself.
std::string CurrentDivision(std::string_view code);

// Whether the territory of `finer` lies within that of `coarser`, both in
// today's borders: 320505010 refines 320505, 320505 refines 320500, and a dead
// code and its only successor refine each other. A code that was split stands
// for all its successors. Reflexive and transitive.
bool DivisionRefines(std::string_view finer, std::string_view coarser);

// Whether an agency whose jurisdiction is the prefix (32, 3205, 320505...;
// empty for the whole country) is responsible for the division, in today's
// numbering.
bool WithinJurisdiction(std::string_view code, std::string_view prefix);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_DIVISION_H_
