// SPDX-License-Identifier: Apache-2.0
#include "proto/agreement/check_agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/proto/agreement/rows.h"
#include "tests/unit/proto/agreement/sound.h"

namespace waystation::agreement {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Violations(
    const v1::Agreement& agreement,
    std::optional<std::string_view> sector = std::nullopt) {
  std::vector<std::string> list;
  for (const auto& violation :
       CheckAgreement(agreement, ShippedCeiling(), sector)) {
    list.push_back(violation.field() + " " + violation.reason());
    EXPECT_FALSE(violation.rule().empty());
  }
  return list;
}

TEST(CheckAgreement, NamesFieldAndReason) {
  EXPECT_THAT(Violations(Sound()), IsEmpty());
  const struct {
    std::string_view name;
    std::function<void(v1::Agreement&)> spoil;
    std::vector<std::string> want;
  } cases[] = {
      {"no legal basis",
       [](auto& a) { a.clear_legal_basis(); },
       {"legal_basis.statute NO_LEGAL_BASIS",
        "legal_basis.article NO_LEGAL_BASIS"}},
      {"no impact assessment",
       [](auto& a) { a.clear_impact_assessment(); },
       {"impact_assessment NO_LEGAL_BASIS"}},
      {"no id", [](auto& a) { a.set_id("Labor 1"); }, {"id AGREEMENT_INVALID"}},
      {"no version",
       [](auto& a) { a.clear_version(); },
       {"version AGREEMENT_INVALID"}},
      {"no purpose",
       [](auto& a) { a.clear_purpose(); },
       {"purpose PURPOSE_MISSING"}},
      {"a purpose of the office",
       [](auto& a) { a.set_purpose(v1::PURPOSE_RECONCILIATION); },
       {"purpose AGREEMENT_INVALID"}},
      {"no recipient",
       [](auto& a) { a.clear_recipient_sector(); },
       {"recipient_sector AGREEMENT_INVALID"}},
      {"two recipients",
       [](auto& a) { a.set_recipient_agency("labor.320500"); },
       {"recipient_sector AGREEMENT_INVALID"}},
      {"no scope",
       [](auto& a) { a.clear_scope(); },
       {"scope AGREEMENT_INVALID"}},
      {"no end",
       [](auto& a) { a.clear_valid_until(); },
       {"valid_until AGREEMENT_INVALID"}},
      {"ends before it begins",
       [](auto& a) { a.mutable_valid_until()->set_year(2025); },
       {"valid_until AGREEMENT_INVALID"}},
      {"no retention",
       [](auto& a) { a.clear_retention_days(); },
       {"retention_days AGREEMENT_INVALID"}},
      {"a page of more than a mailbox gives",
       [](auto& a) { a.mutable_budget()->set_page_size(257); },
       {"budget.page_size AGREEMENT_INVALID"}},
      {"budgets below nothing",
       [](auto& a) {
         a.mutable_budget()->set_calls_per_minute(-1);
         a.mutable_budget()->set_persons_per_day(-1);
       },
       {"budget.calls_per_minute AGREEMENT_INVALID",
        "budget.persons_per_day AGREEMENT_INVALID"}},
      {"no grants",
       [](auto& a) { a.clear_grants(); },
       {"grants AGREEMENT_INVALID"}},
      {"unknown attribute",
       [](auto& a) { a.mutable_grants(0)->set_attribute("ethnicity"); },
       {"grants[0].attribute ATTRIBUTE_UNKNOWN"}},
      {"no form",
       [](auto& a) { a.mutable_grants(0)->clear_form(); },
       {"grants[0].form AGREEMENT_INVALID"}},
      {"digits without a division",
       [](auto& a) { a.mutable_grants(0)->set_partial_digits(6); },
       {"grants[0].partial_digits AGREEMENT_INVALID"}},
      {"unknown predicate",
       [](auto& a) {
         a.mutable_grants(0)->set_form(v1::FORM_PREDICATE);
         a.mutable_grants(0)->set_predicate("is_rich");
       },
       {"grants[0].predicate AGREEMENT_INVALID"}},
      {"over the ceiling",
       [](auto& a) { a.mutable_grants(0)->set_attribute("residence"); },
       {"grants[0].form OVER_CEILING"}},
      {"labor's address for the police",
       [](auto& a) {
         a.set_recipient_sector("public_security");
         a.mutable_grants(0)->set_source_sector("labor");
         a.mutable_grants(0)->set_attribute("residence");
         a.mutable_grants(0)->set_form(v1::FORM_PARTIAL);
         a.mutable_grants(0)->set_partial_digits(2);
       },
       {"grants[0].form OVER_CEILING"}},
  };
  for (const auto& [name, spoil, want] : cases) {
    SCOPED_TRACE(name);
    v1::Agreement agreement = Sound();
    spoil(agreement);
    EXPECT_EQ(Violations(agreement), want);
  }
}

TEST(CheckAgreement, AsksWhatSectorAnAgencyIsOf) {
  v1::Agreement agreement = Sound();
  agreement.clear_recipient_sector();
  agreement.set_recipient_agency("labor.320500");
  EXPECT_THAT(Violations(agreement, "labor"), IsEmpty());
  EXPECT_THAT(Violations(agreement, "commerce"),
              ElementsAre("grants[0].form OVER_CEILING"));
  EXPECT_THAT(Violations(agreement),
              ElementsAre("recipient_agency AGREEMENT_INVALID"));
}

}  // namespace
}  // namespace waystation::agreement
