// SPDX-License-Identifier: Apache-2.0
#include "proto/agreement/check_agreement.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/agreement/declared.h"
#include "proto/agreement/sectors.h"
#include "proto/calendar/dates.h"
#include "waystation/v1/options.pb.h"

namespace waystation::agreement {
namespace {

using google::protobuf::FieldDescriptor;

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

// Whether PARTIAL of it cuts a division, so that digits are wanted.
bool CutsDivision(const FieldDescriptor& attribute) {
  const google::protobuf::Descriptor& value = *attribute.message_type();
  for (int i = 0; i < value.field_count(); ++i) {
    if (value.field(i)->options().GetExtension(v1::partial) ==
        v1::PARTIAL_CUT_DIVISION) {
      return true;
    }
  }
  return false;
}

// Purposes that a role has by itself and no agreement can give.
bool IsOfARole(v1::Purpose purpose) {
  return purpose == v1::PURPOSE_RECONCILIATION ||
         purpose == v1::PURPOSE_SUBJECT_ACCESS;
}

class Checker {
 public:
  Checker(const v1::Agreement& agreement, const Ceiling& ceiling,
          std::optional<std::string_view> recipient_sector)
      : agreement_(agreement), ceiling_(ceiling) {
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
    const FieldDescriptor* attribute = FindAttribute(grant.attribute());
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
      if (attribute != nullptr && !Declares(*attribute, grant.predicate())) {
        Report("predicate", kInvalid, "a predicate of the attribute");
      }
    } else if (!grant.predicate().empty()) {
      Report("predicate", kInvalid, "only with the form PREDICATE");
    }
    if (violations_.size() == before && !to_.empty() &&
        !ceiling_.Covers(grant.source_sector(), to_, grant.attribute(),
                         grant.form(), grant.partial_digits(),
                         grant.predicate())) {
      Report("form", "OVER_CEILING",
             ceiling_.AtMost(grant.source_sector(), to_, grant.attribute()));
    }
  }

  void CheckDigits(const v1::Grant& grant, const FieldDescriptor* attribute) {
    const int digits = grant.partial_digits();
    const bool cuts_division = attribute != nullptr &&
                               grant.form() == v1::FORM_PARTIAL &&
                               CutsDivision(*attribute);
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
    const codes::Date from = calendar::ToDate(agreement_.valid_from());
    const codes::Date until = calendar::ToDate(agreement_.valid_until());
    if (!from.ok()) Report("valid_from", kInvalid, "a Gregorian day");
    if (!until.ok()) Report("valid_until", kInvalid, "a Gregorian day");
    if (from.ok() && until.ok() && until < from) {
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
  const Ceiling& ceiling_;
  // Sector of the recipient; empty if it is not known.
  std::string_view to_;
  std::string path_;
  std::vector<v1::Violation> violations_;
};

}  // namespace

std::vector<v1::Violation> CheckAgreement(
    const v1::Agreement& agreement, const Ceiling& ceiling,
    std::optional<std::string_view> recipient_sector) {
  return Checker(agreement, ceiling, recipient_sector).Check();
}

}  // namespace waystation::agreement
