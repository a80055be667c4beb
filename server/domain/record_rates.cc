// SPDX-License-Identifier: Apache-2.0
#include "server/domain/record_rates.h"

#include <algorithm>

#include "server/domain/rates.h"
#include "server/domain/responsible.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

constexpr std::size_t kCountyDigits = 6;

bool IsSound(v1::Grade grade) {
  return grade == v1::GRADE_OK || grade == v1::GRADE_OK_15_UPGRADED;
}

template <typename Value>
std::string CountyOf(std::span<const Claim> claims) {
  if (claims.empty()) return {};
  const auto& value = static_cast<const Value&>(*claims.front().value);
  if (value.division().size() < kCountyDigits) return {};
  return value.division().substr(0, kCountyDigits);
}

}  // namespace

std::optional<Move> MoveOf(const PersonClaims& claims) {
  Move move{.origin = CountyOf<v1::HouseholdRegistration>(
                claims.Of(kHouseholdRegistration)),
            .residence = CountyOf<v1::Residence>(claims.Of(kResidence))};
  if (move.origin.empty() || move.residence.empty() ||
      move.origin == move.residence) {
    return std::nullopt;
  }
  return move;
}

const v1::Agency* OtherSides::Of(const v1::Agency& agency, const Move& move) {
  const v1::Agency* origin = Responsible(agency.sector(), move.origin);
  const v1::Agency* residence = Responsible(agency.sector(), move.residence);
  const bool is_origin = origin != nullptr && origin->id() == agency.id();
  const bool is_residence =
      residence != nullptr && residence->id() == agency.id();
  if (is_origin == is_residence) return nullptr;
  return is_origin ? residence : origin;
}

const v1::Agency* OtherSides::Responsible(std::string_view sector,
                                          const std::string& county) {
  const auto [place, is_new] =
      known_.try_emplace({std::string(sector), county}, nullptr);
  if (is_new) {
    const domain::Responsible found =
        FindResponsible(sector, county, agencies_);
    if (found.answer == domain::Responsible::Answer::kFound) {
      place->second = found.agencies.front();
    }
  }
  return place->second;
}

void RecordTally::Add(const PersonClaims& claims_of, bool is_fresh,
                      Sides sides) {
  ++records;
  if (is_fresh) ++fresh;
  ForEachAttribute(claims_of.attributes(), [&](AttributeNumber number) {
    const std::span<const Claim> those = claims_of.Of(number);
    const auto sound_ones = static_cast<std::uint64_t>(std::ranges::count_if(
        those, [](const Claim& claim) { return IsSound(claim.grade); }));
    claims += those.size();
    sound_claims += sound_ones;
    ++held[static_cast<std::size_t>(number)];
    if (sound_ones == those.size()) ++sound[static_cast<std::size_t>(number)];
  });
  constexpr AttributeSet kCore = BitOf(kName) | BitOf(kSex) | BitOf(kBirthDate);
  if ((claims_of.attributes() & kCore) == kCore) ++with_core;

  bool has_number = false;
  bool has_sound = false;
  for (const Claim& claim : claims_of.Of(kIdentifiers)) {
    if (static_cast<const v1::Identifier&>(*claim.value).kind() !=
        v1::Identifier::KIND_CITIZEN_NUMBER) {
      continue;
    }
    has_number = true;
    has_sound = has_sound || IsSound(claim.grade);
  }
  if (has_number) ++with_number;
  if (has_sound) ++with_sound_number;

  if (sides >= Sides::kMoved) ++moved;
  if (sides >= Sides::kHasOtherSide) ++has_other_side;
  if (sides >= Sides::kOnBothSides) ++on_both_sides;
}

void RecordTally::Merge(const RecordTally& other) {
  records += other.records;
  claims += other.claims;
  sound_claims += other.sound_claims;
  with_core += other.with_core;
  with_number += other.with_number;
  with_sound_number += other.with_sound_number;
  fresh += other.fresh;
  moved += other.moved;
  has_other_side += other.has_other_side;
  on_both_sides += other.on_both_sides;
  for (std::size_t i = 0; i < held.size(); ++i) {
    held[i] += other.held[i];
    sound[i] += other.sound[i];
  }
}

v1::RecordRatesRow RowOf(const RecordTally& tally) {
  v1::RecordRatesRow row;
  v1::RecordCounts& counts = *row.mutable_counts();
  counts.set_records(tally.records);
  counts.set_claims(tally.claims);
  counts.set_sound_claims(tally.sound_claims);
  counts.set_with_core(tally.with_core);
  counts.set_with_number(tally.with_number);
  counts.set_with_sound_number(tally.with_sound_number);
  counts.set_fresh(tally.fresh);
  counts.set_moved(tally.moved);
  counts.set_has_other_side(tally.has_other_side);
  counts.set_on_both_sides(tally.on_both_sides);
  SetRate(tally.with_core, tally.records, row.mutable_core());
  SetRate(tally.with_sound_number, tally.records, row.mutable_number());
  SetRate(tally.fresh, tally.records, row.mutable_freshness());
  SetRate(tally.sound_claims, tally.claims, row.mutable_soundness());
  SetRate(tally.on_both_sides, tally.has_other_side,
          row.mutable_joint_registration());
  for (const AttributeInfo& attribute : Attributes()) {
    const auto place = static_cast<std::size_t>(attribute.number);
    if (tally.held[place] == 0) continue;
    v1::AttributeRates& rates = *row.add_attributes();
    rates.set_attribute(attribute.name);
    rates.set_held(tally.held[place]);
    rates.set_sound(tally.sound[place]);
  }
  return row;
}

}  // namespace waystation::domain
