// SPDX-License-Identifier: Apache-2.0
#include "proto/agreement/ceiling.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "proto/agreement/declared.h"
#include "proto/agreement/sectors.h"
#include "waystation/config/v1/ceiling.pb.h"

namespace waystation::agreement {
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

constexpr std::string_view kAggregatesOnly =
    "finance has aggregates only, and no person's data";

// Of finance, which has none: "*" stands for whoever may know somebody.
constexpr std::string_view RowName(std::string_view sector) {
  if (sector == kFinance) return {};
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

bool AreNamed(std::string_view from, std::string_view to) {
  return IsNamedSector(from) && IsNamedSector(to);
}

std::string InWords(const CeilingRow& row) {
  switch (row.form) {
    case v1::FORM_PARTIAL:
      if (row.digits == 0) return "at most partial";
      return "at most partial with " + std::to_string(row.digits) + " digits";
    case v1::FORM_MATCH:
      return "at most match";
    case v1::FORM_PREDICATE:
      return "at most predicate " + std::string(row.predicate);
    default:
      return "value";
  }
}

std::string Never(std::string_view from, std::string_view to) {
  return "never from " + std::string(from) + " to " + std::string(to);
}

const CeilingRow* FindCompiled(std::string_view from, std::string_view to,
                               std::string_view attribute) {
  const auto* const row = std::ranges::find_if(kRows, [&](const auto& each) {
    return each.from == RowName(from) && each.to == RowName(to) &&
           each.attribute == attribute;
  });
  return row == kRows.end() ? nullptr : row;
}

constexpr std::size_t kLongestVersion = 64;

class FileChecker {
 public:
  std::vector<errors::FieldViolation> Check(
      const config::v1::SectorCeiling& file) {
    if (file.version().empty() || file.version().size() > kLongestVersion) {
      Complain("version", "1 to 64 bytes");
    }
    for (int i = 0; i < file.rows_size(); ++i) {
      path_ = absl::StrCat("rows[", i, "].");
      CheckRow(file.rows(i));
    }
    return std::move(violations_);
  }

 private:
  void CheckRow(const config::v1::SectorRow& row) {
    const std::size_t before = violations_.size();
    if (!IsSectorName(row.from())) Complain("from", kSectorNameRule);
    if (!IsSectorName(row.to())) Complain("to", kSectorNameRule);
    if (row.from() == kFinance) Complain("from", kAggregatesOnly);
    if (row.to() == kFinance) Complain("to", kAggregatesOnly);
    if (AreNamed(row.from(), row.to())) {
      Complain("from", "one of the two must be a sector beyond the four");
    }
    if (row.form() != v1::FORM_MATCH && row.form() != v1::FORM_PREDICATE) {
      Complain("form", "MATCH or PREDICATE");
    }
    if (row.form() != v1::FORM_PREDICATE && !row.predicate().empty()) {
      Complain("predicate", "only with the form PREDICATE");
    }
    if (row.legal_basis().statute().empty()) {
      Complain("legal_basis.statute", "PIPL art. 13");
    }
    if (row.legal_basis().article().empty()) {
      Complain("legal_basis.article", "PIPL art. 13");
    }
    if (row.attributes().empty()) Complain("attributes", "at least one");
    const bool sound = violations_.size() == before;
    for (int i = 0; i < row.attributes_size(); ++i) {
      CheckAttribute(row, i, sound);
    }
  }

  void CheckAttribute(const config::v1::SectorRow& row, int place, bool sound) {
    const std::string field = absl::StrCat("attributes[", place, "]");
    const std::string& name = row.attributes(place);
    const auto* attribute = FindAttribute(name);
    if (attribute == nullptr) {
      Complain(field, "a field of Person");
    } else if (row.form() == v1::FORM_PREDICATE &&
               !Declares(*attribute, row.predicate())) {
      Complain("predicate", "a predicate of the attribute");
    } else if (sound && !UnderCompiled(row.from(), row.to(), name, row.form(),
                                       0, row.predicate())) {
      const CeilingRow* most = FindCompiled(row.from(), row.to(), name);
      Complain(field,
               most == nullptr ? Never(row.from(), row.to()) : InWords(*most));
    }
  }

  void Complain(std::string_view field, std::string_view rule) {
    violations_.push_back(
        {.field = path_ + std::string(field), .rule = std::string(rule)});
  }

  std::string path_;
  std::vector<errors::FieldViolation> violations_;
};

}  // namespace

std::span<const CeilingRow> CompiledRows() { return kRows; }

bool UnderCompiled(std::string_view from, std::string_view to,
                   std::string_view attribute, v1::Form form, int digits,
                   std::string_view predicate) {
  const auto covers = [&](const CeilingRow& row) {
    return row.from == RowName(from) && row.to == RowName(to) &&
           row.attribute == attribute &&
           agreement::Covers(row, form, digits, predicate);
  };
  return form != v1::FORM_UNSPECIFIED && !from.empty() && !to.empty() &&
         std::ranges::any_of(kRows, covers);
}

std::vector<errors::FieldViolation> CheckSectorRows(
    const config::v1::SectorCeiling& file) {
  return FileChecker().Check(file);
}

CeilingRow Ceiling::Row::view() const {
  return {.from = from,
          .to = to,
          .attribute = attribute,
          .form = form,
          .digits = 0,
          .predicate = predicate,
          .is_default = false};
}

Ceiling::Ceiling(const config::v1::SectorCeiling& file) {
  for (const config::v1::SectorRow& row : file.rows()) {
    for (const std::string& attribute : row.attributes()) {
      rows_.push_back({.from = row.from(),
                       .to = row.to(),
                       .attribute = attribute,
                       .form = row.form(),
                       .predicate = row.predicate()});
    }
  }
}

bool Ceiling::Covers(std::string_view from, std::string_view to,
                     std::string_view attribute, v1::Form form, int digits,
                     std::string_view predicate) const {
  // Whatever a file says, what is compiled in stands.
  if (!UnderCompiled(from, to, attribute, form, digits, predicate)) {
    return false;
  }
  return AreNamed(from, to) || std::ranges::any_of(rows_, [&](const Row& row) {
           return row.from == from && row.to == to &&
                  row.attribute == attribute &&
                  agreement::Covers(row.view(), form, digits, predicate);
         });
}

std::string Ceiling::AtMost(std::string_view from, std::string_view to,
                            std::string_view attribute) const {
  if (from == kFinance || to == kFinance) return std::string(kAggregatesOnly);
  const CeilingRow* const compiled = FindCompiled(from, to, attribute);
  if (compiled == nullptr) return Never(from, to);
  if (AreNamed(from, to)) return InWords(*compiled);
  const auto row = std::ranges::find_if(rows_, [&](const Row& each) {
    return each.from == from && each.to == to && each.attribute == attribute;
  });
  return row == rows_.end() ? Never(from, to) : InWords(row->view());
}

}  // namespace waystation::agreement
