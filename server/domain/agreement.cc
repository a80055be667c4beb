// SPDX-License-Identifier: Apache-2.0
#include "server/domain/agreement.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/domain/ceiling.h"
#include "server/domain/dates.h"
#include "server/domain/sectors.h"

namespace waystation::domain {
namespace {

constexpr std::string_view kInvalid = "AGREEMENT_INVALID";

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// <sector>.<division>, such as "labor.320500".
bool IsAgencyId(std::string_view id) {
  const auto dot = id.find('.');
  return dot != std::string_view::npos && IsSectorName(id.substr(0, dot)) &&
         dot + 1 < id.size() && id.size() <= 64;
}

bool IsDay(const v1::Date& date) {
  return date.calendar() == v1::Date::CALENDAR_UNSPECIFIED &&
         date.year() >= 1 && date.year() <= 9999 && date.month() >= 1 &&
         date.month() <= 12 && date.day() >= 1 && date.day() <= 31 &&
         codes::IsPossible(ToPartial(date));
}

// Purposes that a role has by itself and no agreement can give.
bool IsOfARole(v1::Purpose purpose) {
  return purpose == v1::PURPOSE_RECONCILIATION ||
         purpose == v1::PURPOSE_SUBJECT_ACCESS;
}

class Checker {
 public:
  Checker(const v1::Agreement& agreement,
          std::optional<std::string_view> recipient_sector)
      : agreement_(agreement) {
    to_ = !agreement.recipient_sector().empty() ? agreement.recipient_sector()
                                                : recipient_sector.value_or("");
  }

  std::vector<v1::Violation> Check() {
    if (!IsId(agreement_.id())) {
      Report("id", kInvalid, "1 to 64 lower-case letters, digits and dashes");
    }
    if (agreement_.version() == 0) Report("version", kInvalid, "at least 1");
    CheckRecipient();
    if (agreement_.purpose() == v1::PURPOSE_UNSPECIFIED) {
      Report("purpose", "PURPOSE_MISSING", "one of the closed list");
    } else if (!v1::Purpose_IsValid(agreement_.purpose()) ||
               IsOfARole(agreement_.purpose())) {
      Report("purpose", kInvalid, "a purpose that agreements may serve");
    }
    CheckBasis();
    if (agreement_.grants().empty()) {
      Report("grants", kInvalid, "at least one");
    }
    for (int i = 0; i < agreement_.grants_size(); ++i) {
      path_ = absl::StrCat("grants[", i, "].");
      CheckGrant(agreement_.grants(i));
    }
    path_.clear();
    if (agreement_.scope() != v1::SCOPE_OWN_RECORDS &&
        agreement_.scope() != v1::SCOPE_OPEN_NOTICE) {
      Report("scope", kInvalid, "SCOPE_OWN_RECORDS or SCOPE_OPEN_NOTICE");
    }
    CheckDays();
    CheckBudget();
    if (agreement_.retention_days() < 1) {
      Report("retention_days", kInvalid, "at least 1");
    }
    return std::move(violations_);
  }

 private:
  void CheckRecipient() {
    const bool sector = !agreement_.recipient_sector().empty();
    const bool agency = !agreement_.recipient_agency().empty();
    if (sector == agency) {
      Report("recipient_sector", kInvalid,
             "exactly one of recipient_sector and recipient_agency");
      return;
    }
    if (sector && !IsSectorName(agreement_.recipient_sector())) {
      Report("recipient_sector", kInvalid, kSectorNameRule);
    }
    if (agency && (!IsAgencyId(agreement_.recipient_agency()) || to_.empty())) {
      Report("recipient_agency", kInvalid, "id of a registered agency");
    }
  }

  void CheckBasis() {
    if (agreement_.legal_basis().statute().empty()) {
      Report("legal_basis.statute", "NO_LEGAL_BASIS", "PIPL art. 13");
    }
    if (agreement_.legal_basis().article().empty()) {
      Report("legal_basis.article", "NO_LEGAL_BASIS", "PIPL art. 13");
    }
    if (agreement_.impact_assessment().empty()) {
      Report("impact_assessment", "NO_LEGAL_BASIS", "PIPL art. 55");
    }
  }

  void CheckGrant(const v1::Grant& grant) {
    const std::size_t before = violations_.size();
    const AttributeInfo* attribute = FindAttribute(grant.attribute());
    if (!IsSectorName(grant.source_sector())) {
      Report("source_sector", kInvalid, kSectorNameRule);
    }
    if (attribute == nullptr) {
      Report("attribute", "ATTRIBUTE_UNKNOWN", "a field of Person");
    }
    if (!v1::Form_IsValid(grant.form()) ||
        grant.form() == v1::FORM_UNSPECIFIED) {
      Report("form", kInvalid, "VALUE, PARTIAL, MATCH, PREDICATE or EXISTS");
    }
    CheckDigits(grant, attribute);
    if (grant.form() == v1::FORM_PREDICATE) {
      if (attribute != nullptr &&
          attribute->FindPredicate(grant.predicate()) == nullptr) {
        Report("predicate", kInvalid, "a predicate of the attribute");
      }
    } else if (!grant.predicate().empty()) {
      Report("predicate", kInvalid, "only with the form PREDICATE");
    }
    if (violations_.size() == before && !to_.empty() &&
        !UnderCeiling(grant.source_sector(), to_, grant.attribute(),
                      grant.form(), grant.partial_digits(),
                      grant.predicate())) {
      Report("form", "OVER_CEILING",
             AtMost(grant.source_sector(), to_, grant.attribute()));
    }
  }

  void CheckDigits(const v1::Grant& grant, const AttributeInfo* attribute) {
    const int digits = grant.partial_digits();
    const bool cuts_division =
        attribute != nullptr && grant.form() == v1::FORM_PARTIAL &&
        std::ranges::any_of(attribute->fields, [](const FieldInfo& field) {
          return field.partial == v1::PARTIAL_CUT_DIVISION;
        });
    const bool fits =
        cuts_division ? digits == 2 || digits == 4 || digits == 6 || digits == 9
                      : digits == 0;
    if (!fits) {
      Report("partial_digits", kInvalid,
             "2, 4, 6 or 9 with PARTIAL of a division, else unset");
    }
  }

  void CheckBudget() {
    const v1::Budget& budget = agreement_.budget();
    if (budget.page_size() < 0 || budget.page_size() > 256) {
      Report("budget.page_size", kInvalid, "0 to 256");
    }
    if (budget.calls_per_minute() < 0) {
      Report("budget.calls_per_minute", kInvalid, "not negative");
    }
    if (budget.persons_per_day() < 0) {
      Report("budget.persons_per_day", kInvalid, "not negative");
    }
  }

  void CheckDays() {
    const bool from = IsDay(agreement_.valid_from());
    const bool until = IsDay(agreement_.valid_until());
    if (!from) Report("valid_from", kInvalid, "a Gregorian day");
    if (!until) Report("valid_until", kInvalid, "a Gregorian day");
    if (from && until &&
        ToPartial(agreement_.valid_until()) <
            ToPartial(agreement_.valid_from())) {
      Report("valid_until", kInvalid, "not before valid_from");
    }
  }

  void Report(std::string_view field, std::string_view reason,
              std::string_view rule) {
    v1::Violation& violation = violations_.emplace_back();
    violation.set_field(path_ + std::string(field));
    violation.set_reason(std::string(reason));
    violation.set_rule(std::string(rule));
  }

  const v1::Agreement& agreement_;
  // Sector of the recipient; empty if it is not known.
  std::string_view to_;
  std::string path_;
  std::vector<v1::Violation> violations_;
};

void Add(const v1::Grant& grant, Permission& permission) {
  switch (grant.form()) {
    case v1::FORM_VALUE:
      permission.visible = v1::FORM_VALUE;
      permission.digits = 0;
      permission.match = true;
      break;
    case v1::FORM_PARTIAL:
      if (permission.visible == v1::FORM_VALUE) break;
      permission.visible = v1::FORM_PARTIAL;
      permission.digits = std::max(permission.digits, grant.partial_digits());
      break;
    case v1::FORM_MATCH:
      permission.match = true;
      break;
    case v1::FORM_EXISTS:
      permission.exists = true;
      break;
    case v1::FORM_PREDICATE: {
      auto& names = permission.predicates;
      const auto place = std::ranges::lower_bound(names, grant.predicate());
      if (place == names.end() || *place != grant.predicate()) {
        names.insert(place, grant.predicate());
      }
      break;
    }
    default:
      break;
  }
}

bool IsFor(const v1::Agreement& agreement, const Recipient& recipient) {
  return agreement.recipient_agency().empty()
             ? agreement.recipient_sector() == recipient.sector
             : agreement.recipient_agency() == recipient.agency;
}

}  // namespace

std::vector<v1::Violation> CheckAgreement(
    const v1::Agreement& agreement,
    std::optional<std::string_view> recipient_sector) {
  return Checker(agreement, recipient_sector).Check();
}

bool InForce(const v1::Agreement& agreement, codes::Date day) {
  if (!IsDay(agreement.valid_from()) || !IsDay(agreement.valid_until())) {
    return false;
  }
  const codes::PartialDate on = codes::PartialDate::Of(day);
  return ToPartial(agreement.valid_from()) <= on &&
         on <= ToPartial(agreement.valid_until());
}

Permissions::Permissions(std::span<const v1::Agreement> agreements,
                         const Recipient& recipient, codes::Date day,
                         std::optional<v1::Purpose> purpose, v1::Scope scope) {
  for (const v1::Agreement& agreement : agreements) {
    if (!IsFor(agreement, recipient) || !InForce(agreement, day) ||
        agreement.scope() != scope ||
        (purpose && agreement.purpose() != *purpose)) {
      continue;
    }
    for (const v1::Grant& grant : agreement.grants()) {
      const AttributeInfo* attribute = FindAttribute(grant.attribute());
      if (attribute == nullptr ||
          !UnderCeiling(grant.source_sector(), recipient.sector,
                        grant.attribute(), grant.form(), grant.partial_digits(),
                        grant.predicate())) {
        continue;
      }
      auto place =
          std::ranges::find(sectors_, grant.source_sector(), &Sector::name);
      if (place == sectors_.end()) {
        place = sectors_.emplace(place);
        place->name = grant.source_sector();
      }
      Permission& permission =
          place->attributes[static_cast<std::size_t>(attribute->number)];
      Add(grant, permission);
      if (permission.visible != v1::FORM_UNSPECIFIED) {
        place->visible |= attribute->bit();
        visible_ |= attribute->bit();
      }
      if (permission.match) matchable_ |= attribute->bit();
      if (!permission.predicates.empty()) answerable_ |= attribute->bit();
      if (permission.exists) existing_ |= attribute->bit();
    }
  }
}

const std::array<Permission, 64>* Permissions::Find(
    std::string_view source_sector) const {
  const auto place = std::ranges::find(sectors_, source_sector, &Sector::name);
  return place == sectors_.end() ? nullptr : &place->attributes;
}

const Permission& Permissions::Of(std::string_view source_sector,
                                  AttributeNumber attribute) const {
  static const Permission kNothing;
  const auto* of_sector = Find(source_sector);
  return of_sector == nullptr
             ? kNothing
             : (*of_sector)[static_cast<std::size_t>(attribute)];
}

bool Permissions::MayAsk(AttributeNumber attribute,
                         std::string_view predicate) const {
  return std::ranges::any_of(sectors_, [&](const Sector& sector) {
    return std::ranges::binary_search(
        sector.attributes[static_cast<std::size_t>(attribute)].predicates,
        predicate);
  });
}

std::string Permissions::VisibleText() const {
  std::vector<std::string> lines;
  for (const Sector& sector : sectors_) {
    if (sector.visible == 0) continue;
    std::string& line = lines.emplace_back(sector.name);
    ForEachAttribute(sector.visible, [&](AttributeNumber number) {
      const Permission& permission =
          sector.attributes[static_cast<std::size_t>(number)];
      line += " " + std::to_string(number) + ":" +
              std::to_string(permission.visible) + ":" +
              std::to_string(permission.digits);
    });
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

AttributeSet Permissions::Visible(std::string_view source_sector) const {
  const auto place = std::ranges::find(sectors_, source_sector, &Sector::name);
  return place == sectors_.end() ? 0 : place->visible;
}

}  // namespace waystation::domain
