// SPDX-License-Identifier: Apache-2.0
#include "server/domain/ceiling.h"

#include <algorithm>
#include <array>

#include "server/domain/sectors.h"

namespace waystation::domain {
namespace {

constexpr CeilingRow Value(std::string_view from, std::string_view to,
                           std::string_view attribute) {
  return {.from = from,
          .to = to,
          .attribute = attribute,
          .form = v1::FORM_VALUE,
          .predicate = {},
          .is_default = true};
}

constexpr CeilingRow Partial(std::string_view from, std::string_view to,
                             std::string_view attribute, int digits) {
  CeilingRow row = Value(from, to, attribute);
  row.form = v1::FORM_PARTIAL;
  row.digits = digits;
  return row;
}

constexpr CeilingRow Match(std::string_view from, std::string_view to,
                           std::string_view attribute) {
  CeilingRow row = Value(from, to, attribute);
  row.form = v1::FORM_MATCH;
  return row;
}

constexpr CeilingRow Predicate(std::string_view from, std::string_view to,
                               std::string_view attribute,
                               std::string_view predicate) {
  CeilingRow row = Value(from, to, attribute);
  row.form = v1::FORM_PREDICATE;
  row.predicate = predicate;
  return row;
}

// Allowed, but only where an agreement says so: not in the default set.
constexpr CeilingRow OnRequest(CeilingRow row) {
  row.is_default = false;
  return row;
}

// The table of design 8, line by line. Left out, since nothing in this version
// could hold it: what rests on consent, and what travels in sealed notices.
constexpr auto kRows = std::to_array<CeilingRow>({
    // public security -> public security
    Value(kPublicSecurity, kPublicSecurity, "name"),
    Value(kPublicSecurity, kPublicSecurity, "sex"),
    Value(kPublicSecurity, kPublicSecurity, "birth_date"),
    Partial(kPublicSecurity, kPublicSecurity, "household_registration", 6),
    Partial(kPublicSecurity, kPublicSecurity, "residence", 6),
    Predicate(kPublicSecurity, kPublicSecurity, "residence_permit",
              "permit_valid"),
    // "Left, returned" in full: PARTIAL keeps these two dates whole and drops
    // the rest of a movement.
    Partial(kPublicSecurity, kPublicSecurity, "movement", 0),

    // public security -> health
    Value(kPublicSecurity, kHealth, "name"),
    Value(kPublicSecurity, kHealth, "sex"),
    Value(kPublicSecurity, kHealth, "birth_date"),
    Partial(kPublicSecurity, kHealth, "residence", 9),

    // public security -> labor, commerce, other sectors
    Value(kPublicSecurity, kLabor, "name"),
    Value(kPublicSecurity, kLabor, "sex"),
    Value(kPublicSecurity, kLabor, "birth_date"),
    OnRequest(Partial(kPublicSecurity, kLabor, "residence", 6)),
    Predicate(kPublicSecurity, kLabor, "residence_permit", "permit_valid"),
    Match(kPublicSecurity, kCommerce, "name"),
    Match(kPublicSecurity, kCommerce, "sex"),
    Match(kPublicSecurity, kCommerce, "birth_date"),
    Predicate(kPublicSecurity, kCommerce, "residence_permit", "permit_valid"),
    Match(kPublicSecurity, kOtherSector, "name"),
    Match(kPublicSecurity, kOtherSector, "sex"),
    Match(kPublicSecurity, kOtherSector, "birth_date"),
    Predicate(kPublicSecurity, kOtherSector, "residence_permit",
              "permit_valid"),

    // health -> health
    Value(kHealth, kHealth, "name"),
    Value(kHealth, kHealth, "sex"),
    Value(kHealth, kHealth, "birth_date"),

    // labor -> labor
    Value(kLabor, kLabor, "name"),
    Value(kLabor, kLabor, "sex"),
    Value(kLabor, kLabor, "birth_date"),
    Value(kLabor, kLabor, "employment"),
    Value(kLabor, kLabor, "social_insurance"),
    Value(kLabor, kLabor, "training"),

    // labor -> health
    Predicate(kLabor, kHealth, "social_insurance", "insured"),

    // labor -> commerce: of an employer by its number, of no person
    OnRequest(
        Predicate(kLabor, kCommerce, "social_insurance", "employer_insured")),

    // commerce -> commerce
    Value(kCommerce, kCommerce, "name"),
    Value(kCommerce, kCommerce, "sex"),
    Value(kCommerce, kCommerce, "birth_date"),
    Value(kCommerce, kCommerce, "business"),

    // commerce -> labor: of a business by its number, of no person
    Predicate(kCommerce, kLabor, "business", "business_open"),

    // other sectors <-> other sectors
    OnRequest(Match(kOtherSector, kOtherSector, "name")),
    OnRequest(Match(kOtherSector, kOtherSector, "sex")),
    OnRequest(Match(kOtherSector, kOtherSector, "birth_date")),
});

constexpr std::string_view Row(std::string_view sector) {
  return IsNamedSector(sector) ? sector : kOtherSector;
}

constexpr bool Covers(const CeilingRow& row, v1::Form form, int digits,
                      std::string_view predicate) {
  // A value and a match tell that there is something. A cut that leaves nothing
  // and a predicate that nobody can answer do not.
  if (form == v1::FORM_EXISTS) {
    return row.form == v1::FORM_VALUE || row.form == v1::FORM_MATCH;
  }
  switch (row.form) {
    case v1::FORM_VALUE:
      return true;
    case v1::FORM_PARTIAL:
      return form == v1::FORM_PARTIAL && digits <= row.digits;
    case v1::FORM_MATCH:
      return form == v1::FORM_MATCH;
    case v1::FORM_PREDICATE:
      return form == v1::FORM_PREDICATE && predicate == row.predicate;
    default:
      return false;
  }
}

}  // namespace

std::span<const CeilingRow> Ceiling() { return kRows; }

bool UnderCeiling(std::string_view from, std::string_view to,
                  std::string_view attribute, v1::Form form, int digits,
                  std::string_view predicate) {
  const auto covers = [&](const CeilingRow& row) {
    return row.from == Row(from) && row.to == Row(to) &&
           row.attribute == attribute && Covers(row, form, digits, predicate);
  };
  return form != v1::FORM_UNSPECIFIED && !from.empty() && !to.empty() &&
         std::ranges::any_of(kRows, covers);
}

std::string AtMost(std::string_view from, std::string_view to,
                   std::string_view attribute) {
  const auto* const row = std::ranges::find_if(kRows, [&](const auto& each) {
    return each.from == Row(from) && each.to == Row(to) &&
           each.attribute == attribute;
  });
  if (row == kRows.end()) {
    return "never from " + std::string(from) + " to " + std::string(to);
  }
  switch (row->form) {
    case v1::FORM_PARTIAL:
      if (row->digits == 0) return "at most partial";
      return "at most partial with " + std::to_string(row->digits) + " digits";
    case v1::FORM_MATCH:
      return "at most match";
    case v1::FORM_PREDICATE:
      return "at most predicate " + std::string(row->predicate);
    default:
      return "value";
  }
}

}  // namespace waystation::domain
