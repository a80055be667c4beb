// SPDX-License-Identifier: Apache-2.0
#include "server/domain/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "google/protobuf/text_format.h"
#include "server/domain/ceiling.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Agreement AgreementOf(std::string_view text) {
  v1::Agreement agreement;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                            &agreement))
      << text;
  return agreement;
}

v1::Agreement Sound() {
  return AgreementOf(R"pb(
    id: "labor-1"
    version: 1
    recipient_sector: "labor"
    purpose: PURPOSE_SOCIAL_INSURANCE_TRANSFER
    legal_basis { statute: "Decree 663" article: "art. 7" }
    impact_assessment: "PIA-1"
    grants {
      source_sector: "public_security"
      attribute: "birth_date"
      form: FORM_VALUE
    }
    scope: SCOPE_OWN_RECORDS
    valid_from { year: 2026 month: 1 day: 1 }
    valid_until { year: 2026 month: 12 day: 31 }
    retention_days: 365
  )pb");
}

std::vector<std::string> Violations(
    const v1::Agreement& agreement,
    std::optional<std::string_view> sector = std::nullopt) {
  std::vector<std::string> list;
  for (const auto& violation : CheckAgreement(agreement, sector)) {
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

TEST(Ceiling, SaysWhatItAllowsAtMost) {
  EXPECT_EQ(AtMost("public_security", "public_security", "residence"),
            "at most partial with 6 digits");
  EXPECT_EQ(AtMost("public_security", "public_security", "movement"),
            "at most partial");
  EXPECT_EQ(AtMost("public_security", "housing", "name"), "at most match");
  EXPECT_EQ(AtMost("labor", "health", "social_insurance"),
            "at most predicate insured");
  EXPECT_EQ(AtMost("health", "labor", "name"), "never from health to labor");
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

// --- the ceiling ---

TEST(Ceiling, SpeaksOfAttributesThatExist) {
  for (const CeilingRow& row : Ceiling()) {
    const AttributeInfo* attribute = FindAttribute(row.attribute);
    ASSERT_NE(attribute, nullptr) << row.attribute;
    EXPECT_EQ(row.form == v1::FORM_PREDICATE, !row.predicate.empty());
    if (!row.predicate.empty()) {
      EXPECT_NE(attribute->FindPredicate(row.predicate), nullptr);
    }
  }
}

// Lines of design 8 that must hold whatever else changes.
TEST(Ceiling, NeverLetsThrough) {
  const v1::Form forms[] = {v1::FORM_VALUE, v1::FORM_PARTIAL, v1::FORM_MATCH,
                            v1::FORM_PREDICATE, v1::FORM_EXISTS};
  const std::string_view sectors[] = {
      "public_security", "health", "labor", "commerce", "education", "housing"};
  const auto is_open = [&](std::string_view from, std::string_view to,
                           const AttributeInfo& attribute) {
    for (const v1::Form form : forms) {
      if (form != v1::FORM_PREDICATE) {
        if (UnderCeiling(from, to, attribute.name, form, 0, "")) return true;
        continue;
      }
      for (const PredicateInfo& predicate : attribute.predicates) {
        if (UnderCeiling(from, to, attribute.name, form, 0, predicate.name)) {
          return true;
        }
      }
    }
    return false;
  };
  for (const AttributeInfo& attribute : Attributes()) {
    SCOPED_TRACE(attribute.name);
    for (const std::string_view sector : sectors) {
      SCOPED_TRACE(sector);
      // Health tells nobody but health.
      if (sector != "health") {
        EXPECT_FALSE(is_open("health", sector, attribute));
      }
      // Nobody but police tells police.
      if (sector != "public_security") {
        EXPECT_FALSE(is_open(sector, "public_security", attribute));
      }
      // Numbers identify by themselves and never flow.
      if (attribute.attribute_class == v1::ATTRIBUTE_CLASS_IDENTIFIER) {
        for (const std::string_view to : sectors) {
          EXPECT_FALSE(is_open(sector, to, attribute));
        }
      }
      // No address flows whole.
      for (const std::string_view to : sectors) {
        if (attribute.attribute_class == v1::ATTRIBUTE_CLASS_LOCATION) {
          EXPECT_FALSE(
              UnderCeiling(sector, to, attribute.name, v1::FORM_VALUE, 0, ""));
        }
        EXPECT_FALSE(UnderCeiling(sector, to, attribute.name,
                                  v1::FORM_UNSPECIFIED, 0, ""));
      }
    }
  }
}

TEST(Ceiling, CoversWeakerForms) {
  const struct {
    std::string_view from, to, attribute;
    v1::Form form;
    int digits;
    std::string_view predicate;
    bool want;
  } cases[] = {
      {"public_security", "labor", "name", v1::FORM_VALUE, 0, "", true},
      {"public_security", "labor", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "labor", "birth_date", v1::FORM_PARTIAL, 0, "", true},
      {"public_security", "commerce", "name", v1::FORM_VALUE, 0, "", false},
      {"public_security", "commerce", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "housing", "name", v1::FORM_MATCH, 0, "", true},
      {"public_security", "housing", "name", v1::FORM_PARTIAL, 0, "", false},
      {"public_security", "labor", "residence", v1::FORM_PARTIAL, 6, "", true},
      {"public_security", "labor", "residence", v1::FORM_PARTIAL, 9, "", false},
      {"public_security", "labor", "residence", v1::FORM_MATCH, 0, "", false},
      {"public_security", "health", "residence", v1::FORM_PARTIAL, 9, "", true},
      {"public_security", "labor", "residence_permit", v1::FORM_PREDICATE, 0,
       "permit_valid", true},
      {"public_security", "labor", "residence_permit", v1::FORM_PREDICATE, 0,
       "insured", false},
      {"labor", "health", "social_insurance", v1::FORM_PREDICATE, 0, "insured",
       true},
      {"labor", "health", "social_insurance", v1::FORM_VALUE, 0, "", false},
      {"labor", "commerce", "employment", v1::FORM_MATCH, 0, "", false},
      {"public_security", "labor", "name", v1::FORM_EXISTS, 0, "", true},
      // A cut that leaves nothing shows nothing either.
      {"public_security", "health", "residence", v1::FORM_EXISTS, 0, "", false},
      {"public_security", "commerce", "name", v1::FORM_EXISTS, 0, "", true},
      // A predicate that nobody can answer shows nothing.
      {"public_security", "labor", "residence_permit", v1::FORM_EXISTS, 0, "",
       false},
      {"labor", "health", "social_insurance", v1::FORM_EXISTS, 0, "", false},
      {"health", "labor", "name", v1::FORM_EXISTS, 0, "", false},
      {"labor", "public_security", "residence", v1::FORM_EXISTS, 0, "", false},
      {"education", "housing", "name", v1::FORM_MATCH, 0, "", true},
      {"education", "labor", "name", v1::FORM_MATCH, 0, "", false},
      {"labor", "education", "name", v1::FORM_MATCH, 0, "", false},
      {"", "labor", "name", v1::FORM_MATCH, 0, "", false},
  };
  for (const auto& [from, to, attribute, form, digits, predicate, want] :
       cases) {
    EXPECT_EQ(UnderCeiling(from, to, attribute, form, digits, predicate), want)
        << from << " -> " << to << " " << attribute << " "
        << v1::Form_Name(form) << " " << digits;
  }
}

// --- what is in force ---

codes::Date Day(int year, unsigned month, unsigned day) {
  return {std::chrono::year{year}, std::chrono::month{month},
          std::chrono::day{day}};
}

TEST(Permissions, HoldFromTheFirstDayToTheLast) {
  const v1::Agreement agreement = Sound();
  EXPECT_FALSE(InForce(agreement, Day(2025, 12, 31)));
  EXPECT_TRUE(InForce(agreement, Day(2026, 1, 1)));
  EXPECT_TRUE(InForce(agreement, Day(2026, 12, 31)));
  EXPECT_FALSE(InForce(agreement, Day(2027, 1, 1)));
  const Recipient labor{"labor.320500", "labor"};
  const std::vector<v1::Agreement> all = {agreement};
  EXPECT_TRUE(Permissions(all, labor, Day(2027, 1, 1)).empty());
  EXPECT_FALSE(Permissions(all, labor, Day(2026, 6, 1)).empty());
}

TEST(Permissions, AreTheStrongestOfAll) {
  v1::Agreement weak = Sound();
  weak.mutable_grants(0)->set_form(v1::FORM_PARTIAL);
  v1::Agreement area = Sound();
  v1::Grant& grant = *area.mutable_grants(0);
  grant.set_attribute("residence");
  grant.set_form(v1::FORM_PARTIAL);
  grant.set_partial_digits(4);
  v1::Agreement county = area;
  county.mutable_grants(0)->set_partial_digits(6);
  const Recipient labor{"labor.320500", "labor"};
  const AttributeInfo& residence = *FindAttribute("residence");

  for (const auto& all :
       {std::vector<v1::Agreement>{weak, Sound(), area, county},
        std::vector<v1::Agreement>{county, area, Sound(), weak}}) {
    const Permissions permissions(all, labor, Day(2026, 6, 1));
    EXPECT_EQ(permissions.Of("public_security", kBirthDate).visible,
              v1::FORM_VALUE);
    EXPECT_TRUE(permissions.Of("public_security", kBirthDate).match);
    EXPECT_EQ(permissions.Of("public_security", residence.number).visible,
              v1::FORM_PARTIAL);
    EXPECT_EQ(permissions.Of("public_security", residence.number).digits, 6);
    EXPECT_FALSE(permissions.Of("public_security", residence.number).match);
    EXPECT_EQ(permissions.Of("health", kBirthDate), Permission());
    EXPECT_EQ(permissions.Of("public_security", kName), Permission());
    EXPECT_EQ(permissions.Visible(), BitOf(kBirthDate) | residence.bit());
    EXPECT_EQ(permissions.Visible("health"), 0U);
  }
}

TEST(Permissions, AreThoseOfTheRecipientAndThePurpose) {
  v1::Agreement own = Sound();
  own.clear_recipient_sector();
  own.set_recipient_agency("labor.341200");
  const std::vector<v1::Agreement> all = {own};
  const auto day = Day(2026, 6, 1);
  EXPECT_TRUE(Permissions(all, {"labor.320500", "labor"}, day).empty());
  EXPECT_FALSE(Permissions(all, {"labor.341200", "labor"}, day).empty());
  EXPECT_FALSE(Permissions(all, {"labor.341200", "labor"}, day,
                           v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER)
                   .empty());
  EXPECT_TRUE(Permissions(all, {"labor.341200", "labor"}, day,
                          v1::PURPOSE_EMPLOYMENT_SERVICE)
                  .empty());
}

// Whatever stands in a stored agreement, the ceiling is asked again.
TEST(Permissions, IgnoreGrantsOverTheCeiling) {
  v1::Agreement agreement = Sound();
  agreement.mutable_grants(0)->set_attribute("residence");
  const std::vector<v1::Agreement> all = {agreement};
  EXPECT_TRUE(
      Permissions(all, {"labor.320500", "labor"}, Day(2026, 6, 1)).empty());
  // As are those to an agency of another sector than they were checked for.
  v1::Agreement moved = Sound();
  moved.clear_recipient_sector();
  moved.set_recipient_agency("labor.320500");
  const std::vector<v1::Agreement> other = {moved};
  EXPECT_TRUE(
      Permissions(other, {"labor.320500", "housing"}, Day(2026, 6, 1)).empty());
}

}  // namespace
}  // namespace waystation::domain
